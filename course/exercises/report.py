"""What a check says: each test in plain words as it ends, then what to do next."""

from __future__ import annotations

import textwrap

from rich.console import Console
from rich.text import Text

from course.exercises.catalog import HINTS, Exercise
from course.exercises.checker import Outcome
from course.exercises.records import ASSERTION, ERROR, HANG, PASSED, START, Record

MARKS = {
    PASSED: ("✓ works   ", "green"),
    ASSERTION: ("✗ not yet ", "red"),
    ERROR: ("✗ breaks  ", "bold red"),
    HANG: ("✗ hangs   ", "bold red"),
    START: ("✗ no start", "bold red"),
}
INDENT = " " * 13


def title(exercise: Exercise, out: Console) -> None:
    """Say which exercise this is."""
    say(out, Text(f"Exercise {exercise.number}: {exercise.title}", style="bold"))


def line(record: Record, out: Console) -> None:
    """Say how a test went, and why where it did not pass."""
    mark, style = MARKS[record.kind]
    say(out, Text.assemble("  ", (mark, style), f" {record.sentence}"))
    for part in (record.message, *record.notes):
        if part and not record.passed:
            say(out, Text(textwrap.indent(part.rstrip(), INDENT)))


def outcome(exercise: Exercise, result: Outcome, hints: int, out: Console) -> None:
    """Say how the check went as a whole, and what to do next; `hints` have been shown."""
    number = exercise.number
    if result.problem:
        say(out, Text(result.problem, style="red"))
    if result.passed:
        say(out, Text(f"All of it works ({result.seconds:.0f} s).", style="bold green"))
        say(out, Text(f"make solution-{number} shows our way beside yours, and another one."))
        return
    works = sum(record.passed for record in result.records)
    if result.records:
        summary = f"{works} of {len(result.records)} work"
        if result.records[-1].kind in (HANG, START):
            summary += "; what comes after that was not tried"
        say(out, Text(f"{summary} ({result.seconds:.0f} s).", style="bold"))
    files = ", ".join(exercise.files)
    say(out, Text(f"Edit in exercises/{exercise.name}/: {files}. Then make check-{number} again."))
    if hints < HINTS:
        left = HINTS - hints
        say(out, Text(f"Stuck? make hint-{number} ({left} hint{'s' * (left > 1)} left)."))
    else:
        say(out, Text(f"Stuck? FORCE=1 make solution-{number} shows our solution."))


def say(out: Console, text: Text) -> None:
    """Print without folding: a terminal does that, and a log has no width."""
    out.print(text, soft_wrap=True)
