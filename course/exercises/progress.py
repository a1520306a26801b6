"""`make progress`: all exercises, done and open."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from course.exercises import starters
from course.exercises.catalog import Exercise
from course.exercises.state import State


def table(exercises: list[Exercise], state: State) -> Table:
    """Return the exercises with how far each is."""
    done = sum(state.of(exercise.number).passed is not None for exercise in exercises)
    title = f"{done} of {len(exercises)} exercises done"
    table = Table(box=None, padding=(0, 2, 0, 0), title=title, title_justify="left")
    for column in ("", "exercise", "minutes", "", "hints"):
        table.add_column(column, justify="right" if column in ("minutes", "hints") else "left")
    for exercise in exercises:
        hints = state.of(exercise.number).hints
        table.add_row(
            str(exercise.number),
            exercise.title,
            str(exercise.minutes),
            how_far(exercise, state),
            str(hints) if hints else "",
        )
    return table


def how_far(exercise: Exercise, state: State) -> Text:
    """Say in a word or two how far an exercise is."""
    if passed := state.of(exercise.number).passed:
        return Text(f"✓ done {passed[:10]}", style="green")
    if starters.changed(exercise):
        return Text("begun", style="yellow")
    return Text("open", style="dim")
