"""`changes` and `waived`: the files that a step changes, with reasons."""

from __future__ import annotations

from course.changes import reason_for
from course.errors import CourseError
from course.site import filediff
from course.site.html import code, escape, table, tag
from course.site.place import Place
from course.site.values import Body


def changes(body: Body, place: Place) -> str:
    """Return the table of all files that differ from the step before, and why."""
    step = body.step
    rows = []
    for change in filediff.all_changes(step):
        kind = tag("span", escape(change.kind), class_=f"kind {change.kind.split()[0]}")
        name = code(change.path)
        if change.came_from:
            name += f" (was {code(change.came_from)})"
        rows.append((name, kind, escape(reason_for(change.path, step.changes)[1] or "")))
    if not rows:
        raise CourseError("step 1 is the first: there is nothing before it to compare to")
    caption = f"What step {step.number} changes, file by file"
    return table(caption, ("file", "", "why"), rows, class_="changes")


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
