"""What exercises there are: reads exercises/NN-name/exercise.toml, complains about mistakes."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from course import catalog
from course.catalog import CatalogError, Step
from course.errors import CourseError
from course.paths import ROOT

DIRECTORY = catalog.DIRECTORY
HINTS = 3
SECONDS = 20  # that one test of a check may take, unless the exercise says otherwise


@dataclass(frozen=True)
class Exercise:
    """A task on a step: the files to edit, hints, and the check.

    `files` are paths inside the step, with slashes; they lie under the same paths in `path`, as
    does every file that the attendee adds.
    `minutes` is how long it takes, `seconds` how long one test of its check may take. `fails` are
    words of the assertion with which the check refuses the files as they are handed out.
    `tests` names files of the step's own tests, as in test_<name>.py, that its solution has to pass
    beside the quick ones; `replaces` are tests, of the step or the contract, that the task itself
    makes untrue.
    """

    number: int
    path: Path
    title: str
    minutes: int
    files: tuple[str, ...]
    hints: tuple[str, ...]
    fails: str
    seconds: int = SECONDS
    tests: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The directory's name, for example 04-rate-limit."""
        return self.path.name

    @property
    def root(self) -> Path:
        """The checkout that it is in."""
        return self.path.parent.parent

    @cached_property
    def step(self) -> Step:
        """The step that it builds on; CourseError when there is none."""
        return catalog.find(self.number, self.root)

    @property
    def check(self) -> Path:
        """The tests that look at what was done."""
        return self.path / "check"

    @property
    def starters(self) -> Path:
        """The files as they are handed out, for whoever wants to begin afresh."""
        return self.path / ".starter"

    @property
    def solution(self) -> Path:
        """The same files, solved."""
        return self.root / "solutions" / self.name

    @property
    def data_dir(self) -> Path:
        """Where checks work."""
        return self.root / ".data" / "exercises" / self.name

    def shown(self, file: str) -> str:
        """Return how messages name one of its files."""
        return f"exercises/{self.name}/{file}"


def load(root: Path = ROOT) -> list[Exercise]:
    """Return all exercises in order; CatalogError lists every mistake found."""
    exercises, mistakes = [], []
    for path in directories(root):
        try:
            exercises.append(read(path))
        except CatalogError as error:
            mistakes.append(str(error))
    if mistakes:
        raise CatalogError("\n".join(mistakes))
    return exercises


def find(number: int, root: Path = ROOT) -> Exercise:
    """Return exercise `number`; CourseError when there is none."""
    by_number = {int(path.name[:2]): path for path in directories(root)}
    if number not in by_number:
        raise CourseError(f"There is no exercise {number}; {existing(root)}.")
    return read(by_number[number])


def existing(root: Path = ROOT) -> str:
    """Say in words which exercises there are."""
    numbers = [int(path.name[:2]) for path in directories(root)]
    if not numbers:
        return f"there are no exercises in {root / 'exercises'}"
    if len(numbers) > 1 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"the exercises are {numbers[0]} to {numbers[-1]}"
    return "the exercises are " + ", ".join(map(str, numbers))


def directories(root: Path) -> list[Path]:
    """Return the directories of exercises, in order."""
    parent = root / "exercises"
    if not parent.is_dir():
        return []
    return sorted(p for p in parent.iterdir() if p.is_dir() and DIRECTORY.fullmatch(p.name))


def read(path: Path) -> Exercise:
    """Read the exercise.toml of the exercise in `path`."""
    shown = f"exercises/{path.name}/exercise.toml"
    try:
        values = tomllib.loads((path / "exercise.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CatalogError(f"{shown}: the file is missing; every exercise has one") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogError(f"{shown}: not valid TOML: {error}") from None
    mistakes = [f"{shown}: {mistake}" for mistake in _mistakes(values)]
    if mistakes:
        raise CatalogError("\n".join(mistakes))
    return Exercise(
        number=int(path.name[:2]),
        path=path,
        title=values["title"],
        minutes=values["minutes"],
        files=tuple(values["files"]),
        hints=tuple(values["hints"]),
        fails=values["fails"],
        seconds=values.get("seconds", SECONDS),
        tests=tuple(values.get("tests", ())),
        replaces=tuple(values.get("replaces", ())),
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_minutes(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 10 <= value <= 20


def _is_seconds(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 60


def _is_paths(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and len(set(map(str, value))) == len(value)
        and all(_is_text(path) and _is_inside(path) for path in value)
    )


def _is_inside(path: str) -> bool:
    """Whether a path cannot lead out of the step."""
    return not re.search(r"^/|\\|(^|/)\.\.?(/|$)", path)


def _are_tests(value: Any) -> bool:
    return isinstance(value, list) and all(_is_text(n) and n.startswith("test_") for n in value)


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(_is_text(n) and n.isidentifier() for n in value)


def _are_hints(value: Any) -> bool:
    return isinstance(value, list) and len(value) == HINTS and all(map(_is_text, value))


# The keys of an exercise.toml: what each has to be, in code and in words, and whether it must be.
KEYS = {
    "title": (_is_text, "a text that is not empty", True),
    "minutes": (_is_minutes, "a whole number of minutes, 10 to 20", True),
    "files": (_is_paths, 'a list of paths inside the step, for example ["podium/tasks.py"]', True),
    "hints": (_are_hints, f"a list of {HINTS} texts, none empty", True),
    "fails": (_is_text, "words of the assertion that the starter fails with", True),
    "tests": (_are_names, 'a list of names, for example ["jobs"]', False),
    "replaces": (_are_tests, "a list of names of tests", False),
    "seconds": (_is_seconds, "a whole number of seconds, 1 to 60", False),
}


def _mistakes(values: dict[str, Any]) -> list[str]:
    """Return what is wrong with the content of an exercise.toml, one sentence each."""
    mistakes = []
    for key, (check, expected, required) in KEYS.items():
        if key not in values:
            if required:
                mistakes.append(f"key {key!r} is missing; expected {expected}")
        elif not check(values[key]):
            mistakes.append(f"key {key!r} is {values[key]!r}; expected {expected}")
    for key in values.keys() - KEYS.keys():
        mistakes.append(f"key {key!r} is unknown; the keys are {', '.join(KEYS)}")
    return mistakes
