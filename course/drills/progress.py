"""What a drill says while it runs: lines, and on a terminal one live line of counts below them."""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.console import Console
from rich.status import Status

from course.drills.load import Load
from course.processes import POLL

REFRESH = 0.25  # seconds


class Progress:
    """Says what goes on. To be used with `with`, which clears the live line."""

    def __init__(self, out: Console) -> None:
        self.out = out
        # Plain lines only where colour is not wanted: a live line is cursor movements.
        self._status: Status | None = (
            out.status("") if out.is_terminal and not out.no_color else None
        )

    def __enter__(self) -> Progress:
        if self._status:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()

    def say(self, text: str) -> None:
        """Print a line."""
        self.out.print(text)

    def live(self, text: str) -> None:
        """Show `text` in the live line, if there is one."""
        if self._status:
            self._status.update(text)

    def wait(
        self,
        condition: Callable[[], bool],
        seconds: float,
        what: Callable[[], str] | str = "",
    ) -> bool:
        """Look at `condition` until it holds, showing `what` meanwhile; False when time is up."""
        deadline = time.monotonic() + seconds
        refresh = 0.0
        while not condition():
            now = time.monotonic()
            if now > deadline:
                return False
            if now > refresh:
                refresh = now + REFRESH
                self.live(what if isinstance(what, str) else what())
            time.sleep(POLL)
        return True

    def load(self, load: Load, what: str, seconds: float | None = None) -> None:
        """Show the counts of a load for `seconds`, or to its end."""
        end = float("inf") if seconds is None else seconds
        self.wait(lambda: not load.running, end, lambda: f"{what}: {_counts(load)}")


def _counts(load: Load) -> str:
    records = list(load.records)
    failed = sum(not record.ok for record in records)
    retried = sum(record.tries - 1 for record in records)
    worst = max((record.seconds for record in records), default=0)
    return f"{len(records):,} answered, {failed} failed, {retried} retried, worst {worst:.2f} s"
