"""Nothing of the built site is fetched from elsewhere: it works without a network.

A link that a reader may follow is no such thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from course.site.checks.markup import Document

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


def check(site: Path, documents: Sequence[Document]) -> list[str]:
    """Return what would be fetched from elsewhere, with the file that asks for it."""
    asked = [(document.path, of_page(document)) for document in documents]
    for path in sorted(site.rglob("*")):
        if path.suffix in FINDERS and path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            asked.append((path, FINDERS[path.suffix](text)))
    return [
        f"{path.relative_to(site).as_posix()} would fetch {url}"
        for path, urls in asked
        for url in dict.fromkeys(urls)
    ]


def of_page(document: Document) -> list[str]:
    """Return what a page would fetch from elsewhere."""
    found = [url for text in document.styles for url in of_style(text)]
    found += [url for text in document.scripts for url in of_script(text)]
    for element in document.elements:
        found += _of_element(element.tag, element.attributes)
        found += STYLE.findall(element.attributes.get("style", ""))
    return found


def of_style(text: str) -> list[str]:
    """Return what a style sheet would fetch from elsewhere."""
    return STYLE.findall(re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))


def of_script(text: str) -> list[str]:
    """Return what a script would load from elsewhere."""
    return [*CALLS.findall(text), *LOADABLE.findall(text)]


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


FINDERS = {".css": of_style, ".js": of_script, ".mjs": of_script}
