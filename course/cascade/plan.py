"""What a change of one step means for the next step, and for the exercise on that step."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from course.cascade import merge
from course.cascade.merge import Change, Outcome
from course.cascade.trees import File, Tree, on_disk
from course.catalog import Step
from course.exercises.catalog import Exercise
from course.exercises.overlay import ORIGINALS, is_overlay

# What describes a step is its own, and its lock is written by `make lock`.
NOT_CARRIED = {"step.toml", "requirements.txt"}


@dataclass(frozen=True)
class Part:
    """What becomes of the files in one directory of the checkout; `who` is, for example, step 4."""

    who: str
    where: str
    outcomes: list[Outcome]

    @property
    def writes(self) -> dict[str, File | None]:
        """The new contents by path in the checkout, None where a file goes."""
        return {
            f"{self.where}/{path}": file
            for outcome in self.outcomes
            for path, file in outcome.writes.items()
        }


@dataclass(frozen=True)
class Plan:
    """What a change means for a step or an exercise.

    `also` are files that follow from the others, by path in the checkout.
    """

    parts: list[Part]
    also: Mapping[str, File | None] = field(default_factory=dict)

    @property
    def stops(self) -> list[tuple[Part, Outcome]]:
        """What somebody has to decide."""
        return [(part, each) for part in self.parts for each in part.outcomes if each.stops]

    @property
    def writes(self) -> dict[str, File | None]:
        """All new contents by path in the checkout."""
        return {path: file for part in self.parts for path, file in part.writes.items()} | dict(
            self.also
        )


def carried(before: Tree, after: Tree) -> list[Change]:
    """Return what a step that has changed hands on."""
    return [each for each in merge.changes(before, after) if each.path not in NOT_CARRIED]


def for_step(source: Step, step: Step, before: Tree, after: Tree, ours: Tree) -> Plan:
    """Return what it means for `step` that `source` has changed from `before` to `after`."""
    names = (f"step {source.number}", f"step {step.number}")
    outcomes = [
        merge.carry(change, ours, moved=step.moved, origin=before, names=names)
        for change in carried(before, after)
    ]
    return Plan([Part(names[1], f"steps/{step.name}", outcomes)])


def for_exercise(
    exercise: Exercise, before: Tree, after: Tree, overlay: Tree, solved: Tree
) -> Plan:
    """Return what it means for an exercise that its step has changed from `before` to `after`.

    `overlay` are the exercise's files, `solved` those of its solution. While a conflict is open
    nothing new is handed out: settle() makes up for that.
    """
    changed = carried(before, after)
    number, origin = exercise.number, f"step {exercise.number}"
    parts = []
    for where, tree, name in (
        (f"exercises/{exercise.name}", overlay, f"exercise {number}"),
        (f"solutions/{exercise.name}", solved, f"solution {number}"),
    ):
        concerned = [change for change in changed if _concerns(change, tree)]
        outcomes = [
            merge.carry(change, tree, moved={}, origin=before, names=(origin, name))
            for change in concerned
        ]
        parts.append(Part(name, where, outcomes))
    mine = parts[0]
    if not mine.outcomes or any(outcome.stops for outcome in mine.outcomes):
        return Plan(parts)
    made = dict(overlay)
    for outcome in mine.outcomes:
        made |= outcome.writes
    return Plan(parts, handed_out(exercise, {n: f for n, f in made.items() if f}, after))


def handed_out(exercise: Exercise, overlay: Tree, step: Tree) -> dict[str, File | None]:
    """Return the exercise's .starter/ for these files, by path in the checkout."""
    where = f"exercises/{exercise.name}/.starter"
    old = on_disk(exercise.starters, is_overlay)
    files: dict[str, File | None] = {
        f"{where}/{name}": None for name in old.keys() - overlay.keys()
    }
    files |= {f"{where}/{name}": file for name, file in overlay.items() if old.get(name) != file}
    lines = [
        f"{hashlib.sha256(step[name].content).hexdigest()}  {name}\n"
        for name in sorted(overlay)
        if name in step
    ]
    return files | {f"{where}/{ORIGINALS}": File("".join(lines).encode())}


def _concerns(change: Change, tree: Tree) -> bool:
    return change.path in tree or (change.was or change.path) in tree
