"""Builds and serves the site with MkDocs, in this process."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mkdocs.commands import build as builder
from mkdocs.commands import serve as server
from mkdocs.config import load_config
from mkdocs.exceptions import Abort, MkDocsException
from pymdownx.superfences import SuperFencesException

from course import ports
from course.load import figures
from course.paths import ROOT

CONFIG = ROOT / "mkdocs.yml"
SITE = ROOT / "site"
PORTS = range(8080, 8100)  # tried in turn; steps run on 8000
UNUSED = ("404.html", "sitemap.xml", "sitemap.xml.gz")
REMOTE = re.compile(r"https://unpkg\.com/[^\"'`]+")
# What pages show, beside docs/ itself.
SHOWN = ("steps", "exercises", "solutions", "loadtests/claims.toml")


class Collected(logging.Handler):
    """Keeps what MkDocs warns of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def build(site: Path = SITE, **changes: Any) -> list[str]:
    """Build the site into `site`; return all that is wrong, [] when it is as it should be.

    `changes` are values that other settings of mkdocs.yml have in this build, such as `docs_dir`.
    """
    with _collected() as warnings:
        try:
            config = load_config(str(CONFIG), site_dir=str(site), strict=False, **changes)
            config.plugins.on_startup(command="build", dirty=False)
            try:
                builder.build(config)
            finally:
                config.plugins.on_shutdown()
        except (MkDocsException, Abort, SuperFencesException) as error:
            return [*warnings.lines, str(error) or type(error).__name__]
    _finish(site)
    return warnings.lines


def _finish(site: Path) -> None:
    """Take out what the theme has for sites with an address of their own, or would fetch."""
    for name in UNUSED:
        (site / name).unlink(missing_ok=True)
    for script in (site / "assets" / "javascripts").rglob("*.js"):
        text = script.read_text(encoding="utf-8")
        if (new := REMOTE.sub("about:blank", text)) != text:
            script.write_text(new, encoding="utf-8")


def serve(environment: Mapping[str, str] = os.environ) -> None:
    """Serve the site, and build it again when a file of it changes, until Ctrl-C."""
    port = ports.chosen(environment.get("PORT", ""), PORTS, "make docs")
    if not results():
        print(f"There are no results in {figures.shown(figures.folder())}: pages lack figures.")
    print(f"http://localhost:{port}  Ctrl-C stops it.", flush=True)
    logging.getLogger("mkdocs").addHandler(_printing())
    watched = [str(ROOT / name) for name in SHOWN] + [str(figures.folder())]
    server.serve(
        str(CONFIG),
        strict=False,
        dev_addr=f"{ports.HOST}:{port}",
        livereload=True,
        watch=[path for path in watched if os.path.exists(path)],
    )


def results() -> bool:
    """Whether anything was measured."""
    return any(figures.folder().glob("*.json"))


def _printing() -> logging.Handler:
    handler = logging.StreamHandler()
    handler.setLevel(logging.WARNING)
    return handler


@contextmanager
def _collected() -> Iterator[Collected]:
    handler = Collected()
    log = logging.getLogger("mkdocs")
    propagates, log.propagate = log.propagate, False
    log.addHandler(handler)
    try:
        yield handler
    finally:
        log.removeHandler(handler)
        log.propagate = propagates
