"""What a client of the load generator sends over a WebSocket.

https://www.rfc-editor.org/rfc/rfc6455 and https://socket.io/docs/v4/socket-io-protocol/
"""

from __future__ import annotations

import json
from urllib.parse import SplitResult

TEXT, CLOSE = 0x81, 0x88  # the first byte of a frame


def upgrade(address: SplitResult, path: str, headers: dict[str, str]) -> bytes:
    """Return the request that asks for a WebSocket, with these headers besides its own."""
    own = {
        "Host": address.netloc,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "bm90aGluZyBzZWNyZXQuLg==",
    }
    lines = [f"{name}: {value}" for name, value in (own | headers).items()]
    return "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode()


def frame(text: str) -> bytes:
    """Return a frame. A client has to mask it; a mask of zeros leaves it as it is."""
    body = text.encode()
    head = bytes([TEXT, 0x80 | len(body)]) if len(body) < 126 else bytes([TEXT, 0xFE])
    length = b"" if len(body) < 126 else len(body).to_bytes(2)
    return head + length + bytes(4) + body


def event(name: str, data: object) -> str:
    """Return the text of a Socket.IO event."""
    return f"42{json.dumps([name, data])}"
