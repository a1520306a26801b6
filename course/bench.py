"""`make bench`: what the structure of the steps costs, and what the new list of step 6 gains.

Every step runs under the same server, one gunicorn process, with the same 50 questions; they are
measured in turn, several rounds, so that a machine that slows down slows all of them.
"""

from __future__ import annotations

import csv
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from rich.table import Table

from course import catalog
from course.errors import CourseError
from course.paths import ROOT
from course.runner import Running, live

TALK = "million-pollers"
QUESTIONS = 50
CLIENTS = 10
AUTHOR = ("chloé", "podium-demo")
V1 = f"/api/questions?talk={TALK}"
V2 = f"/api/v2/talks/{TALK}/questions?limit={QUESTIONS}"
ENVIRONMENT = {"QUESTION_RATE": "1000/minute", "PODIUM_QUESTION_RATE": "1000/minute"}


@dataclass
class Case:
    """One thing to measure; `at_least` is the target, as a ratio to the first case."""

    step: int
    what: str
    path: str
    at_least: float
    unchanged: bool = False
    rates: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Requests per second, the median of the rounds."""
        return statistics.median(self.rates)


def cases() -> list[Case]:
    """Return what is measured; all is compared to the first."""
    return [
        Case(1, "the list", V1, 1),
        Case(2, "the list", V1, 0.9),
        Case(3, "the list", V1, 0.9),
        Case(6, "the list, version 2", V2, 4),
        Case(6, "unchanged poll, version 2", V2, 8, unchanged=True),
    ]


def measure(rounds: int, seconds: int, progress: Callable[[str], None]) -> list[Case]:
    """Run the steps, measure all cases in turn and return them.

    `seconds` is the length of one measurement; `progress` is told what is going on. CourseError
    when a step answers anything but what it should.
    """
    todo = cases()
    with ExitStack() as stack:
        servers = {}
        for number in sorted({case.step for case in todo}):
            progress(f"starting step {number}")
            step = catalog.find(number)
            server = stack.enter_context(live(step, env=ENVIRONMENT, web=_gunicorn(step)))
            _fill(server)
            servers[number] = server
        for number in range(rounds):
            for case in todo:
                progress(f"round {number + 1} of {rounds}: step {case.step}, {case.what}")
                case.rates.append(_rate(servers[case.step].url, case, seconds))
    return todo


def table(cases: list[Case]) -> Table:
    """Return the figures as a table; every ratio is to the first case."""
    table = Table(title=f"{QUESTIONS} questions, {CLIENTS} connections, one process")
    for heading in ("step", "what"):
        table.add_column(heading)
    for heading in ("requests/s", "rounds", "ratio", "target"):
        table.add_column(heading, justify="right")
    for case in cases:
        ratio = case.rate / cases[0].rate
        missed = ratio < case.at_least
        spread = f"{min(case.rates):,.0f}-{max(case.rates):,.0f}"
        target = "" if case is cases[0] else f"{case.at_least:g} or more"
        target += ": missed" if missed else ""
        figures = (f"{case.rate:,.0f}", spread, f"{ratio:.2f}", target)
        table.add_row(str(case.step), case.what, *figures, style="red" if missed else "")
    return table


def _gunicorn(step: catalog.Step) -> str:
    application = "app" if (step.path / "podium.py").exists() else "create_app()"
    options = f"--workers 1 --threads {CLIENTS} --keep-alive 30 --no-control-socket"
    return f"gunicorn {options} --bind 127.0.0.1:$PORT 'podium:{application}'"


def _fill(server: Running) -> None:
    """Ask until the talk has QUESTIONS questions."""
    with httpx.Client(base_url=server.url, timeout=30) as client:
        token = client.post("/api/tokens", auth=AUTHOR).raise_for_status().json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        there = len(client.get(V1).raise_for_status().json()["questions"])
        for number in range(there, QUESTIONS):
            body = {"talk": TALK, "source": f"Question {number + 1}: how many rows are enough?"}
            client.post("/api/questions", json=body).raise_for_status()


def _rate(url: str, case: Case, seconds: int) -> float:
    """Return the requests per second of one measurement."""
    answer = httpx.get(url + case.path, timeout=30).raise_for_status()
    body = answer.json()
    if len(body.get("questions", body.get("items", ()))) != QUESTIONS:
        raise CourseError(f"Step {case.step} does not list {QUESTIONS} questions at {case.path}.")
    load = {"BENCH_PATH": case.path, "BENCH_STATUS": "304" if case.unchanged else "200"}
    if case.unchanged:
        load["BENCH_ETAG"] = answer.headers["ETag"]
    with tempfile.TemporaryDirectory() as directory:
        prefix = Path(directory) / "bench"
        command = [sys.executable, "-m", "locust", "-f", str(ROOT / "course" / "bench_load.py")]
        command += ["--headless", "--host", url, "--users", str(CLIENTS), "--spawn-rate"]
        command += [str(CLIENTS), "--run-time", f"{seconds}s", "--csv", str(prefix)]
        done = subprocess.run(command, env=os.environ | load, capture_output=True, text=True)
        totals = dict(_totals(Path(f"{prefix}_stats.csv")))
    nothing = not totals or not int(totals["Request Count"])
    if done.returncode or nothing or int(totals["Failure Count"]):
        raise CourseError(
            f"The load on step {case.step} failed:\n{(done.stderr or done.stdout)[-2000:]}"
        )
    return float(totals["Requests/s"])


def _totals(path: Path) -> Iterator[tuple[str, str]]:
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["Name"] == "Aggregated":
                yield from row.items()
