"""Listeners of the load generator, told by a server that does what each test needs."""

import json
import socketserver
import threading
import time
from contextlib import contextmanager, suppress

import pytest

from course.drills import step12
from course.drills.followers import FOLLOW, Hearing, hearing, listening
from course.drills.load import Load
from course.drills.plan import Record
from course.drills.step12 import ATTENDEES, CHEAPER, FRESHER, TOLD, Found, rows
from course.processes import wait_until

KEYS = [f"{n:016x}" for n in range(4)]
PATIENCE = 10  # seconds


class Connection(socketserver.StreamRequestHandler):
    """One client: accepted, and then in the hands of the test."""

    def handle(self):
        while self.rfile.readline().strip():
            pass
        with suppress(OSError):
            self.server.talk(self)

    def accept(self):
        """Take the client in as the step does; what it joins with."""
        self.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")
        self.say('0{"sid":"s","pingInterval":25000,"pingTimeout":20000}')
        assert self.read() == "40"
        self.say('40{"sid":"t"}')
        return json.loads(self.read()[2:])[1]

    def say(self, text, slowly=False):
        body = text.encode()
        size = len(body)
        long = bytes([127]) + size.to_bytes(8) if size > 65535 else bytes([126]) + size.to_bytes(2)
        frame = b"\x81" + (bytes([size]) if size < 126 else long) + body
        for part in [frame[:1], frame[1:3], frame[3:]] if slowly else [frame]:
            self.wfile.write(part)
            self.wfile.flush()

    def tell(self, *keys, cursor="c9", **options):
        items = [
            {"id": 1, "source": f"Drill {key}: who?", "html": f"<p>Drill {key}: who?"}
            for key in keys
        ]
        self.say(f"42{json.dumps(['question', {'items': items, 'next': cursor}])}", **options)

    def read(self):
        """A frame of the client; they are short, and masked with zeros."""
        kind, size = self.rfile.read(2)
        assert kind == 0x81 and size & 0x80
        assert self.rfile.read(4) == bytes(4)
        return self.rfile.read(size & 0x7F).decode()

    def wait(self):
        """Until the client goes."""
        self.rfile.read(1)


@contextmanager
def serving(talk):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection) as server:
        server.daemon_threads, server.talk = True, talk
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def load(url, users=1):
    return Load(url, listening("hall", users, "c1", within=0.1))


def posted(*keys):
    return [Record("news", key, time.monotonic(), 0, 0, 201, True) for key in keys]


def hears(crowd, times):
    assert wait_until(lambda: len([r for r in crowd.of(FOLLOW) if r.heard]) >= times, PATIENCE)


def test_what_is_told_to_each_is_counted_once_and_the_rest_is_lost_or_duplicated():
    def talk(client):
        client.accept()
        client.tell(KEYS[0], KEYS[1])
        client.tell(KEYS[1])
        client.wait()

    posts = posted(*KEYS[:3])
    with serving(talk) as url, load(url, users=3) as crowd:
        hears(crowd, 6)
    found = hearing(crowd.of(FOLLOW), posts, 3)
    assert (found.told, found.lost, found.duplicated, len(found.delays)) == (6, 3, 3, 6)
    assert crowd.effort.wall > 0


def test_who_is_cut_off_comes_back_with_the_cursor_it_had():
    joined = []

    def talk(client):
        joined.append(client.accept())
        client.tell(KEYS[len(joined)], cursor=f"c{len(joined) + 1}")
        if len(joined) == 2:
            client.wait()

    with serving(talk) as url, load(url) as crowd:
        hears(crowd, 2)
    assert joined == [{"talk": "hall", "after": "c1"}, {"talk": "hall", "after": "c2"}]
    assert [record.problem for record in crowd.of(FOLLOW) if not record.ok]


def test_a_refusal_is_a_problem_and_it_is_tried_again():
    def talk(client):
        client.wfile.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")

    with serving(talk) as url, load(url) as crowd:
        assert wait_until(lambda: len(crowd.of(FOLLOW)) > 1, PATIENCE)
    assert {record.problem for record in crowd.of(FOLLOW)} == {"status 503"}


@pytest.mark.parametrize("size", [10, 200, 70_000])
def test_frames_of_all_sizes_are_read_also_in_parts_and_pings_answered(size):
    pongs = []

    def talk(client):
        client.accept()
        client.tell(KEYS[0], cursor="c" * size, slowly=True)
        client.say("2")
        pongs.append(client.read())
        client.tell(KEYS[1])
        client.wait()

    with serving(talk) as url, load(url) as crowd:
        hears(crowd, 2)
    assert pongs == ["3"]


@pytest.mark.parametrize(
    ("delay", "requests", "cpu", "missed"),
    [
        (0.05, 1, 0.01, []),
        (0.06, 1, 0.01, ["news"]),
        (0.05, 30, 0.01, ["nothing happens"]),
        (0.05, 1, 0.2, ["nothing happens"]),
    ],
)
def test_push_has_to_be_so_much_fresher_and_cheaper(delay, requests, cpu, missed):
    def found(requests, cpu, delay):
        heard = Hearing(told=100, delays=[delay] * 100)
        nothing = Load("http://127.0.0.1:1")
        return Found(requests, cpu, heard, nothing, nothing, None)

    polled = found(250, 1.0, FRESHER * 0.05)
    compared = rows(TOLD, polled, found(requests, cpu, delay))
    assert [row.scene.rpartition(": ")[2] for row in compared if row.bad] == missed
    assert CHEAPER == 10 and ATTENDEES == 500 and list(step12.SCENES) == ["hall", "restart"]
