"""Ends what a runner started when the runner itself was killed: `python -m course.watchdog`.

Reads `+group`, `+group signal` and `-group` lines from standard input, which the runner holds open.
The end of the input means that the runner has ended, in whatever way; groups that are still noted
are then ended, their children included: services, which have a signal of their own, after the
others. Networks of `course.netns` that `+net name` has announced, and `-net name` has not taken
back, are removed after that, directories given as arguments deleted.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from course import netns
from course.paths import ROOT
from course.processes import end_groups


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

    def watch(self, group: int, service: int | None = None) -> None:
        """End this process group should the runner end without saying `forget`.

        `service` is the signal that stops it, if it is a service: it is then ended last.
        """
        self._tell(f"+{group}\n" if service is None else f"+{group} {service:d}\n")

    def forget(self, group: int) -> None:
        """This group has ended."""
        self._tell(f"-{group}\n")

    def watch_network(self, name: str) -> None:
        """Remove this network of `course.netns` too."""
        self._tell(f"+net {name}\n")

    def forget_network(self, name: str) -> None:
        """This network is no more."""
        self._tell(f"-net {name}\n")

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
    programs: dict[int, int] = {}
    services: dict[int, int] = {}
    networks: set[str] = set()
    for line in sys.stdin:
        if line[1:].startswith("net "):
            (networks.add if line[0] == "+" else networks.discard)(line.split()[1])
            continue
        group, *signum = map(int, line[1:].split())
        programs.pop(group, None)
        services.pop(group, None)
        if line[0] == "+" and signum:
            services[group] = signum[0]
        elif line[0] == "+":
            programs[group] = signal.SIGTERM
    end_groups(programs)
    end_groups(services)
    for name in networks:
        netns.remove(name)
    for directory in sys.argv[1:]:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
