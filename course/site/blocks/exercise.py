"""`exercise`: the task of a step as a card, its hints and our solution folded away."""

from __future__ import annotations

import re
from pathlib import Path

from markdown import markdown

from course.errors import CourseError
from course.exercises import catalog
from course.site.html import code, escape, tag
from course.site.place import Place
from course.site.values import Body

COMMANDS = (
    ("make check-{}", "what works and what does not yet"),
    ("make watch-{}", "the same whenever you save"),
    ("make hint-{}", "the next hint"),
    ("make solution-{}", "our way beside yours, once yours works"),
)


def exercise(body: Body, place: Place) -> str:
    """Return the card of an exercise."""
    found = catalog.find(body.step.number)
    task = _without_title(found.path / "README.md")
    files = ", ".join(code(found.shown(file)) for file in found.files)
    commands = "".join(
        tag("li", f"{code(command.format(found.number))}: {escape(does)}")
        for command, does in COMMANDS
    )
    hints = "".join(
        _folded(f"Hint {number} of {len(found.hints)}", _rendered(hint))
        for number, hint in enumerate(found.hints, start=1)
    )
    solution = _folded("Our way, and why", _rendered(_without_title(found.solution / "README.md")))
    head = tag("p", escape(found.title), class_="title")
    head += tag("p", f"Exercise {found.number} · {found.minutes} minutes", class_="where")
    inner = (
        head
        + _rendered(task)
        + tag("p", f"The files to edit: {files}.")
        + tag("ul", commands, class_="commands")
        + hints
        + solution
    )
    return tag("section", inner, class_="exercise", aria_label=f"Exercise {found.number}")


def _folded(summary: str, content: str) -> str:
    return tag("details", tag("summary", escape(summary)) + content)


def _without_title(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        shown = "/".join(path.parts[-3:])
        raise CourseError(f"there is no {shown}") from None
    return re.sub(r"\A# .*\n", "", text)


def _rendered(text: str) -> str:
    return markdown(text, extensions=["fenced_code", "tables", "sane_lists"])
