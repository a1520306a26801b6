"""Thousands of listeners in one program, which counts what they are told and does nothing else.

They share a machine with the servers that they measure, so a message has to cost less to receive
than to send: one loop reads all connections, and what it finds in them it only counts.

It reads lines of JSON: first what to connect to, then `{"grow": n}` for n more clients and
`{"report": true}` for what was heard since the last report. It prints `{"there": n}` as they come,
and reports; it ends with its input.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from course.drills import websocket
from course.drills.plan import SOURCE

TOLD = re.compile(SOURCE.encode())
AT_ONCE = 40  # clients that are about to come in
SOON = 1  # seconds after which it is looked again whether one more may come


@dataclass(eq=False)
class Client:
    """One connection; `heard` are the keys of the questions that it was told."""

    socket: socket.socket
    unread: bytes = b""
    open: bool = False
    there: bool = False
    heard: set[bytes] = field(default_factory=set)


class Hall:
    """All clients; `times` are when each question was heard, by its key."""

    def __init__(self, urls: list[str], path: str, talk: str, after: str) -> None:
        self.addresses = [urlsplit(url) for url in urls]
        self.path, self.join = path, websocket.event("join", {"talk": talk, "after": after})
        self.selector = selectors.DefaultSelector()
        self.wanted = self.begun = self.there = self.gone = self.twice = 0
        self.times: dict[bytes, list[float]] = defaultdict(list)

    def turn(self) -> bool:
        """Read what has come; True when something is to be read from the standard input."""
        while self.begun < self.wanted and self.begun - self.there - self.gone < AT_ONCE:
            self.connect()
        asked = False
        for key, _ in self.selector.select(SOON):
            if key.data is None:
                asked = True
                continue
            try:
                self.read(key.data)
            except OSError:
                self.selector.unregister(key.data.socket)
                key.data.socket.close()
                self.there -= key.data.there
                self.gone += 1
        return asked

    def report(self) -> dict[str, object]:
        """Return what was heard since the last report, and what went wrong so far."""
        heard = {key.decode(): times for key, times in self.times.items()}
        self.times.clear()
        return {"heard": heard, "twice": self.twice, "gone": self.gone}

    def connect(self) -> None:
        """Ask for one more connection, at the servers in turn."""
        address = self.addresses[self.begun % len(self.addresses)]
        self.begun += 1
        client = Client(socket.create_connection((address.hostname, address.port)))
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        visitor = {"Cookie": f"visitor=hall-{self.begun}"}
        client.socket.sendall(websocket.upgrade(address, self.path, visitor))
        self.selector.register(client.socket, selectors.EVENT_READ, client)

    def read(self, client: Client) -> None:
        """Take in all frames that are whole; OSError when the connection is of no use any more."""
        received = client.socket.recv(262144)
        if not received:
            raise ConnectionError
        data = client.unread + received if client.unread else received
        if not client.open:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                client.unread = head
                return
            if head.split(maxsplit=2)[1] != b"101":
                raise ConnectionError
            client.open = True
        now = time.monotonic()
        while len(data) >= 2:
            begin, length = 2, data[1]
            if length >= 126:
                begin = 4 if length == 126 else 10
                length = int.from_bytes(data[2:begin])
            if len(data) < begin + length:
                break
            if data[0] == websocket.CLOSE:
                raise ConnectionError
            if data[0] == websocket.TEXT:
                self.frame(client, data[begin : begin + length], now)
            data = data[begin + length :]
        client.unread = data

    def frame(self, client: Client, text: bytes, now: float) -> None:
        """Count what was told, or answer. https://socket.io/docs/v4/socket-io-protocol/"""
        if text.startswith(b"42"):
            if not client.there:
                client.there = True
                self.there += 1
            for key in TOLD.findall(text):
                if key in client.heard:
                    self.twice += 1
                else:
                    client.heard.add(key)
                    self.times[key].append(now)
        elif text == b"2":
            client.socket.sendall(websocket.frame("3"))
        elif text.startswith(b"0"):
            client.socket.sendall(websocket.frame("40"))
        elif text.startswith(b"40"):
            client.socket.sendall(websocket.frame(self.join))


def main() -> None:
    """Do what the lines of the standard input say."""
    lines = sys.stdin.buffer.raw
    unread, hall, said = b"", None, 0
    began, cpu = time.monotonic(), time.process_time()
    while True:
        if hall is None or hall.turn():
            part = lines.read(65536)
            if not part:
                break
            *whole, unread = (unread + part).split(b"\n")
            for command in map(json.loads, whole):
                if "urls" in command:
                    hall = Hall(**command)
                    hall.selector.register(lines, selectors.EVENT_READ)
                elif "grow" in command:
                    hall.wanted += command["grow"]
                else:
                    wall, used = time.monotonic() - began, time.process_time() - cpu
                    say(**hall.report(), effort={"cpu": used, "wall": wall})
                    began, cpu = time.monotonic(), time.process_time()
        if hall.there != said:
            said = hall.there
            say(there=said)


def say(**values: object) -> None:
    print(json.dumps(values), flush=True)


if __name__ == "__main__":
    main()
