"""Tiny steps to try the tool on: a web process of the standard library instead of Podium."""

import textwrap
from pathlib import Path

import pytest

from course import bootstrap
from course.catalog import Step, read_step

WEB = """
import http.server
import os


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.path.encode())


address = ("127.0.0.1", int(os.environ["PORT"]))
http.server.ThreadingHTTPServer(address, Handler).serve_forever()
"""
TOML = """
title = "Step {number}"
pattern = "pattern {number}"
part = "Large applications"
minutes = 5
problem = "The step before has a problem."
"""


class Checkout:
    """A directory with steps in it, as the repository is one."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def step(self, number: int = 1, *, toml: str = "", files: dict[str, str] | None = None) -> Step:
        """Add a step whose web process answers; `toml` is added to its step.toml."""
        path = self.root / "steps" / f"{number:02}-step"
        self.write(path / "step.toml", TOML.format(number=number) + textwrap.dedent(toml))
        self.write(path / "Procfile", "web: python web.py\n")
        self.write(path / "web.py", WEB)
        for name, text in (files or {}).items():
            self.write(path / name, textwrap.dedent(text))
        return read_step(path)

    def write(self, path: Path, text: str) -> None:
        """Write a file, its directories too."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def checkout(tmp_path) -> Checkout:
    """An empty checkout, in a path with a space as readers have it."""
    return Checkout(tmp_path / "a checkout")


@pytest.fixture(autouse=True)
def no_kit(tmp_path, monkeypatch):
    """The tests are the same where this checkout is a class kit, whose wheels decide much."""
    monkeypatch.setattr(bootstrap, "WHEELS", str(tmp_path / "a kit" / "wheels"))
