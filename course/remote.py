"""Speaks to a step that runs in the foreground of another terminal (`make step-N`).

A request to restart the process `web` is the file `restart/web` in the step's data directory. The
runner renames it to `web.done`, or to `web.failed` with the reason in it.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from course import leftovers
from course.catalog import PROCESS, Step
from course.errors import CourseError
from course.processes import wait_until
from course.runner import VARIABLES_FILE

FOLDER = "restart"


def find(step: Step) -> dict[str, str]:
    """Return the variables of the running step; CourseError when it does not run."""
    if leftovers.is_held(step.data_dir):
        try:
            return json.loads((step.data_dir / VARIABLES_FILE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise CourseError(
                f"Step {step.number} is not ready yet: wait until its terminal says what to open."
            ) from None
    raise CourseError(
        f"Step {step.number} is not running: start it with make step-{step.number} in another "
        "terminal."
    )


def which(step: Step) -> Step:
    """Return the step as it runs: on networks of its own (`make hosts-N`), or as it is."""
    return step.apart if leftovers.is_held(step.apart.data_dir) else step


def flask(step: Step, arguments: Sequence[str]) -> int:
    """Run a `flask` command of the running step beside it, with its variables; the exit code.

    CourseError when the step does not run.
    """
    command = [sys.executable, "-m", "flask", "--app", "podium", *arguments]
    variables = find(which(step))
    return subprocess.run(command, cwd=step.path, env=os.environ | variables).returncode


def restart(step: Step, name: str, timeout: float = 60) -> None:
    """Have a process of the running step restarted, and wait until that is done.

    CourseError when the step does not run, the process does not exist or does not come up again,
    or it takes longer than `timeout` seconds.
    """
    find(step)
    if not PROCESS.fullmatch(name):
        raise CourseError(f"{name!r} is not the name of a process.")
    folder = step.data_dir / FOLDER
    folder.mkdir(exist_ok=True)
    request, done, failed = (folder / f"{name}{suffix}" for suffix in ("", ".done", ".failed"))
    with (folder / ".lock").open("w") as lock:
        # One asker at a time: an answer is for the one who has asked.
        fcntl.flock(lock, fcntl.LOCK_EX)
        for outcome in (done, failed):
            outcome.unlink(missing_ok=True)
        request.touch()
        wait_until(
            lambda: done.exists() or failed.exists() or not leftovers.is_held(step.data_dir),
            timeout,
        )
        request.unlink(missing_ok=True)
        if failed.exists():
            raise CourseError(failed.read_text(encoding="utf-8"))
        if not done.exists():
            find(step)
            raise CourseError(
                f"Step {step.number} has not restarted {name} within {timeout:.0f} s: look at its "
                "terminal."
            )


def requests(data_dir: Path) -> list[str]:
    """Return the names of the processes that somebody wants restarted."""
    folder = data_dir / FOLDER
    return [p.name for p in folder.glob("*") if PROCESS.fullmatch(p.name)]


def answer(data_dir: Path, name: str, error: str = "") -> None:
    """Say that a request was carried out, or why not."""
    request = data_dir / FOLDER / name
    # With the reason inside before it has its new name. The asker may have given up by now.
    if request.exists():
        request.write_text(error, encoding="utf-8")
        request.replace(request.with_name(name + (".failed" if error else ".done")))


def forget(data_dir: Path) -> None:
    """Forget requests that an earlier run has not seen."""
    shutil.rmtree(data_dir / FOLDER, ignore_errors=True)
