"""Links of the built site: to pages, anchors and files that there are, and none out of the site.

MkDocs looks at the links of Markdown; what blocks and raw HTML link to is seen here only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from course.site.checks.markup import Document

ATTRIBUTES = ("href", "src", "poster", "data", "xlink:href")
ELSEWHERE = ("http", "https", "mailto", "data", "javascript")
BUILT_ELSEWHERE = "slides"


def check(site: Path, documents: Sequence[Document]) -> list[str]:
    """Return dead links and anchors, links out of the site, and pages that nobody gets to."""
    site = site.resolve()
    ids = {document.path.resolve(): _ids(document) for document in documents}
    findings = []
    for document in documents:
        path = document.path.resolve()
        where = path.relative_to(site).as_posix()
        for tag, link in dict.fromkeys(_links(document)):
            if wrong := _wrong(link, path, site, ids):
                findings.append(f"{where}: <{tag}> {link}: {wrong}")
        twice = (id for id, count in ids[path].items() if count > 1)
        findings += [f"{where}: there are two of id {id!r}" for id in sorted(twice)]
    return findings + _out_of_reach(site, documents)


def _links(document: Document) -> list[tuple[str, str]]:
    return [
        (element.tag, element.attributes[name])
        for element in document.elements
        for name in ATTRIBUTES
        if name in element.attributes
    ]


def _ids(document: Document) -> Counter[str]:
    """Return what can be linked to in a page, and how many there are of it."""
    each = document.elements
    found = Counter(element.attributes["id"] for element in each if "id" in element.attributes)
    names = {element.attributes.get("name", "") for element in each if element.tag == "a"}
    return found | Counter(names - {""})


def _wrong(link: str, path: Path, site: Path, ids: dict[Path, Counter[str]]) -> str:
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
    if anchor and anchor != "top" and target in ids and anchor not in ids[target]:
        return "there is no such anchor"
    return ""


def _out_of_reach(site: Path, documents: Sequence[Document]) -> list[str]:
    """Return the pages that the navigation of the first page does not have."""
    paths = {document.path.resolve(): document for document in documents}
    index = paths.get(site / "index.html")
    if index is None:
        return ["index.html is missing"]
    links = (e.attributes.get("href", "") for e in index.elements if e.tag == "a" and e.in_nav)
    there = {(site / unquote(urlsplit(link).path)).resolve() for link in links}
    there.add(site / "index.html")
    return [
        f"{path.relative_to(site).as_posix()}: no link of the navigation leads there"
        for path in paths
        if path not in there and path.relative_to(site).parts[0] != BUILT_ELSEWHERE
    ]
