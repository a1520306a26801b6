"""Starts the overlaid step for a check, and finds out where it hangs when it does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from course import leftovers
from course.catalog import Step
from course.exercises.blame import Blame
from course.processes import signal_group, wait_until
from course.runner import Running, live, live_services

HOOKS = Path(__file__).with_name("hooks")
START_SECONDS = 15
# Hashing passwords must not dominate the time of a check: this costs 2 ms instead of 200.
CHEAP = {"PASSWORD_HASH": "scrypt:1024:8:1"}


class Hangs(Exception):
    """Something did not end in time."""


class Stage:
    """What a check has started; each start has its own directory in `runs`."""

    def __init__(self, step: Step, runs: Path, blame: Blame) -> None:
        self.step = step
        self.blame = blame
        self._runs = runs
        self._count = 0
        self._stack = ExitStack()
        self._commands: list[subprocess.Popen] = []
        self._seen: dict[Path, int] = {}

    def start(self, **settings: str) -> Running:
        """Start the step with more settings (without PODIUM_), return it once it answers.

        StepFailed when it does not come up.
        """
        directory = self._directory()
        deadline = time.monotonic() + START_SECONDS - 2
        asked = False

        def give_up() -> bool:
            # Asked again and again while it starts: before it is ended, it says where it is.
            nonlocal asked
            if not asked and time.monotonic() > deadline:
                asked = True
                self.ask_where()
            return False

        return self._stack.enter_context(
            live(
                self.step,
                data_dir=directory,
                env=environment(settings),
                cancelled=give_up,
                # Nobody needs the data any more.
                impatient=lambda: True,
                timeout=START_SECONDS,
            )
        )

    def services(self) -> dict[str, str]:
        """Start only the step's services; return the variables that name them."""
        return self._stack.enter_context(live_services(self.step))

    def run(
        self, *argv: str, seconds: float = 15, **variables: str | None
    ) -> subprocess.CompletedProcess[str]:
        """Run a Python module (`flask`, `locust`) or a file in the step's directory to its end.

        `variables` are added to its environment; with None one is taken out. Hangs when it does
        not end. Returns the exit code and all it printed, as `stdout`.
        """
        log = self._directory() / "logs" / "command.log"
        log.parent.mkdir(parents=True)
        changed = environment({}) | {"PYTHONUNBUFFERED": "1"} | variables
        kept = {name: value for name, value in os.environ.items() if name not in changed}
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, *([] if argv[0].endswith(".py") else ["-m"]), *argv],
                cwd=self.step.path,
                env=kept | {name: value for name, value in changed.items() if value is not None},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._commands.append(process)
        try:
            if not wait_until(lambda: process.poll() is not None, seconds):
                self.ask_where()
                raise Hangs(f"`{' '.join(argv)}` has not ended after {seconds:.0f} seconds")
        finally:
            signal_group(process.pid, signal.SIGKILL)
            process.wait()
            self._commands.remove(process)
        text = self.blame.translate(log.read_text(encoding="utf-8", errors="replace"))
        return subprocess.CompletedProcess(argv, process.returncode, text)

    def ask_where(self) -> None:
        """Let every process print to its log where its threads are, and wait until they have."""
        before = self._sizes()
        groups = {process.pid for process in self._commands}
        for directory in self._runs.glob("*"):
            groups |= {one.pid for one in leftovers.stale(directory)}
        for group in groups:
            signal_group(group, signal.SIGURG)
        # Nothing tells who is going to answer; it takes milliseconds, until the logs rest.
        wait_until(lambda: self._sizes() != before, 0.5)
        wait_until(self._rests(), 1)

    def mark(self) -> None:
        """From here on `news` begins."""
        self._seen = self._sizes()

    def news(self) -> str:
        """Return what the processes have logged since `mark`."""
        parts = []
        for path, size in self._sizes().items():
            with path.open("rb") as file:
                file.seek(self._seen.get(path, 0))
                parts.append(file.read(size).decode("utf-8", "replace"))
        return "\n".join(parts)

    def close(self) -> None:
        """End all that was started."""
        self._stack.close()

    def _directory(self) -> Path:
        self._count += 1
        return self._runs / str(self._count)

    def _rests(self) -> Callable[[], bool]:
        """Return what tells, asked again and again, whether the logs have stopped growing."""
        looks: deque[dict[Path, int]] = deque(maxlen=5)

        def rests() -> bool:
            looks.append(self._sizes())
            return len(looks) == looks.maxlen and all(look == looks[0] for look in looks)

        return rests

    def _sizes(self) -> dict[Path, int]:
        return {path: path.stat().st_size for path in sorted(self._runs.glob("*/logs/*.log"))}


def environment(settings: dict[str, str]) -> dict[str, str]:
    """Return settings as variables, with and without the prefix of later steps, and our hooks."""
    settings = CHEAP | settings
    return (
        settings
        | {f"PODIUM_{name}": value for name, value in settings.items()}
        | {"PYTHONPATH": str(HOOKS)}
    )
