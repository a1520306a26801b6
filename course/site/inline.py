"""Figures in a text: `{{hall:13}}` becomes what was measured. An extension of Python-Markdown."""

from __future__ import annotations

import re
from typing import Any

from markdown import Markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor

from course.errors import CourseError
from course.load import figures
from course.site import faults, place

PATTERN = r"\{\{\s*([^{}\n]*?)\s*\}\}"
# After code, in which nothing is a figure, and before links and emphasis, in which it may be.
PRIORITY = 185


class Figures(InlineProcessor):
    """Puts a figure in the place of its id."""

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[str, int, int]:
        id = m[1]
        try:
            found = figures.figure(id)
        except CourseError as error:
            found = faults.said(place.of(self.md).page.uri, f"{{{{{id}}}}}", error)
            found = self.md.htmlStash.store(found)
        return found, m.start(0), m.end(0)


class FiguresExtension(Extension):
    """Registers `Figures`."""

    def extendMarkdown(self, md: Markdown) -> None:
        md.inlinePatterns.register(Figures(PATTERN, md), "course-figures", PRIORITY)


def makeExtension(**options: Any) -> FiguresExtension:
    """Return the extension, as Python-Markdown asks for it by the name of its module."""
    return FiguresExtension(**options)
