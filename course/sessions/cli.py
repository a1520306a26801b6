"""`python -m course sessions PAGE`: for authors. Parses and prints."""

from __future__ import annotations

from pathlib import Path

import click

from course.errors import CourseError
from course.paths import ROOT
from course.sessions import pages, run, write
from course.sessions.pages import Page, Session
from course.sessions.run import Outcome


@click.command("sessions")
@click.argument("page", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--write", "into", is_flag=True, help="Put what is printed into the page.")
@click.option("--seconds", type=float, default=run.SECONDS, help="What a command may take.")
def sessions(page: Path, into: bool, seconds: float) -> None:
    """Run the console sessions of a page, show what each command prints (maintainers).

    With --write what is printed goes into the page. Where the page was right it stays as it is,
    with its `…`. For that the sessions are run twice: what differs between the runs becomes `…`.
    Read the result: what varies from day to day, or from machine to machine, looks the same twice.
    """
    found = pages.read(page)
    if found.mistakes:
        raise CourseError("\n".join(f"{page}:{line}: {what}" for line, what in found.mistakes))
    if not found.sessions:
        raise CourseError(f"{page} has no console session.")
    first = _play(found, seconds)
    wrong = _report(page, first)
    if into:
        _check(page, first)
        text = page.read_text(encoding="utf-8")
        new = write.updated(text, first, _play(found, seconds))
        page.write_text(new, encoding="utf-8")
        print(f"{page} written." if new != text else f"{page} was right.")
    elif wrong:
        raise CourseError(f"{wrong} of {len(first)} sessions are not what happens.")
    else:
        print(f"All {len(first)} sessions are what happens.")


def _play(page: Page, seconds: float) -> dict[Session, list[Outcome]]:
    outcomes: dict[Session, list[Outcome]] = {}
    for step in page.steps:
        outcomes |= run.play(step, page.of(step), ROOT, seconds=seconds).outcomes
    return outcomes


def _report(page: Path, outcomes: dict[Session, list[Outcome]]) -> int:
    """Print each session as it happened and what is wrong with it; return how many are wrong."""
    wrong = 0
    for session in sorted(outcomes, key=lambda session: session.line):
        print(f"{page}:{session.line}: step {session.step}")
        for outcome in outcomes[session]:
            print(f"  $ {outcome.command.text}")
            for line in outcome.printed:
                print(f"  {line}")
        if problems := run.problems(session, outcomes[session], str(page)):
            wrong += 1
            print("\n  Not what the page shows:\n\n" + "\n\n".join(problems))
        print()
    return wrong


def _check(page: Path, outcomes: dict[Session, list[Outcome]]) -> None:
    """CourseError when a command has not ended: what it printed until then is nothing to show."""
    for each in outcomes.values():
        for outcome in each:
            if outcome.problem:
                raise CourseError(
                    f"{page}:{outcome.command.line}: {outcome.problem}; nothing written."
                )
