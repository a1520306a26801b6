"""Connects people to the running step 12 and lets them type."""

import queue
import time

import pytest

from tests.contract.listener import listeners, listens
from tests.podium_api import wait_until

SECONDS = 1.5
# How long one waits for something that takes milliseconds; less once it has not come at all.
soon = [1.5]


@pytest.fixture(scope="session")
def running(stage):
    running = stage.start(TYPING_SECONDS=str(SECONDS))
    wait_until(lambda: listens(running, "sockets"), "the server of the sockets does not start")
    return running


@pytest.fixture
def connect(podium):
    """Connect somebody who watches a talk; return their connection and their nickname."""
    with listeners(podium) as listen:

        def connect(talk=None, logged_in=True):
            person = podium.register() if logged_in else None
            token = person.token if person else None
            listener = listen(talk=talk or podium.talk, token=token)
            listener.nickname = person.nickname if person else None
            return listener

        yield connect


def types(who, talk=None):
    """Say that somebody types; return the status of the acknowledgement."""
    answer = who.client.call("typing", {"talk": talk or who.talk}, timeout=5)
    return answer["status"]


def hears(who, people):
    """Return whether they hear, soon, that exactly these people type, and nothing else before."""
    within = soon[0] if people else SECONDS + 3
    deadline = time.monotonic() + within
    while (left := deadline - time.monotonic()) > 0:
        try:
            event, data = who.heard.get(timeout=left)
        except queue.Empty:
            break
        if event == "typing":
            names = data.get("people")
            wanted = sorted(each.nickname for each in people)
            assert names == wanted, f"they hear that {names} type, and not {wanted}"
            assert data.get("talk") == who.talk, f"the event says of talk {data.get('talk')!r}"
            return True
    soon[0] = 0.5
    return False


def heard_typing(who):
    """Return what is left of what they heard about typing."""
    found = []
    while not who.heard.empty():
        event, data = who.heard.get()
        if event == "typing":
            found.append(data.get("people"))
    return found


def test_the_others_hear_who_types(connect):
    one, other = connect(), connect()
    status = types(one)
    assert status == 204, f"the event is answered with {status}"
    assert hears(other, [one]), "nobody hears that somebody types"


def test_it_ends_by_itself(connect):
    one, other = connect(), connect()
    types(one)
    assert hears(other, [one]), "nobody hears that somebody types"
    assert hears(other, []), f"after {SECONDS} seconds of silence they still type"


def test_as_long_as_keys_are_pressed_it_goes_on_and_is_told_once(connect):
    one, other = connect(), connect()
    types(one)
    assert hears(other, [one]), "nobody hears that somebody types"
    began = time.monotonic()

    def long_enough():
        types(one)
        return time.monotonic() - began > SECONDS + 0.5

    wait_until(long_enough, "typing takes for ever", every=0.3)
    told = heard_typing(other)
    assert not told, f"while nothing changed they were told {told}"
    assert hears(other, []), "the end is not told"


def test_two_who_type_are_two(connect):
    one, two, other = connect(), connect(), connect()
    types(one)
    assert hears(other, [one]), "nobody hears that somebody types"
    types(two)
    assert hears(other, [one, two]), "nobody hears of the second"


def test_who_watches_another_talk_hears_nothing(connect, podium):
    one, other, elsewhere = connect(), connect(), connect(podium.side_talk)
    types(one)
    assert hears(other, [one]), "nobody hears that somebody types"
    # Comes after whatever was sent to them before.
    question = podium.ask("Who is typing over there?", podium.side_talk)
    told = []
    while True:
        event, data = elsewhere.heard.get(timeout=5)
        told += [data["people"]] if event == "typing" else []
        if event == "question" and question["id"] in [item["id"] for item in data["items"]]:
            break
    assert not told, f"in another talk they were told {told}"


def test_who_leaves_types_no_more(connect):
    one, other = connect(), connect()
    types(one)
    assert hears(other, [one]), "nobody hears that somebody types"
    one.client.disconnect()
    left = time.monotonic()
    assert hears(other, []), "somebody who has closed the page types for ever"
    seconds = time.monotonic() - left
    assert seconds < SECONDS - 0.3, f"{seconds:.1f} s after closing the page they still typed"


def test_guests_and_passers_by_may_not(connect, podium):
    guest = connect(logged_in=False)
    status = types(guest)
    assert status == 401, f"a guest who types is answered {status}"
    status = types(connect(podium.side_talk), podium.talk)
    assert status == 403, f"who has not joined the talk is answered {status}"
