"""What a drill found: rows with counts, figures and targets, the table of them, the exit code."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from rich.table import Table
from rich.text import Text

from course.drills.plan import Record

PASSED, MISSED, INVALID = 0, 1, 2
COUNTS = ("sent", "failed", "retried", "lost", "duplicated")


@dataclass
class Row:
    """One thing that a drill looked at.

    Counts that are None do not apply. `zero` names those whose target is 0. `figure` and `target`
    are in words; `missed` says that the figure misses the target. A row with a reason in `invalid`
    counts neither way.
    """

    scene: str
    figure: str = ""
    target: str = ""
    missed: bool = False
    sent: int | None = None
    failed: int | None = None
    retried: int | None = None
    lost: int | None = None
    duplicated: int | None = None
    zero: tuple[str, ...] = ()
    invalid: str | None = None

    def too_many(self) -> list[str]:
        """Return the counts that should be 0 and are not."""
        return [name for name in self.zero if getattr(self, name)]

    @property
    def bad(self) -> bool:
        """Whether a target of this row is missed."""
        return self.invalid is None and (self.missed or bool(self.too_many()))


@dataclass
class Report:
    """All rows of a drill."""

    title: str
    rows: list[Row] = field(default_factory=list)

    def add(self, row: Row) -> Row:
        self.rows.append(row)
        return row

    @property
    def exit_code(self) -> int:
        """0 when every target is met, 1 when one is missed, 2 when a measurement is not valid."""
        if any(row.bad for row in self.rows):
            return MISSED
        return INVALID if any(row.invalid for row in self.rows) else PASSED


def counts(records: Iterable[Record]) -> dict[str, int]:
    """Return how many requests were sent, failed, and were sent again, as fields of a Row."""
    records = list(records)
    return {
        "sent": len(records),
        "failed": sum(not record.ok for record in records),
        "retried": sum(record.tries - 1 for record in records),
    }


def seconds(value: float) -> str:
    """Return a duration in words: milliseconds below one second."""
    if math.isnan(value):
        return "none"
    if math.isinf(value):
        return "never"
    return f"{value * 1000:,.0f} ms" if value < 1 else f"{value:,.1f} s"


def ratio(before: float, after: float) -> float:
    """Return how many times `after` is lower than `before`; nan when either was not measured."""
    return before / after if after else math.nan


def below(value: float, at_least: float) -> bool:
    """Whether a ratio misses its target; one that was not measured does."""
    return not value >= at_least


def table(report: Report) -> Table:
    """Return the rows as a table; columns of counts that no row has are left out."""
    shown = [name for name in COUNTS if any(getattr(row, name) is not None for row in report.rows)]
    table = Table(title=report.title, title_justify="left")
    table.add_column("scene")
    for name in shown:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("figure")
    table.add_column("target")
    for row in report.rows:
        cells = [Text(row.scene), *(_count(row, name) for name in shown), Text(row.figure)]
        table.add_row(*cells, _target(row), style="red" if row.bad else "")
    return table


def _count(row: Row, name: str) -> Text:
    value = getattr(row, name)
    if value is None:
        return Text("")
    return Text(f"{value:,}", style="bold red" if row.bad and name in row.too_many() else "")


def _target(row: Row) -> Text:
    if row.invalid:
        return Text(f"not valid: {row.invalid}", style="yellow")
    parts = [row.target] if row.target else []
    if row.zero:
        parts.append(f"0 {' / '.join(row.zero)}")
    text = ", ".join(parts)
    return Text(f"{text}: missed" if row.bad else text)
