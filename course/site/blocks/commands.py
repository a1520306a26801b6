"""`commands`: what `make` can do, out of the list that `make help` prints."""

from __future__ import annotations

from course.commands import COMMANDS
from course.errors import CourseError
from course.site.html import code, escape, table
from course.site.place import Place
from course.site.values import Body


def commands(body: Body, place: Place) -> str:
    """Return the table of all commands, or of those that `only` names."""
    by_name = {command.removeprefix("make "): does for command, does in COMMANDS}
    only = body.texts("only") or list(by_name)
    for name in only:
        if name not in by_name:
            raise CourseError(f"there is no `make {name}`; make help lists all")
    rows = [(code(f"make {name}"), escape(by_name[name])) for name in only]
    return table("Commands", ("command", "does"), rows, class_="commands")
