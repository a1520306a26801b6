"""What differs in one file between two steps, as rows; for pages and slides."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import TypeVar

from course import catalog, changes
from course.catalog import Step
from course.changes import Change
from course.errors import CourseError
from course.site import source

CONTEXT = 3  # unchanged lines shown around a change
SAME, REMOVED, ADDED = " ", "-", "+"
Pair = tuple[int | None, int | None]
Line = TypeVar("Line")


@dataclass(frozen=True)
class Row:
    """A line of a unified diff; `old` and `new` are its places in the two texts, from 0."""

    sign: str
    old: int | None
    new: int | None


@dataclass(frozen=True)
class Piece:
    """Two texts that are compared: a whole file, or a symbol of it; "" where it is not there."""

    old: str
    new: str

    def hunks(self) -> Iterator[list[Row]]:
        """Yield groups of rows, each with some unchanged lines around what changed."""
        old = self.old.splitlines()
        for group in self._groups():
            rows: list[Row] = []
            for tag, i1, i2, j1, j2 in group:
                if tag == "equal":
                    rows += [Row(SAME, i, i - i1 + j1) for i in range(i1, i2)]
                else:
                    rows += [Row(REMOVED, i, None) for i in range(i1, i2)]
                    rows += [Row(ADDED, None, j) for j in range(j1, j2)]
            yield _trimmed(rows, lambda row: row.sign == SAME and not old[row.old].strip())

    def columns(self) -> Iterator[list[tuple[Pair, bool]]]:
        """Yield the same groups as pairs of places side by side, and whether they are the same."""
        old = self.old.splitlines()
        for group in self._groups():
            pairs = [
                (pair, tag == "equal")
                for tag, i1, i2, j1, j2 in group
                for pair in zip_longest(range(i1, i2), range(j1, j2))
            ]
            yield _trimmed(pairs, lambda pair: pair[1] and not old[pair[0][0]].strip())

    def _groups(self) -> Iterator[list[tuple[str, int, int, int, int]]]:
        matcher = difflib.SequenceMatcher(
            None, self.old.splitlines(), self.new.splitlines(), autojunk=False
        )
        return matcher.get_grouped_opcodes(CONTEXT)


def _trimmed(rows: list[Line], is_blank: Callable[[Line], bool]) -> list[Line]:
    """Return a group without blank lines at its ends, which show no context."""
    first, last = 0, len(rows)
    while first < last and is_blank(rows[first]):
        first += 1
    while last > first and is_blank(rows[last - 1]):
        last -= 1
    return rows[first:last]


@dataclass(frozen=True)
class FileDiff:
    """What differs in a file of `step`: of all of it, or of the symbols that were asked for."""

    before: Step
    step: Step
    change: Change
    symbols: tuple[str, ...]
    pieces: tuple[Piece, ...]


def all_changes(step: Step) -> list[Change]:
    """Return what differs between a step and the one before, in the order of its [changes]."""
    if step.number == 1:
        return []
    found = changes.with_moves(changes.compare(previous(step), step), step.moved)
    return changes.in_declared_order(found, step.changes)


def previous(step: Step) -> Step:
    """Return the step before; CourseError for the first."""
    if step.number == 1:
        raise CourseError("step 1 is the first: there is nothing before it to compare to")
    return catalog.find(step.number - 1, step.path.parent.parent)


def of_file(step: Step, file: str, names: tuple[str, ...] = ()) -> FileDiff:
    """Return what step `step` changed in a file, or in the symbols `names` of it.

    CourseError when nothing did, when a symbol is in neither of the two or does not differ, or when
    the file is no text.
    """
    before = previous(step)
    change = next((each for each in all_changes(step) if each.path == file), None)
    if change is None:
        raise CourseError(f"step {step.number} does not change {file!r}")
    old = source.read(before, change.came_from or file) if change.old else ""
    new = source.read(step, file) if change.new else ""
    if not names:
        return FileDiff(before, step, change, (), (Piece(old, new),))
    pieces = []
    for name in names:
        was = source.named(old, change.came_from or file, name) if change.old else None
        now = source.named(new, file, name) if change.new else None
        if was is None and now is None:
            raise CourseError(f"{file} has no {name!r}, neither in step {step.number} nor before")
        if was == now:
            raise CourseError(f"{name!r} of {file} is in step {step.number} what it was before")
        pieces.append(Piece(was or "", now or ""))
    return FileDiff(before, step, change, names, tuple(pieces))
