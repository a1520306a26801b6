"""What Locust leaves behind if asked to: every request, every question heard, its own state.

Locust's statistics round what they keep, and they do not know who heard of a question, nor whether
the generator itself was the bottleneck. With `--journal DIR` each process writes a file of JSON
there when the test is over. All times are in seconds of the monotonic clock, which the processes of
a machine share.
"""

from __future__ import annotations

import json
import os
import resource
import time
from collections import Counter, defaultdict
from pathlib import Path

import gevent
from locust import events
from locust.runners import MasterRunner

LOOK_EVERY = 0.05  # seconds


class Journal:
    """One process's records; requests are `[end, seconds, whether it was as expected]` by name."""

    def __init__(self) -> None:
        self.began = self.ended = 0.0
        self.requests: dict[str, list[tuple[float, float, bool]]] = defaultdict(list)
        self.problems: Counter[str] = Counter()
        self.posted: dict[str, float] = {}
        self.heard: dict[str, list[float]] = defaultdict(list)
        self.listeners: dict[str, float] = {}
        self.effort: list[tuple[float, float, float]] = []

    def begin(self, **_: object) -> None:
        self.began = time.monotonic()

    def end(self, **_: object) -> None:
        self.ended = time.monotonic()

    def request(
        self,
        name: str,
        start_time: float,
        response_time: float,
        exception: Exception | None = None,
        context: dict | None = None,
        **_: object,
    ) -> None:
        """Note a request; its time counts from when it was due, if somebody says when that was."""
        end, took = time.monotonic(), response_time / 1000
        if due := (context or {}).get("due"):
            took = end - due
        self.requests[name].append((end, took, exception is None))
        if exception is not None:
            self.problems[f"{name}: {exception}"[:200]] += 1

    def post(self, key: str) -> None:
        """A question was accepted just now."""
        self.posted[key] = time.monotonic()

    def hear(self, *keys: str) -> None:
        """Somebody has just heard of questions, for the first time."""
        now = time.monotonic()
        for key in keys:
            self.heard[key].append(now)

    def listen(self, who: str) -> None:
        """Somebody has begun to follow."""
        self.listeners.setdefault(who, time.monotonic())

    def watch(self) -> None:
        """Look after the generator itself: its use of the processor, and how late it is."""
        while True:
            began, used = time.monotonic(), sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
            gevent.sleep(LOOK_EVERY)
            end = time.monotonic()
            cpu = sum(resource.getrusage(resource.RUSAGE_SELF)[:2]) - used
            self.effort.append((end, cpu / (end - began), end - began - LOOK_EVERY))

    def write(self, directory: Path) -> None:
        """Write all to a file of this process; complete or not at all."""
        path = directory / f"{os.getpid()}.json"
        part = path.with_suffix(".part")
        part.write_text(json.dumps(vars(self)))
        part.replace(path)


journal = Journal()


@events.init_command_line_parser.add_listener
def options(parser) -> None:
    parser.add_argument(
        "--journal", default="", include_in_web_ui=False, help="Directory for what was measured."
    )


@events.init.add_listener
def begin(environment, **_: object) -> None:
    """Take notes in every process that sends requests."""
    directory = environment.parsed_options.journal if environment.parsed_options else ""
    if isinstance(environment.runner, MasterRunner):
        return
    environment.events.request.add_listener(journal.request)
    environment.events.test_start.add_listener(journal.begin)
    environment.events.test_stopping.add_listener(journal.end)
    if directory:
        gevent.spawn(journal.watch)
        environment.events.quitting.add_listener(lambda **_: journal.write(Path(directory)))
