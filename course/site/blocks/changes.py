"""`changes` and `waived`: the files that a step changes, with reasons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from course.catalog import Step
from course.changes import Change, reason_for
from course.errors import CourseError
from course.site import filediff
from course.site.html import code, escape, table, tag
from course.site.place import Place
from course.site.values import Body

MANY = 3  # files of one entry


def changes(body: Body, place: Place) -> str:
    """Return the table of all files that differ from the step before, and why.

    Of many files for which one reason is given, as for tests, only the pattern is shown; many that
    have only moved are folded away.
    """
    step = body.step
    found = filediff.all_changes(step)
    if not found:
        raise CourseError("step 1 is the first: there is nothing before it to compare to")
    rows: list[Sequence[str]] = []
    for entry, group in groupby(found, key=lambda change: _reason(change, step)):
        rows += _rows(list(group), *entry, step)
    caption = f"What step {step.number} changes, file by file"
    return table(caption, ("file", "change", "why"), rows, class_="changes")


def _reason(change: Change, step: Step) -> tuple[int, str]:
    place, reason = reason_for(change.path, step.changes)
    return place, reason or ""


def _rows(members: list[Change], place: int, reason: str, step: Step) -> Iterator[Sequence[str]]:
    """Yield the rows of one entry of [changes]; what needs none has only moved."""
    if len(members) < MANY:
        for change in members:
            yield _name(change), _kind(change.kind), escape(reason or "as it was")
        return
    kinds = ", ".join(map(_kind, dict.fromkeys(change.kind for change in members)))
    if reason:
        yield f"{code(list(step.changes)[place])} ({len(members)} files)", kinds, escape(reason)
        return
    names = "".join(tag("li", _name(change)) for change in members)
    summary = tag("summary", f"{len(members)} files")
    yield tag("details", f"{summary}<ul>{names}</ul>"), kinds, "as they were"


def _name(change: Change) -> str:
    origin = f" (was {code(change.came_from)})" if change.came_from else ""
    return code(change.path) + origin


def _kind(kind: str) -> str:
    return tag("span", escape(kind), class_=f"kind {kind.split()[0]}")


def waived(body: Body, place: Place) -> str:
    """Return which files the chapter does not show, and why."""
    files = body["files"]
    reasons = files.values() if isinstance(files, dict) else [None]
    if not all(isinstance(why, str) and why.strip() for why in reasons):
        raise CourseError("`files` has to map each path to the reason why it is not shown")
    for name in files:
        if name not in body.step.changes:
            raise CourseError(f"step {body.step.number} has no {name!r} in its [changes]")
    items = "".join(tag("li", f"{code(name)}: {escape(why)}") for name, why in files.items())
    count = "one file" if len(files) == 1 else f"{len(files)} entries of the list above"
    summary = tag("summary", f"Not shown here: {count}, and why")
    return tag("details", f"{summary}<ul>{items}</ul>", class_="waived")
