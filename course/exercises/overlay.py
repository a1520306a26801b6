"""A step with an exercise's files laid over it: a copy, brought up to date each time."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from course.catalog import Step
from course.errors import CourseError
from course.exercises.catalog import Exercise
from course.files import files

# What is in an exercise's directory, or a solution's, beside the files of the step.
ORIGINALS = "originals.sha256"
ABOUT = {"README.md", "exercise.toml", ORIGINALS}
BACKUP = "yours-"
BESIDE = ("check/", ".starter/", BACKUP)


def build(exercise: Exercise, target: Path, over: Mapping[str, bytes]) -> Step:
    """Make `target` the step with the files `over` in place of its own; return it as a step.

    `over` has contents by path inside the step. What is there already and right is not touched.
    """
    wanted = {name: path.read_bytes() for name, path in files(exercise.step.path).items()} | over
    for name, path in files(target).items():
        if name not in wanted:
            path.unlink()
    for name, content in wanted.items():
        _put(target / name, content)
    return as_step(exercise, target)


def as_step(exercise: Exercise, code: Path) -> Step:
    """Return the step whose files are in `code`."""
    return replace(exercise.step, path=code)


def read(exercise: Exercise, where: Path) -> dict[str, bytes]:
    """Return the contents of the files under `where`, by path inside the step.

    `where` is the exercise, its starters or its solution. CourseError names a file of the exercise
    that is not there; others may be added.
    """
    for name in exercise.files:
        if not (where / name).is_file():
            raise CourseError(_missing(exercise, where / name))
    return {name: path.read_bytes() for name, path in present(where).items()}


def present(where: Path) -> dict[str, Path]:
    """Return the files to be laid over the step, by path inside it: all but what is about them."""
    return {name: path for name, path in files(where).items() if is_overlay(name)}


def is_overlay(name: str) -> bool:
    """Whether a file of an exercise's directory, or a solution's, is laid over the step."""
    return name not in ABOUT and not name.startswith(BESIDE)


def _missing(exercise: Exercise, path: Path) -> str:
    if path.is_dir():
        return f"{path.relative_to(exercise.root)} is a directory; it has to be a file."
    what = f"{path.relative_to(exercise.root)} is missing."
    if path.is_relative_to(exercise.path):
        what += (
            f" Put it back, or begin afresh: make reset-exercise-{exercise.number} "
            "(what you have is kept)."
        )
    return what


def _put(path: Path, content: bytes) -> None:
    if path.is_file() and path.read_bytes() == content:
        return
    if path.is_dir():
        shutil.rmtree(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    # Python takes a file for unchanged when its size is and it is of the same second.
    for stale in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
        stale.unlink()
