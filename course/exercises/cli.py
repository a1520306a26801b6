"""The commands of the exercises, for `python -m course`. Parses and prints."""

from __future__ import annotations

import contextlib
import os
import re
import sys

import click
from rich.console import Console
from rich.text import Text

from course import console, diff, foreground, ports
from course.errors import CourseError
from course.exercises import catalog, checker, progress, report, solution, starters, watch
from course.exercises.catalog import HINTS, Exercise
from course.exercises.state import State
from course.paths import ROOT


class ExerciseNumber(click.ParamType):
    """An argument that names an exercise by its number."""

    name = "exercise"

    def convert(self, value, param, ctx):
        """Return the Exercise; CourseError when there is none."""
        if isinstance(value, Exercise):
            return value
        if not re.fullmatch(r"[0-9]{1,3}", value):
            raise CourseError(f"{value!r} is not an exercise's number; {catalog.existing()}.")
        return catalog.find(int(value))


argument = click.argument("exercise", type=ExerciseNumber())


@click.command("check")
@argument
def check_(exercise: Exercise) -> None:
    """Check an exercise: what works, what does not yet."""
    sys.exit(0 if checked(exercise, console.output()) else 1)


@click.command("hint")
@argument
def hint(exercise: Exercise) -> None:
    """Show one more hint."""
    state, out = State(exercise.root), console.output()
    shown = min(state.of(exercise.number).hints + 1, HINTS)
    for number, text in enumerate(exercise.hints[:shown], start=1):
        style = "bold" if number == shown else "dim"
        report.say(out, Text(f"Hint {number} of {HINTS}: {text.strip()}", style=style))
    state.hinted(exercise.number, shown)
    if shown == HINTS:
        report.say(out, Text("That was the last hint."))


@click.command("solution")
@argument
@click.option("--force", is_flag=True, help="Also before yours works (FORCE=1).")
@click.option("--side-by-side", is_flag=True, help="Two columns (or SIDE=1 in the environment).")
def solution_(exercise: Exercise, force: bool, side_by_side: bool) -> None:
    """Show our solution, and what differs from the attendee's."""
    number, out = exercise.number, console.output()
    passed = State(exercise.root).of(number).passed
    if not (passed or force or os.environ.get("FORCE")):
        raise CourseError(
            f"Exercise {number} does not pass yet: make check-{number} says what is missing, "
            f"make hint-{number} helps; FORCE=1 make solution-{number} shows our solution anyway."
        )
    side = side_by_side or bool(os.environ.get("SIDE"))
    diff.show(solution.render(exercise, side_by_side=side, width=out.width), out)


@click.command("run-exercise")
@argument
def run_exercise(exercise: Exercise) -> None:
    """Serve the step with the attendee's files on $PORT (8000) until Ctrl-C."""
    port = ports.parse(os.environ.get("PORT") or foreground.DEFAULT_PORT)
    step = checker.served(exercise)
    foreground.serve(step, port, console.output())


@click.command("reset-exercise")
@argument
def reset_exercise(exercise: Exercise) -> None:
    """Put the files of an exercise back as they were handed out."""
    changed = starters.changed(exercise)
    backup = starters.reset(exercise)
    State(exercise.root).forget(exercise.number)
    if not changed:
        print(f"Exercise {exercise.number} is as it was handed out; nothing to put back.")
        return
    print(f"Put back: {', '.join(map(exercise.shown, changed))}")
    if backup:
        print(f"Yours are kept in {backup.relative_to(exercise.root)}/")


@click.command("watch")
@argument
def watch_(exercise: Exercise) -> None:
    """Check an exercise now and whenever one of its files is saved, until Ctrl-C."""
    out = console.output()
    seen = watch.stamp(exercise)
    while True:
        try:
            checked(exercise, out)
        except CourseError as error:
            report.say(out, Text(str(error), style="red"))
        report.say(out, Text("Waiting for you to save a file; Ctrl-C ends it.", style="dim"))
        seen = watch.wait(exercise, seen)
        out.rule(style="dim")


@click.command("progress")
def progress_() -> None:
    """Show all exercises, done and open."""
    out = console.output()
    out.print(progress.table(catalog.load(), State(ROOT)))


@click.command("starters")
@click.option("--write", is_flag=True, help="Hand out the files of all exercises as they are now.")
def starters_(write: bool) -> None:
    """Check that each exercise's files are as they are handed out (maintainers)."""
    exercises = catalog.load()
    findings = []
    for exercise in exercises:
        if write:
            findings += [f"wrote {exercise.shown(file)}" for file in starters.write(exercise)]
        else:
            findings += map(exercise.shown, starters.changed(exercise))
    for finding in findings:
        print(finding)
    if findings and not write:
        raise CourseError(
            f"{len(findings)} files are not as they are handed out. If you have worked on the "
            "exercise, make reset-exercise-N keeps yours and puts them back; if this is how they "
            "are to be handed out, run .venv/bin/python -m course starters --write"
        )
    if not findings:
        print("All exercises are as they are handed out.")


def checked(exercise: Exercise, out: Console) -> bool:
    """Check an exercise, print what works and what is next, note it when all does."""
    state = State(exercise.root)
    report.title(exercise, out)
    # A live line is cursor movements: only where those are wanted.
    live = out.is_terminal and not out.no_color
    with out.status("starting the step ...") if live else contextlib.nullcontext():
        result = checker.check(exercise, say=lambda record: report.line(record, out))
    report.outcome(exercise, result, state.of(exercise.number).hints, out)
    if result.passed:
        state.passed(exercise.number)
        following = next((e for e in catalog.load(exercise.root) if not _done(e, state)), None)
        if following:
            report.say(out, Text(f"Next: {following.shown('README.md')}, {following.title}."))
    # Imported here: most commands do without a client.
    from course.board import report as board

    board.checked(exercise.root, exercise.number, result.passed, out)
    return result.passed


def _done(exercise: Exercise, state: State) -> bool:
    return state.of(exercise.number).passed is not None


COMMANDS = (
    check_,
    hint,
    solution_,
    run_exercise,
    reset_exercise,
    watch_,
    progress_,
    starters_,
)
