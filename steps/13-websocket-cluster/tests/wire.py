"""A client that speaks the Socket.IO protocol by hand, and can send worse."""

import json
import time

import websocket

PATIENCE = 10  # seconds
CLOSED = (websocket.WebSocketException, OSError)


class Wire:
    """A connection to the default namespace."""

    def __init__(self, url, auth=None, say_hello=True, **options):
        address = f"ws{url.removeprefix('http')}/socket.io/?EIO=4&transport=websocket"
        self.socket = websocket.create_connection(address, timeout=PATIENCE, **options)
        self.number, self.heard = 0, []
        self.opened = json.loads(self.read()[1:])
        if say_hello:
            self.send(f"40{json.dumps({} if auth is None else auth)}")
            self.answer = self.read()

    def send(self, frame):
        if isinstance(frame, bytes):
            self.socket.send_binary(frame)
        else:
            self.socket.send(frame)

    def read(self, seconds=PATIENCE):
        """The next text that is no ping; None where there is none in time. Raises one of CLOSED."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                text = self.socket.recv()
            except websocket.WebSocketTimeoutException:
                break
            if text == "":
                raise websocket.WebSocketConnectionClosedException
            if text != "2":
                return text
            self.send("3")
        return None

    def emit(self, event, *data):
        """Send an event; its acknowledgement. Events that come before it are kept."""
        self.number += 1
        self.send(f"42{self.number}{json.dumps([event, *data])}")
        begin = f"43{self.number}["
        while not (text := self.read()).startswith(begin):
            self.keep(text)
        return json.loads(text[len(begin) - 1 :])[0]

    def keep(self, text):
        assert text.startswith("42["), text
        self.heard.append(json.loads(text[2:]))

    def hear(self, *events, seconds=PATIENCE):
        """The data of the next event of these names; None where there is none in time."""
        deadline = time.monotonic() + seconds
        while True:
            for number, (name, data) in enumerate(self.heard):
                if name in events:
                    del self.heard[number]
                    return data
            text = self.read(deadline - time.monotonic())
            if text is None:
                return None
            self.keep(text)

    def is_closed(self, seconds=PATIENCE):
        """Whether the server hangs up, whatever it says before."""
        try:
            while self.read(seconds) is not None:
                pass
            return False
        except CLOSED:
            return True

    def close(self):
        self.socket.close()
