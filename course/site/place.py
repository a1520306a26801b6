"""Where a block is: on which page, and how links lead away from there."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from markdown import Markdown

from course.catalog import Step
from course.site.pages import DOCS, Page, read

COUNTER = "_course_blocks"


@dataclass(frozen=True)
class Place:
    """A page that is being rendered; `prefix` begins ids that no other block of the page has.

    `narrow` tells whether it is shown in narrow windows, too.
    """

    page: Page
    prefix: str
    docs: Path = DOCS
    narrow: bool = True

    def to(self, uri: str) -> str:
        """Return the link from here to another page of docs/."""
        link = posixpath.relpath(uri, posixpath.dirname(self.page.uri) or ".")
        return re.sub(r"\.md$", ".html", link)

    def chapter(self, step: Step) -> Page | None:
        """Return the page of a step, None when it has none yet."""
        path = self.docs / chapter(step)
        return read(path, self.docs) if path.is_file() else None


def chapter(step: Step) -> str:
    """Return the page of a step, as a path inside docs/."""
    return f"steps/{step.name}.md"


def of(md: Markdown) -> Place:
    """Return where Python-Markdown is: MkDocs tells it the file, so that it can resolve links."""
    numbers = getattr(md, COUNTER, None)
    if numbers is None:
        numbers = count(1)
        setattr(md, COUNTER, numbers)
    prefix = f"block-{next(numbers)}"
    for processor in md.treeprocessors:
        file = getattr(processor, "file", None)
        if file is not None and getattr(file, "abs_src_path", None):
            source = Path(file.abs_src_path)
            docs = source.parents[len(Path(file.src_uri).parts) - 1]
            return Place(read(source, docs), prefix, docs)
    return Place(Page("index.md", ""), prefix)
