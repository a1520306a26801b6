"""The elements of built pages, read once for all checks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

# Most of a page are the colours of code, at which no check looks.
COLOURS = re.compile(r'</?span(?: class="[\w -]*")?>')


@dataclass(frozen=True)
class Element:
    """An element with its attributes; `in_nav` when a navigation has it."""

    tag: str
    attributes: dict[str, str]
    in_nav: bool


@dataclass
class Document:
    """What is in a page: its elements in order, and the text of its styles and scripts."""

    path: Path
    elements: list[Element] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)


def read(site: Path) -> list[Document]:
    """Return all pages of a site, in the order of their paths."""
    return [parse(path.read_text(encoding="utf-8"), path) for path in sorted(site.rglob("*.html"))]


def parse(text: str, path: Path) -> Document:
    """Return what is in a page."""
    parser = _Parser(Document(path))
    parser.feed(COLOURS.sub("", text))
    parser.close()
    return parser.document


class _Parser(HTMLParser):
    def __init__(self, document: Document) -> None:
        super().__init__()
        self.document = document
        self._inside = ""
        self._navs = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        self._navs += tag == "nav"
        attributes = {name: value or "" for name, value in attrs}
        self.document.elements.append(Element(tag, attributes, bool(self._navs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""
        self._navs -= tag == "nav"

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self.document.styles.append(data)
        elif self._inside == "script":
            self.document.scripts.append(data)
