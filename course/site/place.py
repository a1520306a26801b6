"""Where a block is: on which page, and how links lead away from there."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from markdown import Markdown

from course import catalog
from course.catalog import Step
from course.site.pages import DOCS, Page, read

COUNTER = "_course_blocks"


@dataclass(frozen=True)
class Place:
    """A page that is being rendered; `prefix` begins ids that no other block of the page has."""

    page: Page
    prefix: str

    def to(self, uri: str) -> str:
        """Return the link from here to another page of docs/."""
        start = posixpath.dirname(self.page.uri)
        return posixpath.relpath(uri, start or ".").removesuffix(".md") + (
            ".html" if uri.endswith(".md") else ""
        )

    def to_step(self, step: Step) -> str:
        """Return the link from here to the chapter of a step."""
        return self.to(chapter(step))


def chapter(step: Step) -> str:
    """Return the page of a step, as a path inside docs/."""
    return f"steps/{step.name}.md"


def steps() -> list[Step]:
    """Return all steps."""
    return catalog.load()


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
            return Place(read(source, docs), prefix)
    return Place(Page("index.md", ""), prefix)


__all__ = ["DOCS", "Place", "chapter", "of", "steps"]
