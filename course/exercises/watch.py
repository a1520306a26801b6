"""Waits for the attendee to save a file."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from course.exercises.catalog import Exercise
from course.exercises.overlay import present

LOOK = 0.2  # seconds between two looks

Stamp = dict[str, tuple[int, int] | None]


def stamp(exercise: Exercise) -> Stamp:
    """Return what tells whether the attendee's files have changed."""
    return {name: _stat(path) for name, path in present(exercise.path).items()}


def wait(exercise: Exercise, seen: Stamp, sleep: Callable[[float], None] = time.sleep) -> Stamp:
    """Return the stamp of the files once they differ from `seen` and rest.

    Editors write in more than one go: the file may be gone for a moment, or half there.
    """
    before = seen
    while True:
        sleep(LOOK)
        now = stamp(exercise)
        if now != seen and now == before:
            return now
        before = now


def _stat(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
