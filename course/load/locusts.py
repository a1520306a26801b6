"""Runs Locust on a step and reads what it measured."""

from __future__ import annotations

import math
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from course.drills.progress import Progress
from course.errors import CourseError
from course.load.result import SETTLE, Result, read, written
from course.paths import ROOT
from course.processes import Process, tail

WARM_UP = 3  # seconds that do not count, once all are there
FEW = 1000  # people of one process
COMING = 100  # people a second: more at once is another test
STARTED_WITHIN = 20  # seconds
STOP = 2  # seconds in which what is under way may end
ENDS = 3  # seconds that Locust takes to start and to end
WRITTEN_WITHIN = 20  # seconds, by processes that have thousands of connections to close
LINK = "/page/1?key={key}&delay=0.5"


def run(
    url: str,
    step: int,
    file: Path,
    users: int,
    seconds: float,
    progress: Progress,
    what: str,
    *,
    slow_site: str = "",
    options: tuple[str, ...] = (),
    processes: int = 1,
    halfway: Callable[[], object] | None = None,
    warm_up: float | None = None,
    settle: float = SETTLE,
) -> Result:
    """Put a load on a step for `seconds` after the warm-up and return what was measured.

    `slow_site` is where links lead, `options` are more of Locust's, `processes` how many of its
    processes share the users. `halfway` is called in the middle. `warm_up` is in seconds, by
    default what so many users take; what is asked within `settle` seconds of the end need not be
    heard. CourseError when Locust fails.
    """
    with tempfile.TemporaryDirectory(prefix="course-load-") as directory:
        log = Path(directory) / "locust.log"
        warm_up = warm_up_of(users) if warm_up is None else warm_up
        command = [sys.executable, "-m", "locust", "-f", str(file), "--headless", "--only-summary"]
        command += ["--host", url, "--step", str(step), "--journal", directory]
        command += ["--users", str(users), "--spawn-rate", str(min(COMING, users))]
        run_time = math.ceil(warm_up + seconds)
        command += ["--run-time", f"{run_time}s", "--stop-timeout", str(STOP)]
        command += ["--exit-code-on-error", "0", *options]
        if slow_site:
            command += ["--link", slow_site + LINK]
        if processes > 1:
            command += ["--processes", str(processes)]
        process = Process("locust", command, cwd=ROOT, env=dict(os.environ), log=log)
        process.start()
        try:
            _attend(process, warm_up, seconds, progress, what, halfway)
            if process.exit_code:
                raise CourseError(f"Locust failed:\n{tail(process.text())}")
            # The first process ends before those that it has started.
            progress.wait(
                lambda: len(written(Path(directory))) >= processes,
                WRITTEN_WITHIN,
                f"{what}: closing connections",
            )
            return read(written(Path(directory)), warm_up, processes, settle)
        finally:
            process.kill()


def warm_up_of(users: int) -> float:
    """Return for how many seconds after the start nothing counts: until all are there, and more."""
    return WARM_UP + users / COMING


def duration(users: int, seconds: float) -> float:
    """Return about how many seconds a run takes."""
    return ENDS + warm_up_of(users) + seconds


def _attend(
    process: Process,
    warm_up: float,
    seconds: float,
    progress: Progress,
    what: str,
    halfway: Callable[[], object] | None,
) -> None:
    """Wait for the end of a run, and do what is due in its middle."""
    began = time.monotonic()

    def ended() -> bool:
        return not process.alive

    def said() -> str:
        return f"{what}: {time.monotonic() - began:.0f} s of about {warm_up + seconds:.0f} s"

    if halfway and not progress.wait(ended, warm_up + seconds / 2, said):
        halfway()
    limit = STARTED_WITHIN + warm_up + seconds + 2 * STOP - (time.monotonic() - began)
    if not progress.wait(ended, max(1, limit), said):
        raise CourseError(f"Locust did not end within {time.monotonic() - began:.0f} s.")
