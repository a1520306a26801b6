"""Writes the frame of a new step: a copy of the last one, and all that belongs to a step."""

from __future__ import annotations

import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from course import catalog
from course.catalog import DIRECTORY, Step
from course.errors import CourseError
from course.exercises import catalog as exercises
from course.exercises import starters
from course.files import files
from course.scaffold import texts
from course.unfinished import MARK, NAMELESS

SCENARIOS = Path("loadtests", "scenarios.toml")
SITE = Path("mkdocs.yml")
# The file that the exercise of a new step holds at first, where the step has it.
FIRST_TO_EDIT = "podium/config.py"


@dataclass(frozen=True)
class Wanted:
    """What is known of a new step; None is marked as still to be written.

    `name` is the directory's; None: the next number and a name to be replaced. `minutes` is class
    time as it was given.
    """

    name: str | None = None
    title: str | None = None
    problem: str | None = None
    pattern: str | None = None
    part: str | None = None
    minutes: str | None = None


@dataclass(frozen=True)
class Made:
    """A new step: its number and name, and the files beside the copied ones, by path."""

    number: int
    name: str
    before: int
    files: list[str]


def write(root: Path, wanted: Wanted) -> Made:
    """Write the frame of the next step; CourseError, and nothing written, when it cannot be."""
    last = catalog.load(root)[-1]
    name = _name(wanted.name, last)
    minutes = _minutes(wanted.minutes)
    number = last.number + 1
    new = _texts(root, wanted, name, number, last, minutes)
    step, appended = root / "steps" / name, {SCENARIOS.as_posix(), SITE.as_posix()}
    for path in [f"steps/{name}", *(path for path in new if path not in appended)]:
        if (root / path).exists():
            raise CourseError(f"{path} is there already: remove it first.")
    if taken := [path for path in exercises.directories(root) if int(path.name[:2]) == number]:
        raise CourseError(f"exercises/{taken[0].name} is there already: remove it first.")
    old = {path: (root / path).read_text(encoding="utf-8") for path in appended & new.keys()}
    try:
        _copy(last, step)
        for path, text in new.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        starters.write(exercises.read(root / "exercises" / name))
    except BaseException:
        _undo(root, name, new, old)
        raise
    return Made(number, name, last.number, sorted(new))


def _name(wanted: str | None, last: Step) -> str:
    """Return the name of the directory; CourseError when it is not that of the next step."""
    number = last.number + 1
    name = wanted or f"{number:02}-{NAMELESS}"
    if not DIRECTORY.fullmatch(name):
        raise CourseError(f"NAME is {name!r}; expected a name such as {number:02}-cache.")
    if int(name[:2]) != number:
        raise CourseError(f"NAME is {name!r}, but the next step is {number}: {number:02}{name[2:]}")
    return name


def _minutes(wanted: str | None) -> int | None:
    if wanted is None:
        return None
    if not wanted.isdecimal():
        raise CourseError(f"MINUTES is {wanted!r}; expected a whole number, e.g. MINUTES=10.")
    return int(wanted)


def _texts(
    root: Path, wanted: Wanted, name: str, number: int, last: Step, minutes: int | None
) -> dict[str, str]:
    """Return the texts to be written, by path in the checkout."""
    title = wanted.title or texts.TITLE
    task = f"{MARK}: the exercise's title"
    file = FIRST_TO_EDIT
    if not (last.path / file).is_file():
        file = next(path for path in files(last.path) if path.endswith(".py"))
    original = (last.path / file).read_text(encoding="utf-8")
    words = name[3:].replace("-", "_")
    values = {"mark": MARK, "number": number, "before": last.number}
    found = {
        f"steps/{name}/step.toml": _step(wanted, last, title, minutes),
        f"loadtests/step{number:02}.py": texts.LOAD_TEST.format(**values),
        f"exercises/{name}/exercise.toml": texts.EXERCISE.format(
            **values, title=texts.quoted(task), file=texts.quoted(file)
        ),
        f"exercises/{name}/README.md": texts.EXERCISE_README.format(**values, title=task),
        f"exercises/{name}/check/test_{words}.py": texts.CHECK.format(**values),
        f"exercises/{name}/{file}": original + texts.TASK.format(**values),
        f"solutions/{name}/README.md": texts.SOLUTION_README.format(**values, title=task),
        f"solutions/{name}/{file}": original,
        f"docs/steps/{name}.md": texts.CHAPTER.format(
            **values, title=title, title_yaml=texts.quoted(title)
        ),
    }
    if (root / SCENARIOS).is_file():
        scenarios = (root / SCENARIOS).read_text(encoding="utf-8")
        found[SCENARIOS.as_posix()] = scenarios + texts.SCENARIO.format(**values)
    if (root / SITE).is_file():
        old, new = (f"- steps/{each}.md\n" for each in (last.name, name))
        lines = (root / SITE).read_text(encoding="utf-8").splitlines(keepends=True)
        found[SITE.as_posix()] = "".join(
            line + line.replace(old, new) if line.strip() == old.strip() else line for line in lines
        )
    return found


def _step(wanted: Wanted, last: Step, title: str, minutes: int | None) -> str:
    """Return the step.toml: what runs is as in the last step, what is told is to be written."""
    quoted, more = texts.quoted, ""
    if last.entry != "web":
        more += f"entry = {quoted(last.entry)}\n"
    if last.ports:
        more += f"ports = {quoted(last.ports)}\n"
    if last.ready != "/healthz":
        more += f"ready = {quoted(last.ready)}\n"
    return texts.STEP.format(
        title=quoted(title),
        pattern=quoted(wanted.pattern or texts.PATTERN),
        part=quoted(wanted.part or last.part),
        minutes=f"0  # {MARK}: class time, exercise included" if minutes is None else minutes,
        problem=quoted(wanted.problem or texts.PROBLEM),
        services=quoted(last.services),
        more=more,
        try_=quoted(f"{MARK}: what to look at, with {{url}} for the address."),
    )


def _copy(last: Step, target: Path) -> None:
    """Copy the files of a step, all but its description; .gitignore leaves out the same."""
    for name, path in files(last.path).items():
        if name == "step.toml":
            continue
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        if path.stat().st_mode & stat.S_IXUSR:
            shutil.copymode(path, copy)


def _undo(root: Path, name: str, new: dict[str, str], old: dict[str, str]) -> None:
    for path in new:
        if path not in old:
            (root / path).unlink(missing_ok=True)
    for place in ("steps", "exercises", "solutions"):
        shutil.rmtree(root / place / name, ignore_errors=True)
    for path, text in old.items():
        (root / path).write_text(text, encoding="utf-8")
