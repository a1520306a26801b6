"""From step 13 on: several servers of sockets are one, and the loss of one is nobody's loss."""

import os
import subprocess
import sys
import threading
from collections import Counter

import psutil
import pytest
from crowd import WINDOW, stats
from jobs import order, organiser_of
from listener import PATIENCE, ids, listeners, servers_of_sockets, without

from course.deploy import rolling_restart, variable
from tests.podium_api import unique, wait_until

pytestmark = [pytest.mark.since(13), pytest.mark.usefixtures("ours")]

SERVERS = ["sockets-a", "sockets-b"]


@pytest.fixture
def listen(own):
    with listeners(own) as listen:
        yield listen


@pytest.fixture
def audience(listen):
    """Six people, three at each server, all at the same address."""
    return [listen(transports=["websocket"], headers=visitor(n)) for n in range(6)]


def visitor(number):
    return {"Cookie": f"visitor={unique(str(number))}"}


def connections(running):
    """How many of the sockets' connections each server has, by its name."""
    ports = {int(running.variables[variable(name, "PORT")]): name for name in SERVERS}
    return Counter(
        ports[each.laddr.port]
        for each in psutil.net_connections("tcp")
        if each.status == psutil.CONN_ESTABLISHED and each.laddr and each.laddr.port in ports
    )


class Poster:
    """Posts one question after the other until the block is left."""

    def __init__(self, podium):
        self.podium, self.posted, self.over = podium, [], threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.over.wait(0.2):
            question = self.podium.ask(f"On and on {unique()}?", self.podium.side_talk)
            self.posted.append(question["id"])

    def __enter__(self):
        self.thread.start()
        return self.posted

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def all_have_each_once(audience, posted):
    def all_there():
        return all(set(posted) <= set(ids(each.items)) for each in audience)

    wait_until(all_there, "somebody misses something", PATIENCE)
    for each in audience:
        twice = [id for id, times in Counter(ids(each.items)).items() if times > 1]
        assert not set(twice) & set(posted)


def test_a_hall_behind_one_address_is_spread_over_the_servers(own, audience):
    found = connections(own.server.running)
    assert set(found) == set(SERVERS) and min(found.values()) >= 3, found


def test_a_server_is_killed_and_its_clients_move_and_miss_nothing(own, audience):
    running = own.server.running
    with without(running, "sockets-a"), Poster(own) as posted:
        wait_until(lambda: len(posted) > 5, "nothing is posted", PATIENCE)
        wait_until(lambda: sum(each.connects for each in audience) >= 9, "nobody moves", PATIENCE)
        wait_until(lambda: connections(running)["sockets-b"] >= 6, "they are nowhere", PATIENCE)
        known = len(posted)
        wait_until(lambda: len(posted) > known + 3, "nothing is posted", PATIENCE)
    all_have_each_once(audience, posted)


def test_everything_is_restarted_and_nobody_misses_anything(own, audience):
    running, refused = own.server.running, []
    with Poster(own) as posted:
        rolling_restart(running, refused.append)
    assert len([line for line in refused if line.endswith("serves again")]) == 4
    assert len(posted) > 5
    all_have_each_once(audience, posted)


def test_the_clients_of_a_server_that_was_killed_are_not_counted_for_long(own, listen):
    wait_until(lambda: stats(own)["present"] <= 1, "the hall is not empty", WINDOW + 15)
    ghosts = [listen(transports=["websocket"], headers=visitor(n)) for n in range(4)]
    wait_until(lambda: stats(own)["present"] == 5, "they are not counted", PATIENCE)
    for ghost in ghosts:
        ghost.client.reconnection = False
        ghost.client.eio.reconnection = False
    with without(own.server.running, *SERVERS):
        wait_until(lambda: stats(own)["present"] == 1, "ghosts are counted", WINDOW + 10)


def announce(running, text, *options):
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "podium", "announce", text, *options],
        cwd=running.step.path,
        env=os.environ | running.variables,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def test_a_command_speaks_to_everybody(own, audience):
    text = f"Coffee is ready {unique()}."
    assert announce(own.server.running, text).returncode == 0
    for each in audience:
        each.hear("announcement", lambda data: data == {"text": text})


def test_a_worker_speaks_to_who_is_at_either_server(own, listen, audience):
    organiser = organiser_of(own)
    owners = [listen(token=organiser.token, transports=["websocket"]) for _ in range(4)]
    job = order(organiser, own.talk).json()["id"]
    for owner in owners:
        owner.hear("job", lambda data: data == {"id": job, "status": "done"})


def test_the_message_queue_is_away_for_a_while_and_then_all_is_as_before(own, audience):
    running = own.server.running
    running.kill("valkey")
    try:
        assert announce(running, "Nobody hears that.").returncode == 2
        question = own.ask(f"Without a queue {unique()}?", own.side_talk)
    finally:
        running.start("valkey")
    all_have_each_once(audience, [question["id"]])
    heard = f"All hear that {unique()}."

    def all_hear():
        announce(running, heard)
        return all(("announcement", {"text": heard}) in list(each.heard.queue) for each in audience)

    wait_until(all_hear, "the servers do not listen again", PATIENCE, every=0.5)
    assert servers_of_sockets(running) == SERVERS
