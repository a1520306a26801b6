"""What is checked of the site, a module for each: of its pages as they are written, and as built.

Each check returns what is wrong, a line for each, that says where and what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from course.catalog import Step
from course.site.checks import (
    chapters,
    commands,
    coverage,
    links,
    markup,
    nav,
    offline,
    spelling,
    wording,
)
from course.site.pages import Page


def written(pages: Sequence[Page], steps: Sequence[Step]) -> list[str]:
    """Return what is wrong with the pages as they are written."""
    findings = nav.check(pages, steps)
    for page in pages:
        findings += wording.check(page)
        findings += commands.check(page)
    findings += chapters.check(pages, steps)
    findings += coverage.check(pages, steps)
    return findings + spelling.check(pages)


def built(site: Path) -> list[str]:
    """Return what is wrong with the site as it was built."""
    documents = markup.read(site)
    return links.check(site, documents) + offline.check(site, documents)
