"""A client that is told what happens: Socket.IO over WebSocket, in the load generator.

Hundreds of them share a machine with the server that they measure, so this is what they need and no
more: each reads the server's frames itself, which are whole and not masked, and looks for the marks
of questions in the text. https://www.rfc-editor.org/rfc/rfc6455#section-5.2 and
https://socket.io/docs/v4/socket-io-protocol/
"""

from __future__ import annotations

import json
import random
import re
import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import gevent

from course.drills.plan import MARK, Record, Stream

SHORTEST, LONGEST = 0.05, 1  # seconds before another attempt to connect
TEXT, CLOSE = 0x81, 0x88  # the first byte of a frame
# The mark is also in what the page shows of the text: that is not a second time.
SOURCE = re.compile(rf'"source": ?"{MARK.pattern}')
CURSOR = re.compile(r'"next": ?"([^"]+)"')
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
                self.connect()
                pause = SHORTEST
                while True:
                    self.hear(self.frame())
            except (OSError, Lost) as error:
                self.say(0, problem=str(error) or repr(error))
            finally:
                self.hang_up()
            gevent.sleep(random.uniform(0.5, 1) * pause)
            pause = min(2 * pause, LONGEST)

    def connect(self) -> None:
        """Open the WebSocket; Lost when the server does not want it."""
        host, port = self.address.hostname, self.address.port
        self.socket = socket.create_connection((host, port), timeout=QUIET)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        headers = {
            "Host": f"{host}:{port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "bm90aGluZyBzZWNyZXQuLg==",
            **self.stream.headers,
        }
        lines = [f"GET {self.stream.path} HTTP/1.1", *(f"{n}: {v}" for n, v in headers.items())]
        self.socket.sendall(
            "\r\n".join([*lines, "", ""]).replace("{user}", str(self.number)).encode()
        )
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
            self.send(f"42{json.dumps(['join', join])}")
        elif text.startswith("42"):
            if heard := SOURCE.findall(text):
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
            if kind == TEXT:
                return body.decode()
            if kind == CLOSE:
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
        """Send a frame. A client has to mask it; a mask of zeros leaves it as it is."""
        body = text.encode()
        head = bytes([TEXT, 0x80 | len(body)]) if len(body) < 126 else bytes([TEXT, 0xFE])
        length = b"" if len(body) < 126 else len(body).to_bytes(2)
        self.socket.sendall(head + length + bytes(4) + body)

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
