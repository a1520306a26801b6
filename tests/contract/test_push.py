"""From step 12 on: what happens is pushed, to the official Python client as well."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import socketio
from feed import Feed
from jobs import order, organiser_of
from listener import PATIENCE, ids, listeners, listens, servers_of_sockets, without

from tests.podium_api import unique, wait_until

pytestmark = pytest.mark.since(12)


@pytest.fixture
def listen(podium):
    with listeners(podium) as listen:
        yield listen


@pytest.mark.parametrize("transports", [None, ["websocket"], ["polling"]])
def test_what_is_posted_anywhere_is_pushed(podium, listen, transports):
    listener = listen(transports=transports)
    author = podium.author()
    for _ in range(4):  # whichever host it comes to
        question = author.ask(f"Pushed {unique()}?", podium.side_talk)
        listener.hears_of(question)


def test_who_is_told_can_read_it_at_once(podium, listen):
    listener, found = listen(), []

    def look(event, data):
        for id in ids(data.get("items", [])) if event == "question" else []:
            found.append(podium.http.get(f"/api/v2/questions/{id}").status_code)

    listener.client.on("*", look)
    author = podium.author()
    for _ in range(10):
        author.ask("After the commit?", podium.side_talk)
    wait_until(lambda: len(found) >= 10, "not all is pushed", PATIENCE)
    assert set(found) == {200}


def test_votes_edits_marks_and_deletions_are_pushed(podium, listen):
    author, voter, organiser = podium.register(), podium.register(), organiser_of(podium)
    listener = listen(talk=podium.talk)
    question = author.ask(f"Follow {unique()}?", podium.talk)
    path = f"/api/questions/{question['id']}"
    listener.hears_of(question)
    voter.vote(question)
    assert {"id": question["id"], "score": 1} in listener.hear("votes")["items"]
    assert author.put(path, json={"source": "Better?"}).status_code == 200
    assert listener.hears_of(question)["items"][-1]["source"] == "Better?"
    assert organiser.put(f"{path}/answered").status_code in (200, 204)
    assert listener.hears_of(question)["items"][-1]["answered"] is True
    assert author.delete(path).status_code == 204
    assert listener.hears_of(question)["items"][-1] == {"id": question["id"], "deleted": True}


def test_a_preview_is_pushed_when_a_worker_has_it(podium, listen):
    listener = listen()
    source = f"{unique()}: {podium.slow_site_url}/page/3?delay=0.5 ?"
    question = podium.ask(source, podium.side_talk)
    listener.hears_of(question)
    event = listener.hear("preview", lambda data: question["id"] in ids(data["items"]))
    [item] = [item for item in event["items"] if item["id"] == question["id"]]
    assert item["previews"]["status"] == "done" and len(item["previews"]["items"]) == 1


def test_a_job_is_pushed_to_who_ordered_it_and_to_nobody_else(podium, listen):
    organiser, other = organiser_of(podium), podium.register()
    owner, guest = listen(token=organiser.token), listen(token=other.token)
    job = order(organiser, podium.talk).json()["id"]
    owner.hear("job", lambda data: data == {"id": job, "status": "done"})
    guest.hears_of(podium.ask("Anything else?", podium.side_talk))
    assert all(event != "job" for event, _ in list(guest.heard.queue))


def test_an_acknowledgement_says_what_the_api_says(podium, listen):
    person = podium.register()
    listener, guest = listen(token=person.token), listen()
    body = {"talk": podium.side_talk, "source": f"By socket {unique()}?"}
    answer = listener.call("ask", body)
    assert answer["status"] == 201
    path = f"/api/v2/questions/{answer['question']['id']}"
    assert podium.http.get(path).json() == answer["question"]
    for asked, path, sent in (
        (listener.call("ask", body | {"source": ""}), "questions", {"source": ""}),
        (listener.call("ask", body | {"source": "x" * 2001}), "questions", {"source": "x" * 2001}),
    ):
        told = person.post(f"/api/v2/talks/{podium.side_talk}/{path}", json=sent)
        assert asked == told.json()
    assert guest.call("ask", body)["status"] == 401
    assert guest.call("vote", {"question": 1, "vote": True})["status"] == 401


def test_a_revoked_token_closes_its_sockets(podium, listen):
    person = podium.register()
    listener = listen(token=person.token)
    assert person.delete("/api/v2/tokens").status_code == 204
    wait_until(lambda: not listener.client.connected, "it stays connected", PATIENCE)


def test_a_page_of_another_site_cannot_connect(podium):
    with pytest.raises(socketio.exceptions.ConnectionError):
        socketio.Client(reconnection=False).connect(
            podium.url, headers={"Origin": "https://elsewhere.example"}, wait_timeout=PATIENCE
        )


def test_who_reconnects_in_a_storm_of_posts_misses_none_and_keeps_each_once(podium, listen):
    listener = listen(transports=["websocket"])
    authors = [podium.register() for _ in range(4)]
    posted, over = [], threading.Event()

    def post(author):
        for _ in range(12):
            posted.append(author.ask(f"Storm {unique()}?", podium.side_talk)["id"])

    def lose_the_network(known):
        listener.client.eio.ws.sock.shutdown(socket.SHUT_RDWR)
        wait_until(lambda: listener.connects > known, "it does not come back", PATIENCE)

    def leave():
        while not over.is_set():
            lose_the_network(listener.connects)

    with ThreadPoolExecutor(5) as pool:
        leaving = pool.submit(leave)
        for each in [pool.submit(post, author) for author in authors]:
            each.result()
        over.set()
        leaving.result()
    wait_until(lambda: set(posted) <= set(ids(listener.items)), "some are missing", PATIENCE)
    end = Feed(podium, podium.side_talk).ids_after(listener.cursor)
    assert end == [], "the cursor is not at the end"


def test_no_server_of_sockets_is_there_for_a_while_and_nobody_misses_anything(podium, listen, ours):
    running, listener = podium.server.running, listen()
    before = listener.connects
    with without(running, *servers_of_sockets(running)):
        question = podium.ask(f"Meanwhile {unique()}?", podium.side_talk)
    wait_until(lambda: listener.connects > before, "it does not come back", PATIENCE)
    listener.hears_of(question)
    assert ids(listener.items).count(question["id"]) == 1


def test_what_serves_the_sockets_is_restarted_and_everybody_comes_back(podium, listen, ours):
    running = podium.server.running
    everybody = [listen(transports=transports) for transports in (None, ["websocket"], ["polling"])]
    before = [each.connects for each in everybody]
    for name in servers_of_sockets(running):
        running.restart(name)
        wait_until(lambda n=name: listens(running, n), "it does not start again", PATIENCE)
    for each, connects in zip(everybody, before, strict=True):
        wait_until(lambda e=each, c=connects: e.connects > c, "it does not come back", PATIENCE)
    question = podium.ask(f"After the restart {unique()}?", podium.side_talk)
    for each in everybody:
        each.hears_of(question)
