"""Somebody who is told what happens, with the official Python client."""

import queue
import socket
import time
from contextlib import contextmanager

import socketio

from course.deploy import variable
from tests.podium_api import wait_until

PATIENCE = 30  # seconds, on a busy machine


class Listener:
    """Keeps what is pushed to them, and remembers the cursor."""

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


@contextmanager
def listeners(podium):
    """A function that connects somebody to a running step; all leave at the end."""
    connected = []

    def listen(**options):
        connected.append(Listener(podium, **options))
        return connected[-1]

    try:
        yield listen
    finally:
        for each in connected:
            each.client.disconnect()


def servers_of_sockets(running):
    return [name for name in running.names if name.startswith("sockets")]


@contextmanager
def without(running, *names):
    """These processes are killed at first and started at the end."""
    for name in names:
        running.kill(name)
    try:
        yield
    finally:
        for name in names:
            running.start(name)
        for name in names:
            wait_until(lambda n=name: listens(running, n), f"{name} does not start", PATIENCE)


def listens(running, name):
    """Whether a process that has a port of its own takes connections."""
    port = running.variables[variable(name, "PORT")]
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", int(port))) == 0
