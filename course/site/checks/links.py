"""Links of the built site: to pages, anchors and files that there are, and none out of the site.

MkDocs looks at the links of Markdown; what blocks and raw HTML link to is seen here only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ATTRIBUTES = ("href", "src", "poster", "data", "xlink:href")
ELSEWHERE = ("http", "https", "mailto", "data", "javascript")


@dataclass
class Document(HTMLParser):
    """What a page links to and what can be linked to in it; `nav` has the links of navigations."""

    path: Path
    links: list[tuple[str, str]] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    nav: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._navs = 0
        self.twice: set[str] = set()

    __hash__ = object.__hash__

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._navs += tag == "nav"
        for name, value in attrs:
            if name == "id" or (name == "name" and tag == "a"):
                if value in self.ids and name == "id":
                    self.twice.add(value)
                self.ids.add(value or "")
            elif name in ATTRIBUTES and value is not None:
                self.links.append((tag, value))
                if tag == "a" and self._navs:
                    self.nav.append(value)

    handle_startendtag = handle_starttag

    def handle_endtag(self, tag: str) -> None:
        self._navs -= tag == "nav"


def read(site: Path) -> dict[Path, Document]:
    """Return all pages of a site by their path."""
    found = {}
    for path in sorted(site.rglob("*.html")):
        document = Document(path)
        document.feed(path.read_text(encoding="utf-8"))
        document.close()
        found[path.resolve()] = document
    return found


def check(site: Path) -> list[str]:
    """Return dead links and anchors, links out of the site, and pages that nobody gets to."""
    site = site.resolve()
    documents = read(site)
    findings = []
    for path, document in documents.items():
        where = path.relative_to(site).as_posix()
        for tag, link in dict.fromkeys(document.links):
            if wrong := _wrong(link, path, site, documents):
                findings.append(f"{where}: <{tag}> {link}: {wrong}")
        findings += [f"{where}: there are two of id {id!r}" for id in sorted(document.twice)]
    return findings + _out_of_reach(site, documents)


def _wrong(link: str, path: Path, site: Path, documents: dict[Path, Document]) -> str:
    parts = urlsplit(link)
    if parts.scheme in ELSEWHERE:
        return ""
    if parts.scheme or parts.netloc or link.startswith("/"):
        return "it does not work in a site that is opened as files"
    target = path
    if parts.path:
        target = (path.parent / unquote(parts.path)).resolve()
        if not target.is_relative_to(site):
            return "it leads out of the site"
        if target.is_dir():
            return "it leads to a directory, which is no page when opened as files"
        if not target.is_file():
            return "there is no such file"
    anchor = unquote(parts.fragment)
    document = documents.get(target)
    if anchor and anchor != "top" and document and anchor not in document.ids:
        return "there is no such anchor"
    return ""


def _out_of_reach(site: Path, documents: dict[Path, Document]) -> list[str]:
    """Return the pages that the navigation of the first page does not have."""
    index = documents.get(site / "index.html")
    if index is None:
        return ["index.html is missing"]
    there = {(site / unquote(urlsplit(link).path)).resolve() for link in index.nav}
    there.add(site / "index.html")
    return [
        f"{path.relative_to(site).as_posix()}: no link of the navigation leads there"
        for path in documents
        if path not in there and path.relative_to(site).parts[0] != "slides"
    ]
