"""A light client of the Socket.IO servers: it is told, and reads no more than it needs.

Thousands of them share a machine with what they measure. So a frame costs no switch to a greenlet
of the client's own: the event loop calls `read` as soon as there is something.
https://socket.io/docs/v4/socket-io-protocol/
"""

from __future__ import annotations

import os
import random
import time
from urllib.parse import urlsplit

import gevent
from gevent import socket

from course.drills import websocket
from loadtests.journal import journal
from loadtests.podium import NEXT, View, marks

PATH = "/socket.io/?EIO=4&transport=websocket"
READ = 1  # libev: something is to be read
SHORTEST, LONGEST = 0.1, 2  # seconds before another attempt to connect
HANDSHAKE = 20  # seconds


class Socket:
    """One connection that comes back when it is lost, with the cursor that it has."""

    def __init__(self, host: str, view: View, headers: dict[str, str], fire) -> None:
        self.address = urlsplit(host)
        self.view, self.headers, self.fire = view, headers, fire
        self.socket = self.watcher = None
        self.unread = b""
        self.began = 0.0
        self.joined = self.followed = False  # now; ever

    def listen(self) -> None:
        """Connect in the background, and stay connected."""
        gevent.spawn(self.connect)

    def connect(self) -> None:
        pause = SHORTEST
        while True:
            self.began = time.time()
            try:
                self.open()
                return
            except OSError as error:
                self.tell("connect", error)
            gevent.sleep(random.uniform(0.5, 1) * pause)
            pause = min(2 * pause, LONGEST)

    def open(self) -> None:
        """Ask for a WebSocket; OSError when the server does not want it."""
        self.joined, self.unread = False, b""
        address = self.address.hostname, self.address.port
        self.socket = socket.create_connection(address, timeout=HANDSHAKE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(websocket.upgrade(self.address, PATH, self.headers))
        while b"\r\n\r\n" not in self.unread:
            received = self.socket.recv(4096)
            if not received:
                raise ConnectionError("the server hung up")
            self.unread += received
        head, _, self.unread = self.unread.partition(b"\r\n\r\n")
        if head.split(maxsplit=2)[1] != b"101":
            raise ConnectionError(head.partition(b"\r\n")[0].decode(errors="replace"))
        self.frames()
        self.watcher = gevent.get_hub().loop.io(self.socket.fileno(), READ)
        self.watcher.start(self.read)

    def read(self) -> None:
        """Called by the event loop: take what has come. Nothing here may wait."""
        try:
            received = os.read(self.socket.fileno(), 65536)
            if not received:
                raise ConnectionError("the server hung up")
            self.unread += received
            self.frames()
        except BlockingIOError:
            pass
        except OSError as error:
            self.lose(error)

    def frames(self) -> None:
        """Take in all frames that are whole."""
        data = self.unread
        while len(data) >= 2:
            begin, length = 2, data[1]
            if length >= 126:
                begin = 4 if length == 126 else 10
                length = int.from_bytes(data[2:begin])
            if len(data) < begin + length:
                break
            if data[0] == websocket.CLOSE:
                raise ConnectionError("the server closed the connection")
            self.hear(data[begin : begin + length])
            data = data[begin + length :]
        self.unread = data

    def hear(self, text: bytes) -> None:
        if text.startswith(b"42"):
            if found := NEXT.search(text):
                self.view.cursor = found[1].decode()
            keys = [key for key in marks(text) if key not in self.view.known]
            self.view.known.update(keys)
            if keys and self.followed:
                journal.hear(*keys)
            if not self.joined:
                self.joined = self.followed = True
                self.tell("connect")
        elif text == b"2":
            self.send("3")
        elif text.startswith(b"0"):
            self.send("40")
        elif text.startswith(b"40"):
            join = {"talk": self.view.talk, "after": self.view.cursor}
            self.send(websocket.event("join", join))
        elif text.startswith((b"41", b"44", b"1")):
            raise ConnectionError(f"the server said {text[:80].decode(errors='replace')}")

    def send(self, text: str) -> None:
        """A frame of ours is short: the system's buffer has room for it, or nobody reads there."""
        os.write(self.socket.fileno(), websocket.frame(text))

    def lose(self, error: OSError) -> None:
        """Somebody has hung up on us: come back."""
        self.watcher.stop()
        self.watcher.close()
        self.socket.close()
        self.began = time.time()
        self.tell("lost", error)
        self.listen()

    def tell(self, name: str, error: OSError | None = None) -> None:
        self.fire.fire(
            request_type="WS",
            name=name,
            start_time=self.began,
            response_time=1000 * (time.time() - self.began),
            response_length=0,
            exception=error,
            context={},
        )
