"""From tracebacks and stacks in logs to the file that the attendee edits, and the line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from course.exercises.catalog import Exercise

FRAME = re.compile(r'^\s*File "(?P<path>[^"]+)", line (?P<line>\d+),? in (?P<function>.+)$')
SYNTAX = re.compile(r'^\s*File "(?P<path>[^"]+)", line (?P<line>\d+)$')
TRACEBACK = "Traceback (most recent call last):"
# faulthandler's heading of one thread; celery and gunicorn put prefixes before tracebacks' lines.
THREAD = re.compile(r"^(Current thread|Thread) 0x")
ERROR = re.compile(r"^(?P<name>[A-Za-z_][\w.]*)(: .*)?$")


@dataclass(frozen=True)
class Place:
    """A line of code: `file` as the attendee knows it, and whether it is one of theirs."""

    file: str
    line: int
    function: str
    theirs: bool

    def __str__(self) -> str:
        inside = f", in {self.function}" if self.function not in ("", "<module>") else ""
        return f"{self.file}, line {self.line}{inside}"


class Blame:
    """Knows where the overlaid step `code` has its files from."""

    def __init__(self, exercise: Exercise, code: Path) -> None:
        self._exercise = exercise
        # As Python names it, which follows links.
        self._code = code.resolve()

    def name(self, file: str) -> str:
        """Return how to name a file of the overlaid step, by its path inside it."""
        if self._is_theirs(file):
            return self._exercise.shown(file)
        return f"steps/{self._exercise.step.name}/{file}"

    def translate(self, text: str) -> str:
        """Return a log in which the copies' paths are those of the originals."""
        inside = re.escape(f"{self._code}/")
        return re.sub(rf"{inside}([\w./-]+)", lambda match: self.name(match[1]), text)

    def _is_theirs(self, file: str) -> bool:
        return (self._exercise.path / file).is_file()

    def place(self, path: str, line: int, function: str = "") -> Place | None:
        """Return a line of the overlaid step; None for a file that is not in it."""
        try:
            file = Path(path).relative_to(self._code).as_posix()
        except ValueError:
            return None
        return Place(self.name(file), line, function, self._is_theirs(file))

    def stacks(self, text: str) -> list[Place]:
        """Return where threads were in the attendee's files, by the stacks in a log."""
        found: list[Place] = []
        looking = False
        for line in text.splitlines():
            if THREAD.match(line):
                looking = True
            elif looking and (place := self._frame(FRAME, line)) and place.theirs:
                # Of one thread only the innermost: it comes first.
                looking = False
                if place not in found:
                    found.append(place)
        return found

    def errors(self, text: str) -> list[str]:
        """Return what was raised and where, by the tracebacks in a log; the last one first."""
        found = []
        for places, error in self._tracebacks(text):
            theirs = [place for place in places if place.theirs]
            if places:
                found.append(f"{(theirs or places)[-1]}: {error}")
        return list(dict.fromkeys(reversed(found)))

    def _tracebacks(self, text: str) -> Iterator[tuple[list[Place], str]]:
        places: list[Place] | None = None
        for line in text.splitlines():
            if line.rstrip().endswith(TRACEBACK):
                places = []
            elif places is not None:
                if place := self._frame(FRAME, line) or self._frame(SYNTAX, line):
                    places.append(place)
                elif not line.startswith((" ", "\t", "|")) and ERROR.match(line):
                    yield places, line
                    places = None

    def _frame(self, pattern: re.Pattern[str], line: str) -> Place | None:
        match = pattern.match(line)
        if match is None:
            return None
        groups = match.groupdict()
        return self.place(groups["path"], int(groups["line"]), groups.get("function", ""))
