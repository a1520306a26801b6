"""Whether a cascade can begin or go on: what was left by the last run, and what is in the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from course.cascade import merge, state, write
from course.cascade.plan import NOT_CARRIED
from course.cascade.state import State, Stop, edge, unit
from course.cascade.trees import Repository, Tree, on_disk
from course.catalog import Step
from course.errors import CourseError
from course.exercises import starters
from course.exercises.catalog import Exercise
from course.exercises.overlay import is_overlay


def resume(repository: Repository, number: int, base: str | None) -> State | None:
    """Return the cascade of step `number` that goes on; None when a new one begins.

    `base` is the commit that the reader named. CourseError when another cascade waits, or when
    this one cannot go on.
    """
    found = state.load(repository.root)
    if found is None:
        return None
    if found.head and (found.start != number or found.head != repository.commit("HEAD")):
        # It is finished, and what it has written was committed, or counts as anybody's change.
        return None
    if found.start != number:
        where = f"waits at {found.stop.unit}" if found.stop else "was interrupted"
        raise CourseError(
            f"The cascade of step {found.start} {where}: make cascade FROM={found.start} goes on, "
            f"ABORT=1 make cascade FROM={found.start} takes it back."
        )
    if base and found.base != repository.commit(base):
        raise CourseError(
            f"This cascade began at {repository.short(found.base)}: go on without BASE, or "
            f"ABORT=1 make cascade FROM={number} takes it back."
        )
    return None if _is_taken_back(repository.root, found) else found


def markers(root: Path, stop: Stop) -> dict[str, list[int]]:
    """Return in which files, and lines, there is a conflict that is not solved."""
    found = {}
    for path in stop.marked:
        file = write.now(root, path)
        lines = ((file and file.text) or "").split("\n")
        if here := [number for number, line in enumerate(lines, 1) if merge.is_start(line)]:
            found[path] = here
    return found


def refuse_other_changes(
    repository: Repository,
    known: State,
    steps: Mapping[int, Step],
    now: Mapping[int, Tree],
    exercises: Mapping[int, Exercise],
) -> None:
    """CourseError when a step that the cascade has not reached has changes of somebody's."""
    found: list[str] = []
    for number, step in steps.items():
        later = number > known.start
        if later and edge(number - 1, number) not in known.carried:
            found += uncommitted(repository, f"steps/{step.name}", now[number])
        exercise = exercises.get(number)
        if exercise and edge(number) not in known.carried:
            if changed := starters.changed(exercise):
                raise CourseError(
                    f"{exercise.shown(changed[0])} is not as it is handed out: "
                    f"make reset-exercise-{number} keeps yours and puts it back."
                )
            if later:
                found += _uncommitted_overlay(repository, exercise)
    if found:
        more = f" and {len(found) - 1} more are" if len(found) > 1 else " is"
        raise CourseError(
            f"{found[0]}{more} not as committed: commit or stash what is in later steps first."
        )


def uncommitted(
    repository: Repository,
    where: str,
    now: Tree,
    wanted: Callable[[str], bool] = lambda name: True,
) -> list[str]:
    """Return the files of a directory that differ from the last commit, by path in the checkout."""
    committed = repository.tree("HEAD", where, wanted)
    names = {change.path for change in merge.changes(committed, now)} - NOT_CARRIED
    return [f"{where}/{name}" for name in sorted(names)]


def changed_steps(repository: Repository, steps: Iterable[Step]) -> list[int]:
    """Return the numbers of the steps that differ from the last commit."""
    return [
        step.number
        for step in steps
        if uncommitted(repository, f"steps/{step.name}", on_disk(step.path))
    ]


def _uncommitted_overlay(repository: Repository, exercise: Exercise) -> list[str]:
    found: list[str] = []
    for path in (exercise.path, exercise.solution):
        where = path.relative_to(repository.root).as_posix()
        found += uncommitted(repository, where, on_disk(path, is_overlay), is_overlay)
    return found


def _is_taken_back(root: Path, found: State) -> bool:
    """Whether nothing is left of a cascade; CourseError when only some of it is.

    Where it waits, and where somebody has decided, it is theirs to put a file back.
    """
    units: dict[str, list[bool]] = {}
    for path, one in found.written.items():
        theirs = one.by_hand or (found.stop is not None and found.stop.unit == unit(path))
        if one.before != one.after and not theirs:
            units.setdefault(unit(path), []).append(write.now(root, path) == one.before)
    gone = [name for name, back in units.items() if all(back)]
    if gone and len(gone) < len(units):
        raise CourseError(
            f"{gone[0].capitalize()} is as it was before the cascade, others are not: "
            f"ABORT=1 make cascade FROM={found.start} takes all of it back."
        )
    return bool(gone)
