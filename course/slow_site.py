"""A small web site that is slow, and on request harmful: what link previews meet in the wild.

    python -m course.slow_site --port 8001

`/page/<n>?delay=0.5` is the page that the sample questions link to; everything else is for tests.
"""

from __future__ import annotations

import argparse
import html
import json
import math
import re
import select
import signal
import socket
import sys
import threading
import zlib
from collections import Counter
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

MAX_DELAY = 60  # seconds
MEBIBYTE = 1024 * 1024
HTML = "text/html; charset=utf-8"
PAGES = json.loads(Path(__file__).with_name("slow_site_pages.json").read_text("utf-8"))


class BadRequest(Exception):
    """A request that is answered with 400 and this reason."""


def document(title: str, description: str = "", body: str = "") -> str:
    """Return an HTML page; `title` and `description` are text, `body` is HTML."""
    title, description = html.escape(title), html.escape(description)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n'
        f'<meta name="description" content="{description}"></head>\n'
        f"<body><h1>{title}</h1><p>{description}</p>{body}</body></html>\n"
    )


def page(n: int) -> str:
    """Return page `n`, from 1; past the last text they start again, with n in the title."""
    text = PAGES[(n - 1) % len(PAGES)]
    title = text["title"] if n <= len(PAGES) else f"{text['title']} ({n})"
    return document(title, text["description"], f"<p>Page {n} of the slow site.</p>")


@lru_cache
def gzip_bomb() -> bytes:
    """Return about 100 KiB that unpack to 100 MiB, a valid page at their beginning."""
    compressor = zlib.compressobj(9, wbits=31)
    parts = [compressor.compress(document("A page that unpacks").encode())]
    parts += [compressor.compress(b" " * MEBIBYTE) for _ in range(100)]
    return b"".join([*parts, compressor.flush()])


def number(text: str, low: float, high: float, what: str, kind: type = int) -> float:
    """Return `text` as a number from `low` to `high`; BadRequest says what is wrong with `what`."""
    try:
        value = kind(text) if re.fullmatch("[0-9.]+", text) else math.nan
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise BadRequest(f"{what} must be a number from {low} to {high}, not {text!r}.")
    return value


LATIN = document("Café Zoë", "Déjà vu, one byte a letter.").replace('<meta charset="utf-8">', "")
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html"
# What is the same at every request: the body and its type.
FIXED = {
    "healthz": ("ok\n", "text/plain"),
    "huge-head": (f"<!-- {'x' * MEBIBYTE} -->" + document("A title far down"), HTML),
    "deep": (document("A deep page", "Turtles.", "<b>" * 200_000), HTML),
    "binary": ("\x89PNG\r\n\x1a\n" + document("Not an image"), "image/png"),
    "latin1": (LATIN.encode("latin-1"), "text/html; charset=iso-8859-1"),
    "no-title": ("<meta name=description content='It has no title.'><p>Text.</p>", HTML),
    "script-title": (document('<script>alert(1)</script> & "friends"', "<img src=x>"), HTML),
}
# Responses that are not what HTTP asks for; the connection is closed after each.
BROKEN = {
    "short": OK + b"\r\nContent-Length: 9999\r\n\r\n<title>Cut off</ti",
    "length": OK + b"\r\nContent-Length: -many\r\n\r\n<p>",
    "chunk": OK + b"\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<p>",
    "charset": OK + b"; charset=none-such\r\n\r\n<title>Caf\xe9</title>",
    "status": b"HTTP/1.1 abc OK\r\n\r\n",
    "redirect": b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
}


