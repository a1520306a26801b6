"""How many requests per second a step answers: wrk where it is installed, else Locust.

Both have to share the machine with the step; so what they use of it is part of the answer.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from course.errors import CourseError
from course.paths import ROOT

WRK_RATE = re.compile(r"^Requests/sec:\s*([0-9.]+)", re.MULTILINE)
WRK_ERRORS = re.compile(r"^\s*(Socket errors:.*|Non-2xx or 3xx responses:.*)$", re.MULTILINE)
LOCUST_FILE = ROOT / "course" / "bench_load.py"


@dataclass(frozen=True)
class Throughput:
    """`rate` in requests per second; `share` is how much of one core the generator used."""

    rate: float
    share: float


def generator() -> str:
    """Return the name of the load generator that is used here."""
    return "wrk" if shutil.which("wrk") else "locust"


def measure(
    url: str, path: str, connections: int, seconds: int, etag: str | None = None
) -> Throughput:
    """Ask for `path` over and over; CourseError when any answer is not as it should be.

    With `etag`, ask as a client that has this version already, who is told that nothing is new.
    """
    with tempfile.TemporaryDirectory() as directory:
        prefix = Path(directory) / "load"
        command = (
            _wrk(url + path, connections, seconds, etag)
            if generator() == "wrk"
            else _locust(url, connections, seconds, prefix)
        )
        load = {"BENCH_PATH": path, "BENCH_STATUS": "304" if etag else "200"}
        load |= {"BENCH_ETAG": etag} if etag else {}
        printed, cpu, wall, code = _timed(command, os.environ | load, Path(directory) / "output")
        rate = (
            wrk_rate(printed) if generator() == "wrk" else locust_rate(Path(f"{prefix}_stats.csv"))
        )
    if code or rate is None:
        raise CourseError(f"The load on {url}{path} failed:\n{printed[-2000:]}")
    return Throughput(rate, cpu / wall)


def wrk_rate(printed: str) -> float | None:
    """Return the requests per second that wrk printed; None when it had errors."""
    found = WRK_RATE.search(printed)
    return float(found[1]) if found and not WRK_ERRORS.search(printed) else None


def locust_rate(path: Path) -> float | None:
    """Return the requests per second in Locust's table; None when there are none, or failures."""
    if not path.exists():
        return None
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["Name"] == "Aggregated"]
    if not rows or not int(rows[0]["Request Count"]) or int(rows[0]["Failure Count"]):
        return None
    return float(rows[0]["Requests/s"])


def _wrk(url: str, connections: int, seconds: int, etag: str | None) -> list[str]:
    header = ["-H", f"If-None-Match: {etag}"] if etag else []
    return ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", *header, url]


def _locust(url: str, connections: int, seconds: int, prefix: Path) -> list[str]:
    command = [sys.executable, "-m", "locust", "-f", str(LOCUST_FILE), "--headless"]
    command += ["--host", url, "--users", str(connections), "--spawn-rate", str(connections)]
    return [*command, "--run-time", f"{seconds}s", "--csv", str(prefix)]


def _timed(command: list[str], env: dict[str, str], output: Path) -> tuple[str, float, float, int]:
    """Run a command; return what it printed, its processor time, its time and its exit code."""
    began = time.monotonic()
    with output.open("wb") as file:
        process = subprocess.Popen(command, env=env, stdout=file, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    printed = output.read_text(encoding="utf-8", errors="replace")
    return printed, usage.ru_utime + usage.ru_stime, wall, process.returncode
