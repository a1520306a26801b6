"""Load on a running step: starts the generator, hears what became of each request, sums it up."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import IO, Self

from course.drills.plan import Effort, Record, Stream
from course.errors import CourseError
from course.paths import ROOT

# Beyond this share of its one core a generator measures itself as much as the server.
BUSY = 0.7
# So late is too late for a request that was due, and so many of them are too many.
LATE = 0.1
TOO_MANY_LATE = 0.05


class Load:
    """Requests that are being sent; to be used with `with`, which ends them.

    `seconds` None goes on until `stop`. `records` grows as answers come.
    """

    def __init__(self, url: str, *streams: Stream, seconds: float | None = None) -> None:
        self.url = url
        self.streams = streams
        self.seconds = seconds
        self.records: list[Record] = []
        self.effort: Effort | None = None
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._errors: IO[str] | None = None

    def __enter__(self) -> Self:
        # Not a pipe: nobody reads it meanwhile, and who has much to say would have to wait.
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "course.drills.generator"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            # Ctrl-C is for us; the generator ends with its input.
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        plan = {
            "url": self.url,
            "seconds": self.seconds,
            "streams": [asdict(stream) for stream in self.streams],
        }
        self._process.stdin.write(json.dumps(plan) + "\n")
        self._process.stdin.flush()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        with self._errors:
            if kind is None:
                self.stop()
            else:
                self._process.kill()
                self._process.wait()

    @property
    def running(self) -> bool:
        """Whether there is more to come."""
        return self._reader is not None and self._reader.is_alive()

    def stop(self) -> None:
        """Send no more and wait for what is under way; CourseError when the generator failed."""
        if not self._process.stdin.closed:
            self._process.stdin.close()
        self._reader.join()
        if self._process.wait() or self.effort is None:
            self._errors.seek(0)
            raise CourseError(f"The load generator failed:\n{self._errors.read()[-2000:]}")

    def of(self, name: str) -> list[Record]:
        """Return the records of one stream, so far."""
        return [record for record in list(self.records) if record.stream == name]

    def _read(self) -> None:
        for line in self._process.stdout:
            values = json.loads(line)
            if "effort" in values:
                self.effort = Effort(**values["effort"])
            else:
                self.records.append(Record(**values))


def percentile(values: Iterable[float], percent: float) -> float:
    """Return the value that `percent` of all values do not exceed; nan when there are none."""
    ordered = sorted(values)
    if not ordered:
        return math.nan
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def times(records: Iterable[Record]) -> list[float]:
    """Return how long the answers took that were as expected, in seconds."""
    return [record.seconds for record in records if record.ok]


def problems(records: Iterable[Record]) -> str:
    """Return what went wrong, the most frequent first, in a few words; empty when nothing did."""
    seen = Counter(record.problem for record in records if not record.ok)
    return ", ".join(f"{count} x {problem}" for problem, count in seen.most_common(3))


def bottleneck(load: Load) -> str | None:
    """Say why a load measured the generator and not the server; None when it did not."""
    effort = load.effort
    share = effort.cpu / effort.wall if effort and effort.wall else 0
    if share > BUSY:
        return f"the load generator was the bottleneck: it used {share:.0%} of a core"
    due = [record for stream in load.streams if stream.rate for record in load.of(stream.name)]
    late = sum(record.late > LATE for record in due)
    if due and late / len(due) > TOO_MANY_LATE:
        return (
            f"the load generator could not keep up: {late} of {len(due)} requests were sent more "
            f"than {LATE:g} s late"
        )
    return None


def share(loads: Sequence[Load]) -> float:
    """Return how much of one core the generator used, 0 to 1."""
    efforts = [load.effort for load in loads if load.effort]
    wall = sum(effort.wall for effort in efforts)
    return sum(effort.cpu for effort in efforts) / wall if wall else 0
