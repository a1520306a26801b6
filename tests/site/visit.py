"""Serves a directory of pages, and opens them in the browser."""

import contextlib
import functools
import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from checks import Watched
from playwright.sync_api import Browser, Page

PATIENCE = 20_000  # milliseconds that one thing may take in the browser


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a word."""

    def log_message(self, format, *args):
        pass


@contextlib.contextmanager
def served(directory: Path) -> Iterator[str]:
    """Serve the files of a directory; yield its address."""
    handler = functools.partial(Quiet, directory=str(directory))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Visit:
    """A browser's window on the site; `root` is the address of its directory, with a slash."""

    page: Page
    watched: Watched
    root: str

    def open(self, name: str) -> Page:
        """Open a page by its path inside the site."""
        self.page.goto(self.root + name, wait_until="load")
        return self.page

    def faults(self) -> list[str]:
        """Return what the pages have complained of and asked for elsewhere, since the last call."""
        asked = [f"asks for {url}" for url in self.watched.elsewhere()]
        return asked + self.watched.complaints()


@contextlib.contextmanager
def visit(
    browser: Browser,
    root: str,
    *,
    scheme: str = "light",
    width: int = 1440,
    **options,
) -> Iterator[Visit]:
    """Open a window on the site at `root`, with nothing remembered; `options` are a context's."""
    context = browser.new_context(
        color_scheme=scheme,
        reduced_motion="reduce",
        viewport={"width": width, "height": 900},
        **options,
    )
    context.set_default_timeout(PATIENCE)
    watched = Watched(context, root)
    try:
        yield Visit(context.new_page(), watched, root)
    finally:
        context.close()
