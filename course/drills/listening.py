"""A client that is told what happens: Socket.IO over WebSocket, in the load generator.

Hundreds of them share a machine with the server that they measure, so this is what they need and no
more: each reads the server's frames itself, which are whole and not masked, and looks for the marks
of questions in the text. https://www.rfc-editor.org/rfc/rfc6455#section-5.2 and
https://socket.io/docs/v4/socket-io-protocol/
"""

from __future__ import annotations

import random
import re
import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import gevent

from course.drills import websocket
from course.drills.plan import SOURCE, Record, Stream

SHORTEST, LONGEST = 0.05, 1  # seconds before another attempt to connect
TOLD = re.compile(SOURCE)
CURSOR = re.compile(r'"next": ?"([^"]+)"')
AWAY = 3  # seconds, on average
QUIET = 60  # seconds without as much as a ping: the server is gone


class Lost(Exception):
    """There is no connection, or not any more; the message says why."""


class Listener:
    """One client; `note` gets a Record of each welcome, each refusal and all news of questions."""

    def __init__(self, url: str, number: int, stream: Stream, note: Callable[[Record], None]):
        self.address = urlsplit(url)
        self.number, self.stream, self.note = number, stream, note
        self.cursor = stream.after
        self.socket: socket.socket | None = None
        self.unread = b""

    def run(self) -> None:
        """Listen for ever, and come back whenever the connection is lost."""
        pause = SHORTEST
        while True:
            try:
                with gevent.Timeout(self.stay(), False):
                    self.connect()
                    pause = SHORTEST
                    while True:
                        self.hear(self.frame())
                if self.socket is not None:
                    random.choice([self.leave, self.reload, self.lose_the_network])()
            except (OSError, Lost) as error:
                self.say(0, problem=str(error) or repr(error))
            finally:
                self.hang_up()
            gevent.sleep(random.uniform(0.5, 1) * pause)
            pause = min(2 * pause, LONGEST)

    def stay(self) -> float | None:
        """Seconds until the client goes; None for ever."""
        return random.expovariate(1 / self.stream.stays) if self.stream.stays else None

    def leave(self) -> None:
        """Say so, and come back after a while."""
        self.send("41")
        self.send("1")
        self.hang_up()
        gevent.sleep(random.uniform(0, 2 * AWAY))

    def reload(self) -> None:
        """Drop the connection; another comes at once."""

    def lose_the_network(self) -> None:
        """Drop the connection without a word: the server has to find out by itself."""
        gevent.spawn_later(QUIET, self.socket.close)
        self.socket = None
        gevent.sleep(random.uniform(0, 2 * AWAY))

    def connect(self) -> None:
        """Open the WebSocket; Lost when the server does not want it."""
        host, port = self.address.hostname, self.address.port
        self.socket = socket.create_connection((host, port), timeout=QUIET)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        headers = {
            name: value.replace("{user}", str(self.number))
            for name, value in self.stream.headers.items()
        }
        self.socket.sendall(websocket.upgrade(self.address, self.stream.path, headers))
        self.unread = b""
        while b"\r\n\r\n" not in self.unread:
            self.read_more()
        head, _, self.unread = self.unread.partition(b"\r\n\r\n")
        status = head.split(maxsplit=2)[1]
        if status != b"101":
            raise Lost(f"status {status.decode('ascii', 'replace')}")

    def hear(self, text: str) -> None:
        """Answer a frame, or note what it tells."""
        if text == "2":
            self.send("3")
        elif text.startswith("0"):
            self.send("40")
        elif text.startswith("40"):
            self.say(101)
            join = {**(self.stream.body or {}), "after": self.cursor or None}
            self.send(websocket.event("join", join))
        elif text.startswith("42"):
            if heard := TOLD.findall(text):
                self.say(200, heard=heard)
            if found := CURSOR.search(text):
                self.cursor = found[1]
        elif text[:2] in ("41", "44") or text.startswith("1"):
            raise Lost(f"the server said {text:.80}")

    def frame(self) -> str:
        """Return the text of the next frame; Lost when the server hangs up."""
        while True:
            self.need(2)
            kind, length = self.unread[0], self.unread[1]
            begin = 2
            if length >= 126:
                begin = 4 if length == 126 else 10
                self.need(begin)
                length = int.from_bytes(self.unread[2:begin])
            self.need(begin + length)
            body, self.unread = self.unread[begin : begin + length], self.unread[begin + length :]
            if kind == websocket.TEXT:
                return body.decode()
            if kind == websocket.CLOSE:
                raise Lost("the server closed the connection")

    def need(self, count: int) -> None:
        while len(self.unread) < count:
            self.read_more()

    def read_more(self) -> None:
        received = self.socket.recv(65536)
        if not received:
            raise Lost("the connection was closed")
        self.unread += received

    def send(self, text: str) -> None:
        self.socket.sendall(websocket.frame(text))

    def say(self, status: int, problem: str = "", heard: list[str] | None = None) -> None:
        """Note what happened; news are not something that was sent and answered: no time."""
        name, now = self.stream.name, time.monotonic()
        record = Record(name, "", now, 0, 0, status, not problem, problem, user=self.number)
        record.heard = heard or []
        self.note(record)

    def hang_up(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None
