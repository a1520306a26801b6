"""What is to be said when all is carried: where it has come to, and what is wrong now."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from course import catalog, drift, lock, words
from course.cascade.state import State, unit
from course.errors import CourseError
from course.exercises import guard
from course.exercises.catalog import Exercise


def reached(known: State) -> str:
    """Return in words which steps and exercises were changed; "" when none was."""
    units = {unit(path) for path, one in known.written.items() if one.before != one.after}
    parts = []
    for kind in ("step", "exercise"):
        found = {int(each.split()[1]) for each in units if each.startswith(kind)}
        if found:
            parts.append(f"{kind}{'s' * (len(found) > 1)} {words.numbers(found)}")
    return ", ".join(parts)


def findings(
    root: Path, known: State, exercises: Mapping[int, Exercise], requirements: bool
) -> list[str]:
    """Return what has to be put right: undeclared differences, exercises, locks.

    `requirements` tells whether a requirements.in has changed.
    """
    found = drift.check(catalog.load(root))
    units = {unit(path) for path in known.written}
    for number, exercise in exercises.items():
        if f"exercise {number}" in units:
            found += _wrong_with(exercise)
    return found + (lock.check(root) if requirements else [])


def _wrong_with(exercise: Exercise) -> list[str]:
    try:
        return guard.texts(exercise)
    except CourseError as error:
        return [str(error)]
