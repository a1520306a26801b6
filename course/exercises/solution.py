"""`make solution-N`: why we did it so, and what differs between the attendee's files and ours."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.markdown import Markdown
from rich.text import Text

from course import diff
from course.changes import Change
from course.exercises.catalog import Exercise
from course.exercises.overlay import present


def render(exercise: Exercise, *, side_by_side: bool, width: int) -> RenderableType:
    """Return the solution's README, then for each file how to come from the attendee's to ours."""
    parts: list[RenderableType] = [Markdown((exercise.solution / "README.md").read_text("utf-8"))]
    mine, ours = present(exercise.path), present(exercise.solution)
    for file in sorted(mine.keys() | ours.keys()):
        change = Change(file, mine.get(file), ours.get(file))
        if change.is_same and file not in exercise.files:
            continue
        parts += [Text(), *diff.render_change(change, "", side_by_side, width)]
        if change.is_same:
            parts.append(Text("  Yours is the same."))
    return Group(*parts)
