"""Runs a command with the services of a step: `python -m course with-services N -- command ...`.

For the tests of a step, which need a broker and a database but not the step.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence

from course.catalog import Step
from course.errors import CourseError
from course.runner import Cancelled, live_services

PASSED_ON = (signal.SIGTERM, signal.SIGHUP)


def run(step: Step, command: Sequence[str]) -> int:
    """Run `command` in the step's directory, return its exit code (as a shell counts it).

    CourseError when a service does not come up or the command cannot be run.
    """
    stopped: list[int] = []
    children: list[subprocess.Popen[bytes]] = []

    def stop(signum: int, _: object) -> None:
        stopped.append(signum)
        # Ctrl-C the command has got from the terminal.
        if signum in PASSED_ON:
            for child in children:
                child.send_signal(signum)

    signals = (signal.SIGINT, *PASSED_ON)
    before = {signum: signal.signal(signum, stop) for signum in signals}
    try:
        with live_services(step, cancelled=lambda: bool(stopped)) as variables:
            try:
                child = subprocess.Popen(command, cwd=step.path, env=os.environ | variables)
            except OSError as error:
                raise CourseError(f"{command[0]} cannot be run: {error.strerror}") from None
            children.append(child)
            # What came while it was being started has not reached it.
            for signum in stopped:
                child.send_signal(signum)
            code = child.wait()
    except Cancelled:
        return 128 + stopped[0]
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
    return 128 - code if code < 0 else code