class SlowSite(ThreadingHTTPServer):
    """The server; `stopping` ends every wait, so that nobody waits for a slow page at the end."""

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, Handler)
        self.stopping = threading.Event()
        self.counts: Counter[str] = Counter()
        self.counting = threading.Lock()

    def stop(self) -> None:
        """End `serve_forever` and all waits; to be called from another thread."""
        self.stopping.set()
        self.shutdown()

    def handle_error(self, request, client_address) -> None:
        """Say nothing when a client leaves early: that is what most of these pages are for."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection; ROUTES says which method answers what."""

    protocol_version = "HTTP/1.1"
    timeout = 2 * MAX_DELAY
    query: dict[str, str]

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        self.query = {name: values[0] for name, values in parse_qs(url.query).items()}
        matches = ((re.fullmatch(path, unquote(url.path)), answer) for path, answer in ROUTES)
        match, answer = next((pair for pair in matches if pair[0]), (None, None))
        try:
            if match:
                answer(self, *match.groups())
            else:
                self.send(document("There is no such page"), status=404)
        except BadRequest as error:
            self.send(f"{error}\n", "text/plain; charset=utf-8", status=400)

    def send(self, body: str | bytes, kind: str = HTML, status: int = 200, **headers: str) -> None:
        """Send a whole response; an underscore in a header's name stands for a dash."""
        body = body.encode() if isinstance(body, str) else body
        if status in (204, 304):
            body = b""
        self.start(kind, status, Content_Length=str(len(body)), **headers)
        self.wfile.write(body)

    def start(self, kind: str, status: int = 200, **headers: str) -> None:
        """Send the head of a response; without Content_Length its body ends with the connection."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Connection", "close")
        self.end_headers()

    def wait(self, seconds: float) -> bool:
        """Wait; False, and at once, when the server stops."""
        return not self.server.stopping.wait(seconds)

    def client_gone(self) -> bool:
        poll = select.poll()
        poll.register(self.connection, select.POLLIN)
        return bool(poll.poll(0)) and not self.connection.recv(1, socket.MSG_PEEK)

    def repeat(self, piece: bytes, seconds: float) -> None:
        """Send `piece` every so many seconds for as long as the client stays."""
        self.close_connection = True
        while self.wait(seconds) and not self.client_gone():
            self.wfile.write(piece)

    def delay(self) -> float:
        """Return how long to wait, from the query, in seconds."""
        return number(self.query.get("delay", "0"), 0, MAX_DELAY, "delay", float)

    def page(self, n: str) -> None:
        n = number(n, 1, 10**6, "The page")
        if self.wait(self.delay()):
            self.send(page(n))

    def fixed(self, name: str) -> None:
        self.send(*FIXED[name])

    def gzip_bomb(self) -> None:
        self.send(gzip_bomb(), Content_Encoding="gzip")

    def redirect(self, hops: str) -> None:
        hops = number(hops, 0, 100, "The number of redirects")
        target = self.query.get("to", "/page/1")
        next_hop = f"/redirect/{hops - 1}?to={quote(target)}" if hops > 1 else target
        self.redirect_to(next_hop)

    def redirect_to(self, url: str | None = None) -> None:
        url = url or self.query.get("url", "")
        if not url.isascii() or not url.isprintable() or not url:
            raise BadRequest("Where to? A printable ASCII address is needed.")
        self.send(b"", status=302, Location=url)

    def huge(self) -> None:
        self.start(HTML)
        self.wfile.write(document("A huge page", "Its head is small.").encode())
        for _ in range(64):
            self.wfile.write(b"<p>more</p>\n" * (MEBIBYTE // 12))

    def endless(self) -> None:
        self.start(HTML)
        self.wfile.write(document("An endless page", "It goes on and on.").encode())
        self.repeat(b"<p>more</p>\n", 0.1)

    def trickle_headers(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Patience: ")
        self.repeat(b"z", 0.1)

    def never(self) -> None:
        self.repeat(b"", 1)

    def broken(self, how: str) -> None:
        self.close_connection = True
        self.wfile.write(BROKEN[how])

    def status(self, code: str) -> None:
        code = number(code, 200, 599, "The status")
        self.send(document(f"Status {code}", "This page has a title none the less."), status=code)

    def counter(self, key: str) -> None:
        delay = self.delay()
        # Counted first: who leaves during the wait has fetched it all the same.
        fetched = self.count(key)
        if self.wait(delay):
            self.send(document(f"Fetched {fetched} times", f"The counter is {key}."))

    def flaky(self, key: str) -> None:
        """Answer 503 the first `times` times, then a page."""
        times = number(self.query.get("times", "1"), 0, 100, "times")
        tries = self.count(key)
        if tries <= times:
            self.send(document("Not yet", f"Try {tries} of {key}."), status=503)
        else:
            self.send(document(f"There at try {tries}", f"The counter is {key}."))

    def count(self, key: str) -> int:
        """Count one more request for `key`; return how many there were."""
        with self.server.counting:
            self.server.counts[key] += 1
            return self.server.counts[key]

    def counted(self, key: str) -> None:
        self.send(json.dumps({"fetched": self.server.counts[key]}), "application/json")

    def log_message(self, text: str, *values: object) -> None:
        """Log all but the runner's question whether we are ready."""
        if not getattr(self, "path", "").startswith("/healthz"):
            print(text % values, file=sys.stderr)


ROUTES = (
    ("/page/([^/]+)", Handler.page),
    (f"/({'|'.join(FIXED)})", Handler.fixed),
    ("/redirect/loop", lambda handler: handler.redirect_to("/redirect/loop")),
    ("/redirect/([^/]+)", Handler.redirect),
    ("/redirect-to", Handler.redirect_to),
    ("/huge", Handler.huge),
    ("/endless", Handler.endless),
    ("/trickle-headers", Handler.trickle_headers),
    ("/never", Handler.never),
    ("/broken", lambda handler: handler.broken("short")),
    (f"/broken/({'|'.join(BROKEN)})", Handler.broken),
    ("/status/([^/]+)", Handler.status),
    ("/gzip-bomb", Handler.gzip_bomb),
    ("/counter/([^/]+)", Handler.counter),
    ("/counted/([^/]+)", Handler.counted),
    ("/flaky/([^/]+)", Handler.flaky),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m course.slow_site", description=__doc__)
    parser.add_argument("--port", type=int, default=8001, help="0 takes a free one (%(default)s)")
    parser.add_argument("--host", default="127.0.0.1", help="address to bind (%(default)s)")
    options = parser.parse_args()
    try:
        site = SlowSite((options.host, options.port))
    except (OSError, OverflowError) as error:
        print(f"The slow site cannot use port {options.port}: {error}", file=sys.stderr)
        sys.exit(2)
    for signum in (signal.SIGINT, signal.SIGTERM):
        # shutdown() waits for serve_forever(), which the main thread is in.
        signal.signal(signum, lambda *_: threading.Thread(target=site.stop).start())
    print(f"The slow site is at http://{options.host}:{site.server_port}", flush=True)
    site.serve_forever(poll_interval=0.1)
    site.server_close()


if __name__ == "__main__":
    main()
