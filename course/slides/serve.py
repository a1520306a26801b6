"""`make slides`: shows the decks in a browser, and builds them again when one was saved."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock

from course import ports
from course.errors import CourseError
from course.site.html import escape, tag
from course.slides import build, deck

PORTS = range(8090, 8100)  # tried in turn; steps run on 8000, the site on 8080


def serve(environment: Mapping[str, str]) -> None:
    """Serve the decks until Ctrl-C; CourseError when a deck has a fault or the port is taken."""
    rebuilt = Rebuilt()
    rebuilt.now()
    port = ports.chosen(environment.get("PORT", ""), PORTS, "make slides")
    handler = functools.partial(Handler, rebuilt=rebuilt, directory=str(build.OUT))
    with ThreadingHTTPServer((ports.HOST, port), handler) as server:
        for name in deck.DECKS:
            print(f"http://localhost:{port}/{name}.html")
        print("S opens the presenter's view, with notes and clock; Esc the overview; Ctrl-C ends.")
        server.serve_forever()


class Rebuilt:
    """Builds the decks when something in slides/ has changed since."""

    def __init__(self, folder: Path = deck.FOLDER, out: Path = build.OUT) -> None:
        self._folder, self._out = folder, out
        self._seen: dict[Path, int] = {}
        self._lock = Lock()

    def now(self) -> None:
        """Build if there is anything new; CourseError when a deck has a fault."""
        with self._lock:
            seen = {
                path: path.stat().st_mtime_ns
                for path in sorted(self._folder.rglob("*"))
                if path.is_file()
            }
            if seen != self._seen:
                build.build(deck.load(self._folder), self._out)
                self._seen = seen


class Handler(SimpleHTTPRequestHandler):
    """Serves what is built; a deck with a fault says so in its place."""

    def __init__(self, *args: object, rebuilt: Rebuilt, **options: object) -> None:
        self._rebuilt = rebuilt
        super().__init__(*args, **options)

    def do_GET(self) -> None:
        if self.path.partition("?")[0].endswith((".html", "/")):
            try:
                self._rebuilt.now()
            except CourseError as error:
                page = "<!doctype html><title>A fault</title>" + tag("pre", escape(error))
                body = page.encode()
                self.send_response(500)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                return
        super().do_GET()

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """The terminal is for what went wrong."""
