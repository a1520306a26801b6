"""What processes a step has: reads its Procfile, one `name: command` a line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from course.errors import CourseError
from course.services import REGISTRY

LINE = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9_-]*)\s*:\s*(?P<command>\S.*)")
RESERVED = ("slow", *REGISTRY)


@dataclass(frozen=True)
class Procfile:
    """The commands of a step; `release` runs to completion before the others start."""

    release: str | None
    processes: dict[str, str]


def read(path: Path, entry: str = "web") -> Procfile:
    """Read the Procfile at `path`, in which the process `entry` answers on $PORT.

    CourseError names the file and the line that is wrong.
    """
    shown = f"steps/{path.parent.name}/{path.name}"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CourseError(f"{shown}: the file is missing; it says what the step runs") from None
    return parse(text, shown, entry)


def parse(text: str, source: str = "Procfile", entry: str = "web") -> Procfile:
    """Return what `text` says; `source` is how error messages name it."""
    commands: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        match = LINE.fullmatch(line)
        if match is None:
            raise CourseError(f"{source}, line {number}: expected `name: command`, found {line!r}")
        name = match["name"]
        if name in commands:
            raise CourseError(f"{source}, line {number}: there is a process {name!r} already")
        if name in RESERVED:
            raise CourseError(
                f"{source}, line {number}: {name!r} is the name of a process of the course"
            )
        commands[name] = match["command"]
    release = commands.pop("release", None)
    if entry not in commands:
        raise CourseError(f"{source}: there is no `{entry}` process, the one that answers on $PORT")
    return Procfile(release, commands)
