"""Announces in the running step 13, and counts what clients of both servers hear."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from types import SimpleNamespace

import pytest

from tests.contract.listener import Listener, listens, servers_of_sockets
from tests.podium_api import unique, wait_until


@pytest.fixture(scope="session")
def servers(running):
    """The addresses of the servers of sockets."""
    names = servers_of_sockets(running)
    for name in names:
        wait_until(lambda n=name: listens(running, n), f"{name} does not start")
    ports = [running.variables[f"{name.upper().replace('-', '_')}_PORT"] for name in names]
    return [f"http://127.0.0.1:{port}" for port in ports]


@pytest.fixture(scope="session")
def audience(podium, servers):
    """Two clients at each server who watch the talk."""
    found = [watcher(url, podium.talk) for url in servers for _ in range(2)]
    yield found
    for each in found:
        each.client.disconnect()


@pytest.fixture(scope="session")
def elsewhere(podium, servers):
    """A client at each server who watches another talk."""
    found = [watcher(url, podium.side_talk) for url in servers]
    yield found
    for each in found:
        each.client.disconnect()


def watcher(url, talk):
    return Listener(SimpleNamespace(url=url, side_talk=talk), transports=["websocket"])


@pytest.fixture(scope="session")
def announce(podium, organiser):
    """Announce something as the organiser; return the answer."""

    def announce(text, key=None, who=organiser):
        headers = {"Idempotency-Key": key} if key else {}
        path = f"/api/v2/talks/{podium.talk}/announcements"
        return who.post(path, json={"text": text}, headers=headers)

    return announce


@pytest.fixture
def count(announce, audience):
    """Return how often each client has heard a text, once all have heard something later."""

    def count(text):
        marker = f"Later than that {unique()}"
        announce(marker)
        for each in audience:
            wait_until(lambda e=each: marker in texts(e), "not everybody hears an announcement")
        return [texts(each).count(text) for each in audience]

    return count


def texts(listener):
    """Return all announcements that a client has heard."""
    return [data["text"] for event, data in list(listener.heard.queue) if event == "announcement"]


def test_everybody_who_watches_the_talk_hears_it(announce, audience):
    text = f"We move to room 2 {unique()}"
    answer = announce(text)
    assert answer.status_code == 201, f"the announcement is answered {answer.status_code}"
    for each in audience:
        wait_until(lambda e=each: text in texts(e), "not everybody hears the announcement")


def test_each_client_hears_it_once(announce, count):
    text = f"Coffee is ready {unique()}"
    announce(text)
    heard = count(text)
    assert set(heard) == {1}, f"a client heard the announcement {max(heard)} times"


def test_who_watches_another_talk_hears_nothing(announce, count, elsewhere):
    text = f"Only for you {unique()}"
    announce(text)
    count(text)
    heard = [text in texts(each) for each in elsewhere]
    assert not any(heard), "who watches another talk heard the announcement"


def test_the_same_request_again_is_not_announced_again(announce, count):
    text, key = f"Once {unique()}", unique()
    answers = [announce(text, key) for _ in range(3)]
    statuses = [answer.status_code for answer in answers]
    assert statuses == [201] * 3, f"the same request three times is answered {statuses}"
    heard = count(text)
    assert set(heard) == {1}, f"of three requests with one key a client heard {max(heard)}"


def test_nor_is_the_same_request_in_the_same_moment(announce, count):
    text, key, together = f"At once {unique()}", unique(), Barrier(6)

    def one(_):
        together.wait(5)
        return announce(text, key).status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(one, range(6)))
    assert statuses == [201] * 6, f"the same request six times at once is answered {statuses}"
    heard = count(text)
    assert set(heard) == {1}, f"of six requests with one key a client heard {max(heard)}"


def test_only_the_organiser_announces(podium, announce):
    statuses = [
        announce("Nonsense", who=podium.register()).status_code,
        podium.http.post(
            f"/api/v2/talks/{podium.talk}/announcements", json={"text": "Nonsense"}
        ).status_code,
    ]
    assert statuses == [403, 401], f"somebody else and nobody are answered {statuses}"
