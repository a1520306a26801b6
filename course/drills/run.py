"""Plays the drill of a step: its scenes in order, or those that were asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import httpx
from rich.console import Console

from course.catalog import Step
from course.drills.progress import Progress
from course.drills.report import Report, Row, table
from course.drills.stage import Skipped, Stage
from course.errors import CourseError
from course.load import provenance
from course.load.keep import keep
from course.load.scenario import FOLDER

RESULTS = FOLDER / "results"
LOG_WIDTH = 130
Scene = Callable[[Stage], None]


def drill(
    step: Step,
    only: Sequence[str],
    seconds: float | None,
    out: Console,
    results: Path | None = None,
) -> int:
    """Play the drill of a step, print its table, return the exit code.

    0: all targets are met. 1: one is missed. 2: a measurement is not valid, or CourseError.
    `seconds` None takes the drill's own length of a measurement. `results` is where the site and
    the slides find what was found; None keeps nothing. Half a drill is not kept.
    """
    if results and only:
        raise CourseError("KEEP keeps a whole drill: leave ONLY out.")
    module = module_of(step)
    scenes = chosen(module.SCENES, only, getattr(module, "LONG", {}))
    outcome = play(module.TITLE, scenes, seconds or module.SECONDS, out)
    if outcome.report.rows:
        if not out.is_terminal:
            out.width = LOG_WIDTH
        out.print(table(outcome.report))
    if outcome.error:
        raise outcome.error
    if results:
        keep(as_json(outcome.report), results / f"drill-{step.number}.json")
    return outcome.report.exit_code


def as_json(report: Report) -> dict[str, object]:
    """Return all rows of a drill, with where they come from."""
    return asdict(report) | {"provenance": provenance.here()}


@dataclass
class Outcome:
    """A report, and why it is not whole, if so."""

    report: Report
    error: CourseError | None = None


def module_of(step: Step) -> ModuleType:
    """Return the module with a step's drill; CourseError when it has none."""
    name = f"course.drills.step{step.number}"
    if find_spec(name) is None:
        raise CourseError(f"Step {step.number} has no drill; the first that has one is step 7.")
    return import_module(name)


def chosen(
    scenes: dict[str, Scene], only: Sequence[str], long: dict[str, Scene]
) -> dict[str, Scene]:
    """Return the scenes that `only` names; when it is empty, all but the long ones.

    CourseError for a name that is no scene.
    """
    every = scenes | long
    for name in only:
        if name not in every:
            raise CourseError(f"{name!r} is no scene of this drill; choose {', '.join(every)}.")
    return {name: every[name] for name in every if name in only} if only else scenes


def play(title: str, scenes: dict[str, Scene], seconds: float, out: Console) -> Outcome:
    """Play scenes one after the other and return what they found.

    A step that does not start or come back ends the drill; what was found until then is kept.
    """
    report = Report(title)
    with ExitStack() as stack:
        progress = stack.enter_context(Progress(out))
        stage = Stage(report, progress, seconds, stack)
        for number, (name, scene) in enumerate(scenes.items(), start=1):
            progress.say(f"{number}/{len(scenes)} {name}: {_summary(scene)}")
            try:
                scene(stage)
            except Skipped as reason:
                stage.add(Row(name, f"skipped: {reason}"))
            except CourseError as error:
                return Outcome(report, error)
            except httpx.HTTPError as error:
                reason = str(error).partition("\n")[0] or type(error).__name__
                return Outcome(report, CourseError(f"Scene {name} could not go on: {reason}"))
    return Outcome(report)


def _summary(scene: Scene) -> str:
    return (scene.__doc__ or "").strip().partition("\n")[0].rstrip(".")
