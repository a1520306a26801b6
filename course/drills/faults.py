"""The faults that a drill injects into a running step."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from course.drills.stage import Stage
from course.errors import CourseError
from course.processes import children
from course.runner import Running


def kill_child(stage: Stage, server: Running, name: str) -> None:
    """Kill one child of a process with SIGKILL: a worker of its pool."""
    pids = children(server.processes[name].pid)
    if not pids:
        raise CourseError(f"{name} has no child process to kill.")
    os.kill(pids[-1], signal.SIGKILL)
    stage.progress.say(f"  kill -9 of process {pids[-1]}, one of {len(pids)} that {name} started")


def kill(stage: Stage, server: Running, name: str) -> None:
    """Kill a process and all its children with SIGKILL."""
    stage.progress.say(f"  kill -9 of {name}, all of it")
    server.kill(name)


def start(stage: Stage, server: Running, name: str) -> float:
    """Start a process again; return how many seconds passed until it was ready."""
    began = time.monotonic()
    server.start(name)
    took = time.monotonic() - began
    stage.progress.say(f"  {name} is started again")
    return took


@contextmanager
def standing_still(stage: Stage, server: Running, name: str) -> Iterator[None]:
    """Stop a process and what it has started (SIGSTOP) for as long as the `with` lasts."""
    pid = server.processes[name].pid
    # First who starts others. Not the group: PostgreSQL's processes have a session each.
    _signal([pid], signal.SIGSTOP)
    pids = [pid, *children(pid)]
    _signal(pids, signal.SIGSTOP)
    stage.progress.say(f"  SIGSTOP of {name}, {len(pids)} processes")
    try:
        yield
    finally:
        _signal(pids, signal.SIGCONT)
        stage.progress.say("  SIGCONT")


def _signal(pids: list[int], signum: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signum)
