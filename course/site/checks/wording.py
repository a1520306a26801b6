"""Each page says what it is, and types no figure that was measured."""

from __future__ import annotations

import re

from course.errors import CourseError
from course.load import figures
from course.site.pages import Page

REQUIRED = ("title", "description")
SHORT = 240  # characters of a description: two sentences


def check(page: Page) -> list[str]:
    """Return what is wrong with the words of a page."""
    try:
        meta = page.meta
    except CourseError as error:
        return [str(error)]
    found = (*_head(page, meta), *_figures(page, meta))
    return [f"docs/{page.uri}: {wrong}" for wrong in found]


def _head(page: Page, meta: dict[str, object]) -> list[str]:
    wrong = []
    for key in REQUIRED:
        value = meta.get(key)
        if not isinstance(value, str) or not value.strip():
            wrong.append(f"the front matter has no {key}")
        elif "{{" in value:
            wrong.append(f"the {key} in the front matter has a figure, which stays as it is there")
    if len(str(meta.get("description", ""))) > SHORT:
        wrong.append(f"its description is longer than {SHORT} characters")
    titles = re.findall(r"^# .+", page.prose, re.MULTILINE)
    if len(titles) != 1:
        wrong.append(f"it has {len(titles)} titles (# …); one is expected")
    return wrong


def _figures(page: Page, meta: dict[str, object]) -> list[str]:
    head = " ".join(str(meta.get(key, "")) for key in REQUIRED)
    return [
        f"{found!r} looks like a figure that was measured: name it by its id, {{{{…}}}}"
        for found in figures.by_hand(f"{head}\n\n{page.prose}")
    ]
