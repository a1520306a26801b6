"""Figures on slides: `{{hall:13}}` becomes what was measured, an unknown id is a fault."""

from __future__ import annotations

import re
from collections.abc import Callable

from markdown import Markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor

from course.errors import CourseError
from course.load import figures
from course.site.inline import PATTERN, PRIORITY


class FiguresExtension(Extension):
    """Registers the figures; `failed` is told which there are not."""

    def __init__(self, failed: Callable[[str], None]) -> None:
        super().__init__()
        self.failed = failed

    def extendMarkdown(self, md: Markdown) -> None:
        md.inlinePatterns.register(_Figures(self.failed, md), "course-figures", PRIORITY)


class _Figures(InlineProcessor):
    def __init__(self, failed: Callable[[str], None], md: Markdown) -> None:
        super().__init__(PATTERN, md)
        self.failed = failed

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[str, int, int]:
        try:
            return figures.figure(m[1]), m.start(0), m.end(0)
        except CourseError as error:
            self.failed(str(error))
            return "", m.start(0), m.end(0)
