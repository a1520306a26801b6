"""Ends what a runner started when the runner itself was killed: `python -m course.watchdog`.

Reads `+group` and `-group` lines from standard input, which the runner holds open. The end of the
input means that the runner has ended, in whatever way; groups that are still noted are then ended,
their children included. Directories given as arguments are deleted after that.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from course.paths import ROOT
from course.processes import group_alive, signal_group, wait_until


class Watchdog:
    """The runner's side."""

    def __init__(self, remove: Path | None = None) -> None:
        arguments = [str(remove)] if remove else []
        # A session of its own: Ctrl-C and the loss of the terminal must not reach it.
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "course.watchdog", *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def watch(self, group: int) -> None:
        """End this process group should the runner end without saying `forget`."""
        self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        """This group has ended."""
        self._tell(f"-{group}\n")

    def close(self) -> None:
        """Let the watchdog go."""
        with contextlib.suppress(BrokenPipeError):
            self._popen.stdin.close()
        self._popen.wait()

    def _tell(self, line: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._popen.stdin.write(line.encode())
            self._popen.stdin.flush()


def main() -> None:
    """Wait for the runner's end."""
    groups: set[int] = set()
    for line in sys.stdin:
        change = groups.add if line[0] == "+" else groups.discard
        change(int(line[1:]))
    for signum, seconds in ((signal.SIGTERM, 5), (signal.SIGKILL, 2)):
        for group in groups:
            signal_group(group, signum)
        if wait_until(lambda: not any(map(group_alive, groups)), seconds):
            break
    for directory in sys.argv[1:]:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
