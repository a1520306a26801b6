"""Runs the sessions of a page that are of one step."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from course import catalog
from course.paths import ROOT
from course.processes import tail
from course.runner import Running, live
from course.sessions import place
from course.sessions.addresses import Addresses, free_pair
from course.sessions.bash import Bash
from course.sessions.lines import difference, matches
from course.sessions.pages import Command, Session
from course.supervisor import Supervisor

SECONDS = 20  # that one command may take; the start of the step has three times as long
ASKS_STATUS = re.compile(r"echo \"?\$\?\"?")
COOKIE = re.compile(r"^([<\s]*Set-Cookie: *[^=;\s]+=)[^;\s]+", re.IGNORECASE)


@dataclass(frozen=True)
class Outcome:
    """What a command really printed; `problem` is why that is not known, or not all."""

    command: Command
    printed: tuple[str, ...] = ()
    status: int | None = None
    problem: str = ""


@dataclass(frozen=True)
class Played:
    """How the sessions of one step went, in their order, and what its processes logged last."""

    outcomes: dict[Session, list[Outcome]]
    log: str


def play(
    number: int, sessions: Sequence[Session], root: Path = ROOT, *, seconds: float = SECONDS
) -> Played:
    """Start step `number` and run the commands of the sessions in one shell, against it.

    `seconds` is what one command may take; a machine that is busy otherwise needs more.

    CourseError when there is no such step, StepFailed when it does not come up.
    """
    with place.copy(root) as here:
        step = catalog.find(number, here.root)
        # Where `make step-N` keeps its data: the other commands of the copy find it there.
        starting = live(
            step,
            free_pair(),
            step.data_dir,
            # Nobody needs the data any more.
            impatient=lambda: True,
            timeout=3 * max(seconds, SECONDS),
        )
        with starting as running:
            supervisor = Supervisor(running, say=lambda line: None)
            addresses = Addresses(*(urlsplit(u).port for u in (running.url, running.slow_site_url)))
            shell = Bash(here.root, here.env)
            here.watchdog.watch(shell.pid)
            try:
                runner = _Runner(shell, addresses, supervisor, seconds)
                outcomes = {
                    session: [runner.run(command) for command in session.commands]
                    for session in sessions
                }
            finally:
                shell.close()
                here.watchdog.forget(shell.pid)
            return Played(outcomes, _log(running))


class _Runner:
    """Runs one command after the other, until one ends the shell."""

    def __init__(
        self, shell: Bash, addresses: Addresses, supervisor: Supervisor, seconds: float
    ) -> None:
        self._shell = shell
        self._addresses = addresses
        self._supervisor = supervisor
        self._seconds = seconds
        self._ended_by: Command | None = None

    def run(self, command: Command) -> Outcome:
        if self._ended_by:
            why = f"not run: the command in line {self._ended_by.line} ended the session"
            return Outcome(command, problem=why)
        typed = self._addresses.live(command.text)
        printed = self._shell.run(typed, self._seconds, self._supervisor.look)
        if not self._shell.alive:
            self._ended_by = command
        text = self._addresses.readers(printed.text)
        lines = tuple(map(without_cookie, text.splitlines()))
        return Outcome(command, lines, printed.status, printed.problem)


def without_cookie(line: str) -> str:
    """Return a line with `…` for the value of a cookie: no page has to hold one."""
    return COOKIE.sub(r"\1…", line)


def problems(session: Session, outcomes: Sequence[Outcome], page: str) -> list[str]:
    """Return what is not as the page shows it, each with its place, command and a diff."""
    found = []
    following = [*session.commands[1:], None]
    for outcome, after in zip(outcomes, following, strict=True):
        command = outcome.command
        where = f"{page}:{command.line}: $ {command.text}"
        if outcome.problem:
            printed = "\n".join(outcome.printed)
            found.append(f"{where}\n{outcome.problem}" + (f"\n{tail(printed)}" if printed else ""))
        elif not matches(command.shown, outcome.printed):
            found.append(f"{where}\n{difference(command.shown, outcome.printed)}")
        elif outcome.status and not command.shown and not _asks_status(after):
            found.append(
                f"{where}\nit failed (status {outcome.status}) and the page shows nothing of it; "
                "if it is meant to, show $ echo $? next"
            )
    return found


def _asks_status(command: Command | None) -> bool:
    return command is not None and bool(ASKS_STATUS.search(command.text))


def _log(running: Running) -> str:
    """Return the last lines of the step's processes, each under its name."""
    return "\n".join(f"{name}:\n{tail(running.log(name))}" for name in running.names)
