"""Thousands who listen to a talk, at one server or several: see counting, which does it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from typing import IO, Self

from course.drills.followers import SOCKETS
from course.drills.plan import Effort
from course.drills.progress import Progress
from course.errors import CourseError
from course.paths import ROOT

REPORTED_WITHIN = 30  # seconds, of a program that is at the end of its strength


class Crowd:
    """Listeners at the servers `urls`, told of a talk from a cursor on; to be used with `with`.

    `times` is when each question was heard since the crowd last grew, by its key, in seconds of the
    monotonic clock, as far as `listen` knows. `twice` counts what one client was told again, `gone`
    the clients that lost their connection. `effort` is what the program has needed meanwhile.
    """

    def __init__(self, urls: Sequence[str], talk: str, after: str) -> None:
        self.plan = {"urls": list(urls), "path": SOCKETS, "talk": talk, "after": after}
        self.size = self.there = self.twice = self.gone = self._reports = 0
        self.times: dict[str, list[float]] = {}
        self.effort = Effort(0, 0)

    def __enter__(self) -> Self:
        # Not a pipe: nobody reads it meanwhile, and who has much to say would have to wait.
        self._errors: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "course.drills.counting"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            # Ctrl-C is for us; this program ends with its input.
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._say(**self.plan)
        return self

    def __exit__(self, *_: object) -> None:
        with self._errors:
            self._process.kill()
            self._process.wait()
            self._reader.join()

    def grow(self, progress: Progress, size: int, patience: float) -> None:
        """Be `size` listeners; CourseError when not all are there within `patience` seconds."""
        self._say(grow=size - self.size)
        self.size = size
        there = progress.wait(
            lambda: self.there >= size or not self._alive,
            patience,
            lambda: f"{self.there:,} of {size:,} are there",
        )
        if not (there and self._alive):
            raise self._failure(f"{self.there:,} of {size:,} listeners came in {patience} s.")
        self.listen(progress)
        self.times, self.effort = {}, Effort(0, 0)

    def listen(self, progress: Progress) -> None:
        """Add what was heard meanwhile; CourseError when nobody says it."""
        known = self._reports
        self._say(report=True)
        progress.wait(lambda: self._reports > known or not self._alive, REPORTED_WITHIN)
        if self._reports == known:
            raise self._failure(f"The listeners have not said within {REPORTED_WITHIN} s what is.")

    @property
    def _alive(self) -> bool:
        return self._process.poll() is None

    def _failure(self, what: str) -> CourseError:
        self._errors.seek(0)
        return CourseError(f"{what}\n{self._errors.read()[-2000:]}".strip())

    def _say(self, **command: object) -> None:
        try:
            self._process.stdin.write(json.dumps(command) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._failure("The program of the listeners has ended.") from None

    def _read(self) -> None:
        for line in self._process.stdout:
            values = json.loads(line)
            if "there" in values:
                self.there = values["there"]
                continue
            for key, times in values["heard"].items():
                self.times.setdefault(key, []).extend(times)
            self.twice, self.gone = values["twice"], values["gone"]
            self.effort.cpu += values["effort"]["cpu"]
            self.effort.wall += values["effort"]["wall"]
            self._reports += 1
