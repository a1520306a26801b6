"""What a load has measured: read from the journals of Locust's processes."""

from __future__ import annotations

import json
import math
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from course.drills.load import percentile
from course.errors import CourseError

BUSY = 0.8  # of a core: a process of the generator that needs more is what is measured
LATE = 0.1  # seconds: the generator comes too late to what is due
SETTLE = 3  # seconds within which a question should have been heard


@dataclass
class Result:
    """One measurement, without its warm-up. Times are in seconds.

    `requests` are `(end, took, ok)` by name. `fresh` are the times from the answer to a question
    until somebody had it, infinite for who never did. `cpu` is the share of a core that each
    process of the generator used, `late` how late they were. `total` counts the requests of the
    warm-up as well.
    """

    window: float
    requests: dict[str, list[tuple[float, float, bool]]]
    fresh: list[float] = field(default_factory=list)
    problems: Counter[str] = field(default_factory=Counter)
    cpu: list[float] = field(default_factory=list)
    late: float = 0.0
    total: int = 0

    @property
    def sent(self) -> int:
        return sum(map(len, self.requests.values()))

    @property
    def failed(self) -> int:
        return sum(not ok for each in self.requests.values() for _, _, ok in each)

    @property
    def invalid(self) -> str | None:
        """Why this measured the generator and not the step; None when it did not."""
        if max(self.cpu, default=0) > BUSY:
            return f"the load generator was the bottleneck: {max(self.cpu):.0%} of a core"
        if self.late > LATE:
            return f"the load generator came {self.late:.2f} s late"
        return None

    def times(self, name: str = "") -> list[float]:
        """Return how long the requests of a name took, or all; infinite where they failed."""
        chosen = [name] if name else list(self.requests)
        return [
            took if ok else math.inf
            for each in chosen
            for _, took, ok in self.requests.get(each, ())
        ]

    def rate(self, name: str) -> float:
        """Return how many requests of a name were answered a second."""
        return sum(ok for _, _, ok in self.requests.get(name, ())) / self.window

    def outage(self, name: str) -> float:
        """Return the longest time in which no request of a name was answered."""
        ends = sorted(end for end, _, ok in self.requests.get(name, ()) if ok)
        return max((b - a for a, b in pairwise(ends)), default=self.window)

    def value(self, metric: str, name: str) -> float:
        """Return one figure; nan when there was nothing to measure."""
        match metric:
            case "rate":
                return self.rate(name)
            case "outage":
                return self.outage(name)
            case "freshness":
                return percentile(self.fresh, 95)
            case _:
                return percentile(self.times(name), 95)


def written(directory: Path) -> list[Path]:
    """Return the journals that the processes of a run have written so far."""
    return sorted(directory.glob("*.json"))


def read(paths: Sequence[Path], warm_up: float, processes: int, settle: float = SETTLE) -> Result:
    """Read the journals of a run; CourseError when one is missing or nothing was sent."""
    journals = [json.loads(path.read_text()) for path in paths]
    if len(journals) < processes:
        raise CourseError(
            f"{len(journals)} of {processes} processes of the load say what they did."
        )
    return merge(journals, warm_up, settle)


def merge(journals: Sequence[dict], warm_up: float, settle: float = SETTLE) -> Result:
    """Put together what the processes of one run have noted.

    Of the questions of the last `settle` seconds nobody had to hear.
    """
    begin = max(each["began"] for each in journals) + warm_up
    end = min(each["ended"] for each in journals)
    requests: dict[str, list[tuple[float, float, bool]]] = {}
    problems: Counter[str] = Counter()
    for each in journals:
        problems.update(each["problems"])
        for name, records in each["requests"].items():
            measured = [tuple(record) for record in records if begin <= record[0] - record[1]]
            requests.setdefault(name, []).extend(measured)
    effort = [
        [sample for sample in each["effort"] if sample[0] >= begin] or [(0, 0, 0)]
        for each in journals
    ]
    return Result(
        window=max(0.001, end - begin),
        requests=requests,
        fresh=freshness(journals, begin, end - settle),
        problems=problems,
        total=sum(len(each) for one in journals for each in one["requests"].values()),
        cpu=[statistics.fmean(cpu for _, cpu, _ in samples) for samples in effort],
        late=max(percentile([late for _, _, late in samples], 95) for samples in effort),
    )


def freshness(journals: Iterable[dict], begin: float, end: float) -> list[float]:
    """Return how long after the answer to its author a question was heard, for everybody there.

    Of the questions that were accepted between `begin` and `end`.
    """
    posted: dict[str, float] = {}
    heard: dict[str, list[float]] = {}
    listeners: list[float] = []
    for each in journals:
        posted |= each["posted"]
        listeners += each["listeners"].values()
        for key, times in each["heard"].items():
            heard.setdefault(key, []).extend(times)
    found = []
    for key, at in posted.items():
        if not begin <= at <= end:
            continue
        times = heard.get(key, [])
        # Some hear of a question before its author has the answer.
        found += [max(0.0, time - at) for time in times]
        there = sum(since < at for since in listeners)
        found += [math.inf] * max(0, there - len(times))
    return found
