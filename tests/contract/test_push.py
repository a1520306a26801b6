"""From step 12 on: what happens is pushed, to the official Python client as well."""

import queue
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import socketio
from feed import Feed
from jobs import order, organiser_of

from tests.podium_api import unique, wait_until

pytestmark = pytest.mark.since(12)

PATIENCE = 30  # seconds, on a busy machine


class Listener:
    """Somebody with the Python client, who keeps what is pushed, and remembers the cursor."""

    def __init__(self, podium, talk=None, token=None, transports=None, **options):
        self.talk = talk or podium.side_talk
        self.heard, self.items, self.cursor, self.connects = queue.Queue(), [], None, 0
        self.client = socketio.Client(reconnection_delay=0.1, reconnection_delay_max=1)
        self.client.on("connect", self._join)
        self.client.on("*", self._hear)
        self.client.connect(
            podium.url,
            auth={"token": token} if token else None,
            transports=transports,
            wait_timeout=PATIENCE,
            **options,
        )
        wait_until(lambda: self.cursor, "nobody says what there is", PATIENCE)

    def _join(self):
        self.connects += 1
        self.client.emit("join", {"talk": self.talk, "after": self.cursor})

    def _hear(self, event, data):
        self.heard.put((event, data))
        self.items += data.get("items", [])
        self.cursor = data.get("next", self.cursor)

    def call(self, event, data):
        return self.client.call(event, data, timeout=PATIENCE)

    def hear(self, wanted, right=lambda data: True):
        """The data of the next event of that name that is right."""
        deadline = time.monotonic() + PATIENCE
        while True:
            left = max(0.001, deadline - time.monotonic())
            event, data = self.heard.get(timeout=left)
            if event == wanted and right(data):
                return data

    def hears_of(self, question):
        return self.hear("question", lambda data: question["id"] in ids(data["items"]))


def ids(items):
    return [item["id"] for item in items]


@pytest.fixture
def listen(podium):
    """Connect somebody; all leave at the end."""
    listeners = []

    def listen(**options):
        listeners.append(Listener(podium, **options))
        return listeners[-1]

    yield listen
    for listener in listeners:
        listener.client.disconnect()


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


@contextmanager
def without(running, name):
    running.kill(name)
    try:
        yield
    finally:
        running.start(name)


def test_the_server_of_the_sockets_is_killed_and_nobody_misses_anything(podium, listen, ours):
    listener = listen()
    before = listener.connects
    with without(podium.server.running, "sockets"):
        question = podium.ask(f"Meanwhile {unique()}?", podium.side_talk)
    wait_until(lambda: listener.connects > before, "it does not come back", PATIENCE)
    listener.hears_of(question)
    assert ids(listener.items).count(question["id"]) == 1
