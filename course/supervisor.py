"""Keeps the processes of a step in the foreground running, and restarts those it is asked to."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

from course import remote
from course.errors import CourseError
from course.processes import Process, describe_exit, tail
from course.runner import SLOW_SITE, Running

PAUSE = 1  # seconds from a death to the next start
PATIENCE = 3  # so many deaths of one process ...
PERIOD = 30  # ... within so many seconds are the end


class Supervisor:
    """Looks after a running step; `say` is told in a line what happened.

    A step with a single process ends with it: there is nothing left to look at.
    """

    def __init__(self, running: Running, say: Callable[[str], None]) -> None:
        self._running = running
        self._say = say
        self._deaths: dict[str, list[float]] = {}
        self._due: dict[str, float] = {}
        remote.forget(running.data_dir)

    def look(self) -> None:
        """Do what there is to do now.

        CourseError when a process has ended that is not to be started again, or not any more.
        """
        now = time.monotonic()
        for name, process in self._running.processes.items():
            if name != SLOW_SITE and name not in self._due and not process.alive:
                self._died(name, process, now)
        for name in [name for name, due in self._due.items() if due <= now]:
            del self._due[name]
            self._running.start(name, timeout=0)
        for name in remote.requests(self._running.data_dir):
            self._restart(name)

    def _died(self, name: str, process: Process, now: float) -> None:
        # Its children may have outlived it.
        process.send(signal.SIGKILL)
        process.close()
        deaths = [then for then in self._deaths.get(name, []) if now - then < PERIOD] + [now]
        self._deaths[name] = deaths
        how = describe_exit(process.exit_code)
        number = self._running.step.number
        if len(self._running.names) == 1 or len(deaths) == PATIENCE:
            often = f", {PATIENCE} times in {PERIOD} s" if len(deaths) == PATIENCE else ""
            raise CourseError(
                f"Step {number} stopped: {name} {how}{often}. "
                f"The end of its log:\n{tail(process.text())}"
            )
        self._say(f"{name} {how}; it is started again in {PAUSE} s.")
        self._due[name] = now + PAUSE

    def _restart(self, name: str) -> None:
        """Restart a process because another command asks for it."""
        self._say(f"Restarting {name}, as asked by another command.")
        self._due.pop(name, None)
        try:
            self._running.restart(name)
        except CourseError as error:
            self._say(f"{name} was not restarted: {error}")
            remote.answer(self._running.data_dir, name, str(error))
        else:
            remote.answer(self._running.data_dir, name)
