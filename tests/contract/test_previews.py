"""Previews of links: fetched from the slow site, limited, and never from where they must not be.

Up to step 6 the answer to a post has them; from step 7 on they come later, and the post is fast.
"""

import re
import time
from html import unescape

import httpx
import pytest
from guards import faults_in_page
from links import EITHER, NOT_PUBLIC, PAGES, THREE, fetched

from tests.podium_api import PREVIEWS_COME_LATER, unique

# What a step may spend on one link, and what the rest of a request may take on a busy machine.
SECONDS_PER_LINK, MARGIN = 3.0, 5.0


@pytest.fixture(scope="session")
def posted(podium, preview_posts):
    """Returns the question with that link, once it has its previews; its post was in time."""

    def posted(name, links=1):
        answer, seconds = preview_posts[name].result()
        assert answer.status_code == 201, f"{answer.status_code}: {answer.text[:300]}"
        # How fast a post is that waits for no link is for test_previews_later.py to say.
        waited_for = links if podium.server.step < PREVIEWS_COME_LATER else 1
        assert seconds < SECONDS_PER_LINK * waited_for + MARGIN
        return podium.settled(answer.json())

    return posted


@pytest.mark.parametrize("path", PAGES)
def test_a_preview_shows_the_title_of_a_page_that_can_be_had(posted, path):
    titles = [preview["title"] for preview in posted(path)["previews"]]
    assert titles == ([] if PAGES[path] is None else [PAGES[path]])


@pytest.mark.parametrize("path", EITHER)
def test_a_page_that_is_hard_to_read_is_left_in_time(posted, path):
    for preview in posted(path)["previews"]:
        assert len(preview["title"]) < 300 and len(preview["description"]) < 1000


def test_three_links_that_never_answer_are_given_up_one_by_one(posted):
    assert posted(THREE, links=3)["previews"] == []


def test_a_preview_has_the_description_of_its_page(podium):
    url = f"{podium.slow_site_url}/page/2"
    page = httpx.get(url, trust_env=False).text
    description = unescape(re.search('name="description" content="(.*?)"', page)[1])
    title = unescape(re.search("<title>(.*?)</title>", page)[1])
    question = podium.settled(podium.ask(f"What of {url} here?"))
    assert question["previews"] == [{"url": url, "title": title, "description": description}]
    assert podium.question(question["id"])["previews"] == question["previews"]


def test_the_first_three_links_are_previewed_in_order(podium):
    urls = [f"{podium.slow_site_url}/page/{n}" for n in range(5, 0, -1)]
    question = podium.settled(podium.ask(" and ".join(urls)))
    assert [preview["url"] for preview in question["previews"]] == urls[:3]


def test_a_preview_that_fails_does_not_hide_the_others(podium):
    good, bad = f"{podium.slow_site_url}/page/4", f"{podium.slow_site_url}/status/500"
    question = podium.settled(podium.ask(f"{bad} and {good}"))
    assert [preview["url"] for preview in question["previews"]] == [good]


def test_a_link_is_fetched_once_for_a_post_and_not_for_a_reader(podium):
    key = unique("counter")
    question = podium.ask(f"Who reads {podium.slow_site_url}/counter/{key} how often?")
    question = podium.settled(question)
    assert question["previews"][0]["title"] == "Fetched 1 times"
    podium.question(question["id"])
    podium.questions()
    podium.http.get(f"/talks/{podium.talk}")
    assert fetched(podium, key) == 1


def test_an_edit_renews_the_previews(podium):
    author = podium.author()
    first, second = (f"{podium.slow_site_url}/page/{n}" for n in (6, 7))
    question = author.ask(f"About {first} then?")
    path = f"/api/questions/{question['id']}"
    edited = podium.settled(author.put(path, json={"source": f"About {second} then?"}).json())
    assert [preview["url"] for preview in edited["previews"]] == [second]
    edited = author.put(path, json={"source": "About nothing."}).json()
    assert edited["previews"] == podium.settled(edited)["previews"] == []


def test_a_title_that_looks_like_a_script_is_text_on_the_page(podium, posted):
    posted("/script-title")
    page = podium.http.get(f"/talks/{podium.side_talk}").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; " in page
    assert faults_in_page(page) == []


@pytest.mark.parametrize("url", NOT_PUBLIC)
def test_a_link_to_a_place_that_is_not_public_is_posted_without_a_preview(posted, url):
    assert posted(url, links=2)["previews"] == []


def test_no_link_reached_the_decoy(posted, preview_posts, decoy):
    for name in preview_posts:
        posted(name, links=3)
    assert decoy.connections == 0


def test_another_name_of_the_slow_site_is_not_the_one_that_is_allowed(podium):
    port = podium.slow_site_url.rpartition(":")[2]
    key = unique("hidden")
    for host in ("localhost", "127.1", "0x7f.1", "[::ffff:127.0.0.1]", "0.0.0.0"):
        question = podium.settled(podium.ask(f"[x](http://{host}:{port}/counter/{key})"))
        assert question["previews"] == []
    assert fetched(podium, key) == 0


def test_addresses_that_are_refused_are_refused_at_once(podium):
    began = time.monotonic()
    for url in ("http://169.254.169.254/", "http://10.0.0.1/", "http://[fe80::1]/"):
        assert podium.settled(podium.ask(f"[x]({url})"))["previews"] == []
    assert time.monotonic() - began < SECONDS_PER_LINK
