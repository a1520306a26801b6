"""Progress with a bar: how much of a long measurement is done."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from course.drills.progress import Progress as Lines


class Bar(Lines):
    """Says what goes on, in lines; on a terminal a bar below them fills. To be used with `with`.

    The work consists of parts: `expect` says how much all of them are, `part` that the next begins.
    """

    def __init__(self, out: Console) -> None:
        super().__init__(out)
        if self._status:
            self._status = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TaskProgressColumn(),
                console=out,
                transient=True,
            )
            self._task = self._status.add_task("", total=None)
        self.done = self._amount = self._seconds = 0.0
        self._began = time.monotonic()

    def expect(self, total: float) -> None:
        """All that is to come, in units of your own."""
        self.done = self._amount = 0.0
        if self._status:
            self._status.update(self._task, total=total)

    def part(self, amount: float, seconds: float) -> None:
        """The part before is done; so much is next, and lasts about so long."""
        self.done += self._amount
        self._amount, self._seconds, self._began = amount, seconds, time.monotonic()
        self._fill()

    def live(self, text: str) -> None:
        """Show `text` beside the bar, if there is one."""
        if self._status:
            self._status.update(self._task, description=text)
            self._fill()

    def _fill(self) -> None:
        if self._status:
            share = min(1.0, (time.monotonic() - self._began) / self._seconds)
            self._status.update(self._task, completed=self.done + share * self._amount)
