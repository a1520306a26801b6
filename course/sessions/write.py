"""Puts what the commands of a page really print into the page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from course.sessions.lines import ANY, brought_up_to_date, generalised, matches
from course.sessions.pages import PROMPT, Command, Session
from course.sessions.run import Outcome

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def updated(
    text: str,
    first: Mapping[Session, Sequence[Outcome]],
    second: Mapping[Session, Sequence[Outcome]],
    now: datetime | None = None,
) -> str:
    """Return a page's text with what its commands printed in two runs.

    What a page shows rightly stays as it is. Else it becomes what was printed, in which `…` stands
    where it stood before, where the two runs differ, and for every time of today.
    """
    lines = text.splitlines()
    # From the end on, so that the line numbers before it stay right.
    for session in sorted(first, key=lambda session: -session.line):
        body: list[str] = []
        for one, other in zip(first[session], second[session], strict=True):
            body += [*_typed(one.command), *shown(one, other, now)]
        lines[session.line : session.end - 1] = body
    return "\n".join(lines) + "\n"


def shown(first: Outcome, second: Outcome, now: datetime | None = None) -> list[str]:
    """Return what a page should show of a command that was run twice."""
    before = first.command.shown
    if all(matches(before, outcome.printed) for outcome in (first, second)):
        return list(before)
    once, again = (brought_up_to_date(before, outcome.printed) for outcome in (first, second))
    kept = set(before)
    return [
        line if line in kept else _without_times(line, now or datetime.now(UTC))
        for line in generalised(once, again)
    ]


def _typed(command: Command) -> Iterable[str]:
    return (PROMPT + command.text).split("\n")


def _without_times(line: str, now: datetime) -> str:
    """Return a line with `…` for a time of today: tomorrow it is another one."""
    day, month, year = f"{now.day:02}", MONTHS[now.month - 1], now.year
    header = rf"\w{{3}}, {day} {month} {year} \d\d:\d\d:\d\d GMT"
    moment = rf"{year}-{now.month:02}-{day}[T ]\d\d:\d\d[\d:.]*(Z|[+-]\d\d:\d\d)?"
    return re.sub(f"{header}|{moment}", ANY, line)
