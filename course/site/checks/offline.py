"""Nothing of the built site is fetched from elsewhere: it works without a network.

A link that a reader may follow is no such thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

REMOTE = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
FETCHED = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
    "audio": ("src",),
    "track": ("src",),
    "iframe": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "input": ("src",),
    "image": ("href", "xlink:href"),
    "use": ("href", "xlink:href"),
}
# Links of a head that are no more than information.
NOT_FETCHED = {"canonical", "alternate", "prev", "next", "author", "license", "help"}
STYLE = re.compile(r"(?:url\(|@import)\s*[\"']?\s*((?:https?:)?//[^\"')\s;]+)", re.IGNORECASE)
# In a script: what it loads by a call, and addresses of what can only be loaded.
CALLS = re.compile(
    r"(?:\b(?:fetch|import|importScripts|Worker|open)\(|\.(?:src|href)\s*=)\s*"
    r"[\"'`]((?:https?:)?//[^\"'`]+)"
)
LOADABLE = re.compile(
    r"[\"'`](https?://[^\"'`\s]+?(?:\.(?:m?js|css|woff2?|ttf|json|wasm)\b|"
    r"(?<=unpkg\.com)/|(?<=jsdelivr\.net)/|(?<=cdnjs\.cloudflare\.com)/)[^\"'`\s]*)"
)


def check(site: Path) -> list[str]:
    """Return what would be fetched from elsewhere, with the file that asks for it."""
    findings = []
    for path in sorted(site.rglob("*")):
        finder = FINDERS.get(path.suffix)
        if finder and path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            where = path.relative_to(site).as_posix()
            findings += [f"{where} would fetch {url}" for url in dict.fromkeys(finder(text))]
    return findings


def of_page(text: str) -> list[str]:
    """Return what a page would fetch from elsewhere."""
    parser = _Parser()
    parser.feed(text)
    parser.close()
    return parser.found


def of_style(text: str) -> list[str]:
    """Return what a style sheet would fetch from elsewhere."""
    return STYLE.findall(re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))


def of_script(text: str) -> list[str]:
    """Return what a script would load from elsewhere."""
    return [*CALLS.findall(text), *LOADABLE.findall(text)]


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        values = {name: value or "" for name, value in attrs}
        self.found += _of_element(tag, values)
        self.found += STYLE.findall(values.get("style", ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._inside = ""

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self.found += of_style(data)
        elif self._inside == "script":
            self.found += of_script(data)


def _of_element(tag: str, values: dict[str, str]) -> Iterator[str]:
    if tag == "link":
        kinds = set(values.get("rel", "").lower().split())
        if kinds - NOT_FETCHED and REMOTE.match(values.get("href", "")):
            yield values["href"]
        return
    for name in FETCHED.get(tag, ()):
        for candidate in values.get(name, "").split(","):
            if REMOTE.match(candidate):
                yield candidate.split()[0]


FINDERS = {".html": of_page, ".css": of_style, ".js": of_script, ".mjs": of_script}
