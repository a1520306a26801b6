"""What clients may send. The library would log a traceback for anything else, and go on listening.

https://socket.io/docs/v4/socket-io-protocol/ and https://socket.io/docs/v4/engine-io-protocol/
"""

import json
import re
import socket
import time
from contextlib import suppress

from engineio.async_drivers.gevent import WebSocketWSGI

FLOOD, WHILE = 300, 10  # so many frames in so many seconds are no conversation
RESERVED = ("connect", "disconnect")  # events that only the library may raise


def init_app(server):
    """Make a Socket.IO server hang up on who sends anything else."""
    eio = server.eio
    pass_on = eio.handlers["message"]
    eio.on("message", lambda sid, text: (pass_on if is_message(text) else hang_up)(sid, text))
    eio._async = eio._async | {"websocket": WebSocket}  # there is no option for it

    def hang_up(sid, text):
        eio.disconnect(sid)


class WebSocket(WebSocketWSGI):
    """A WebSocket that ends with the first frame that is too large, or is not of Engine.IO.

    It also ends with a flood of frames, and where the other side does not read what we send.
    """

    def __init__(self, handler, server):
        super().__init__(self.run, server)
        self.handler, self.patience = handler, server.ping_interval + server.ping_timeout
        self.server_args["max_message_size"] = server.max_http_buffer_size
        self.begun, self.frames = time.monotonic(), 0

    def run(self, websocket):
        self.ws.sock.settimeout(self.patience)
        return self.handler(websocket)

    def close(self):
        """Not waiting for the other side to say goodbye as well: it may not even listen."""
        super().close()
        with suppress(OSError):
            self.ws.sock.shutdown(socket.SHUT_RD)

    def wait(self):
        frame = super().wait()
        if time.monotonic() > self.begun + WHILE:
            self.begun, self.frames = time.monotonic(), 0
        self.frames += 1
        if self.frames <= FLOOD and isinstance(frame, str) and frame[:1] in tuple("12345"):
            return frame
        return None


def is_message(text):
    """Socket.IO: 0 or 0{…} to connect, 1 to leave, 2["event",…] or 27["event",…]."""
    if not (parts := re.fullmatch(r"(0|1|2\d{0,9})(.*)", text, re.S)):
        return False
    try:
        data = json.loads(parts[2]) if parts[2] else None
    except (ValueError, RecursionError):
        return False
    if parts[1][0] == "2":
        return isinstance(data, list) and is_event(*data[:1])
    return parts[1] == "0" or data is None


def is_event(name=None):
    return isinstance(name, str) and name not in RESERVED
