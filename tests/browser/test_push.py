"""The page of a talk hears what happens, and is not lost when it cannot."""

import os
import re
import subprocess
import sys

import httpx
import pytest
from playwright.sync_api import expect
from visitor import SOON

from tests.podium_api import unique, wait_until

pytestmark = pytest.mark.since(12)

LISTS = re.compile(r"/api/v2/talks/[\w-]+/questions")
NO_CONNECTION = re.compile("connection", re.I)
COMPLAINTS = "WebSocket|ERR_|Failed to (fetch|load)|status of 50"


def live(visitor):
    """Somebody whose page is connected, and the requests for the list that it sends."""
    reader, asked = visitor(), []
    reader.welcomes = []
    reader.page.on("request", lambda each: LISTS.search(each.url) and asked.append(each.url))
    reader.page.on("websocket", lambda each: each.on("framereceived", notice(reader)))
    reader.open()
    is_welcome(reader, 1)
    return reader, asked


def notice(reader):
    return lambda frame: '42["question"' in frame and reader.welcomes.append(frame)


def is_welcome(reader, times):
    """Wait until a page has been told what there is, for so many times."""
    wait_until(
        # Asking the page anything lets it tell us of its frames.
        lambda: reader.page.evaluate("1") and len(reader.welcomes) >= times,
        "the page has not connected",
        SOON / 1000,
    )


def sees(reader, source):
    item = reader.question_with(source)
    expect(item.or_(reader.find("#show-new:visible")).first).to_be_visible(timeout=SOON)
    reader.show_new()
    expect(item).to_be_visible()
    return item


@pytest.mark.core
def test_questions_and_votes_arrive_without_being_asked_for(visitor, podium, ada, ben):
    (reader, asked), source = live(visitor), f"Pushed {unique()}?"
    question = ada.ask(source)
    item = sees(reader, source)
    ben.vote(question)
    expect(item.locator(".score")).to_have_text("1", timeout=SOON)
    ada.put(f"/api/v2/questions/{question['id']}", json={"source": f"{source} Better?"})
    expect(item).to_contain_text("Better?", timeout=SOON)
    ada.delete(f"/api/v2/questions/{question['id']}")
    expect(item).to_have_count(0, timeout=SOON)
    assert asked == []


def test_a_preview_arrives_by_itself(visitor, podium):
    reader, asked = live(visitor)
    source = f"Linked {unique()}: {podium.slow_site_url}/page/3?delay=1 ?"
    podium.ask(source)
    item = sees(reader, source.partition(":")[0])
    expect(item.locator("a.preview strong")).to_have_text(
        "A poller's diary: what a 304 saves", timeout=SOON
    )
    assert asked == []


def test_the_head_count_is_that_of_the_api(visitor, podium):
    reader, _ = live(visitor)

    def same():
        return reader.find("#present").text_content() == str(
            podium.http.get("/api/v2/stats").json()["present"]
        )

    wait_until(same, "the page counts differently", SOON / 1000, every=0.2)


def test_where_there_are_no_websockets_the_page_asks(visitor, podium):
    reader = visitor()
    reader.expect_complaints(COMPLAINTS)
    reader.page.route_web_socket(re.compile("/socket.io/"), lambda route: route.close())
    reader.open()
    source = f"Polled {unique()}?"
    podium.ask(source)
    sees(reader, source)


def test_what_serves_the_sockets_dies_and_nobody_misses_anything(visitor, podium):
    reader, _ = live(visitor)
    reader.expect_complaints(COMPLAINTS)
    running = podium.server.running
    servers = [name for name in running.names if name.startswith("sockets")]
    for name in servers:
        running.kill(name)
    meanwhile = f"Meanwhile {unique()}?"
    podium.ask(meanwhile)
    sees(reader, meanwhile)
    before = len(reader.welcomes)
    for name in servers:
        running.start(name)
    is_welcome(reader, before + 1)
    afterwards = f"Afterwards {unique()}?"
    podium.ask(afterwards)
    sees(reader, afterwards)
    for source in (meanwhile, afterwards):
        expect(reader.question_with(source)).to_have_count(1)


def test_the_whole_server_is_away_and_the_page_says_so_and_shows_what_it_missed(visitor, podium):
    reader, _ = live(visitor)
    reader.expect_complaints(COMPLAINTS)
    running = podium.server.running
    author, source = podium.author(), f"Behind your back {unique()}?"
    running.kill("nginx")
    try:
        expect(reader.find("#notice")).to_contain_text(NO_CONNECTION, timeout=2 * SOON)
        posted = httpx.post(
            f"http://127.0.0.1:{running.variables['HOST_A_PORT']}"
            f"/api/v2/talks/{podium.talk}/questions",
            json={"source": source},
            headers={"Authorization": f"Bearer {author.token}"},
        )
        assert posted.status_code == 201
    finally:
        running.start("nginx")
    expect(reader.find("#notice")).not_to_contain_text(NO_CONNECTION, timeout=2 * SOON)
    sees(reader, source)
    expect(reader.question_with(source)).to_have_count(1)


def test_the_page_of_a_job_hears_how_far_it_is(visitor, organiser, podium):
    user = visitor().log_in(organiser)
    user.open(f"/talks/{podium.talks[0]['slug']}")
    user.find("button.transcript").click()
    expect(user.find("a.result")).to_be_visible(timeout=3 * SOON)


@pytest.mark.since(13)
def test_an_announcement_is_shown_to_all_and_is_never_more_than_text(visitor, podium):
    running = podium.server.running
    readers = [live(visitor)[0] for _ in range(2)]
    for text in (f"Coffee {unique()} <b>now</b>", ""):
        command = [sys.executable, "-m", "flask", "--app", "podium", "announce", text]
        environment = os.environ | running.variables
        subprocess.run(command, cwd=running.step.path, env=environment, check=True)
        for reader in readers:
            expect(reader.find("#announcement")).to_have_text(text, timeout=SOON)
