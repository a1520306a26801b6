"""What the scenes of a drill share: the steps that run, the report, how long a load lasts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from course import catalog
from course.drills import machine
from course.drills.people import ENVIRONMENT
from course.drills.progress import Progress
from course.drills.report import Report, Row
from course.runner import Running, live


class Skipped(Exception):
    """A scene that cannot be played here; the message says why."""


@dataclass
class Stage:
    """Given to every scene.

    `seconds` is the length of one measurement; `memory` is what one scene leaves for the next.
    """

    report: Report
    progress: Progress
    seconds: float
    stack: ExitStack
    memory: dict[str, float] = field(default_factory=dict)
    _servers: dict[tuple, Running] = field(default_factory=dict)

    def server(self, number: int, **settings: str) -> Running:
        """Return step `number`, started at the first call, for all scenes that ask alike.

        `settings` are added to its environment.
        """
        key = (number, *sorted(settings.items()))
        if key not in self._servers:
            extra = "".join(f", {name}={value}" for name, value in settings.items())
            self.progress.say(f"starting step {number}{extra}")
            step = catalog.find(number)
            running = live(step, env=ENVIRONMENT | settings, timeout=60)
            self._servers[key] = self.stack.enter_context(running)
        return self._servers[key]

    @contextmanager
    def only(self, number: int, **settings: str) -> Iterator[Running]:
        """Run a step for as long as it is needed: nothing of it is left beside the next."""
        self.progress.say(f"starting step {number}")
        with live(catalog.find(number), env=ENVIRONMENT | settings, timeout=60) as server:
            self.quiet()
            yield server

    def quiet(self) -> str | None:
        """Wait until what was started is done starting; say why a missed target is not valid."""
        busy = machine.quiet(self.progress)
        if busy:
            self.progress.say(f"  {busy}")
        return busy

    def add(self, row: Row) -> None:
        """Add a row to the report and say it."""
        self.report.add(row)
        known = [
            f"{name} {getattr(row, name)}"
            for name in ("failed", "lost", "duplicated")
            if getattr(row, name)
        ]
        self.progress.say("  " + "; ".join([row.scene, *filter(None, [row.figure]), *known]))
