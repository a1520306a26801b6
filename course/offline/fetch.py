"""Gets the wheels that are missing, with pip, for machines other than this one."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from course import bootstrap
from course.errors import CourseError
from course.lock import Pin, normal
from course.offline.progress import Progress
from course.offline.store import Store
from course.offline.targets import Target
from course.offline.wanted import per_micro

NO_WHEEL = re.compile(r"(?m)^ERROR: No matching distribution found for ([^=\s]+)==")
# So says pip when an index does not know the package at all, which another index may.
UNKNOWN = "(from versions: none)"
# Where this is in its log, what pip did not find may well exist.
CUT_OFF = re.compile(rf"{bootstrap.UNREACHABLE}|WARNING: Retrying|Could not fetch URL|SSLError")


class Absent(Exception):
    """The index has no wheel of `pin` for the target."""

    def __init__(self, pin: Pin) -> None:
        super().__init__(f"{pin.name} {pin.version}")
        self.pin = pin


def complete(
    target: Target, pins: Sequence[Pin], store: Store, log: Path, progress: Progress
) -> dict[Pin, Path]:
    """Return a wheel for each pin that the target needs; those that are not here are fetched.

    Absent when there is no such wheel, CourseError when it cannot be had now.
    """
    found: dict[Pin, Path] = {}
    wanted = per_micro(pins, target)
    for micro, group in sorted(wanted.items(), reverse=True):
        found |= store.wheels(target, group)
        missing = [pin for pin in group if pin not in found]
        for pin in missing:
            if store.absent(target, pin):
                raise Absent(pin)
        if missing:
            _fetch(target, micro, missing, store, log, progress)
            found |= store.wheels(target, missing)
    for pin in (pin for group in wanted.values() for pin in group if pin not in found):
        raise CourseError(
            f"pip answered with no wheel of {pin.name} {pin.version} that {target.shown} could "
            f"load. Details: {log}"
        )
    return found


def _fetch(
    target: Target,
    micro: int,
    pins: Sequence[Pin],
    store: Store,
    log: Path,
    progress: Progress,
) -> None:
    store.cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fetching-", dir=store.cache) as folder:
        lock = Path(folder) / "requirements.txt"
        lock.write_text("".join(_plain(pin) for pin in pins), encoding="utf-8")
        command = [sys.executable, "-m", "pip", "--no-input", "download", "--no-deps"]
        command += ["--require-hashes", "--only-binary=:all:", "--progress-bar", "off"]
        # It is by the second attempt that pip tells a broken line from an unknown package.
        command += ["--disable-pip-version-check", "--retries", "3", "--implementation", "cp"]
        command += ["--python-version", f"{target.version}.{micro}"]
        for kind, values in (("--platform", target.platform.tags), ("--abi", target.abis)):
            command += [word for value in values for word in (kind, value)]
        command += ["--dest", folder, "--requirement", str(lock)]
        wheels = "1 wheel" if len(pins) == 1 else f"{len(pins)} wheels"
        progress.begins(f"{target.shown}: fetching {wheels}")
        shown = partial(_shown, progress, target, len(pins))
        code, printed = _run(command, log, shown)
        if code:
            raise _problem(target, pins, store, printed, log)
        store.add(target, Path(folder))


def _shown(progress: Progress, target: Target, total: int, count: int) -> None:
    progress.counts(f"{target.shown}: fetching wheel {count} of {total}")


def _run(command: list[str], log: Path, collects: Callable[[int], None]) -> tuple[int, str]:
    """Run pip; return its exit code and what it printed.

    `collects` is told the number of each package that pip turns to.
    """
    count, lines = 0, []
    with (
        log.open("a", encoding="utf-8") as file,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                file.write(line)
                lines.append(line)
                if line.startswith("Collecting "):
                    count += 1
                    collects(count)
        except BaseException:
            # Ctrl-C reached pip as well; a signal to us alone did not.
            process.send_signal(signal.SIGTERM)
            raise
    return process.returncode, "".join(lines)


def _problem(
    target: Target, pins: Sequence[Pin], store: Store, printed: str, log: Path
) -> Exception:
    """Return what a failed pip means."""
    if CUT_OFF.search(printed):
        return CourseError(
            "Could not reach the Python package index: connect to the network (or set pip's proxy) "
            f"and run make offline again; what is here already is kept. Details: {log}"
        )
    if "No space left on device" in printed:
        return CourseError(f"The disk is full: free some GB and run make offline again: {log}")
    if name := NO_WHEEL.search(printed):
        for pin in pins:
            if pin.name == normal(name[1]):
                if UNKNOWN not in printed:
                    store.note_absent(target, pin)
                return Absent(pin)
    errors = re.findall(r"(?m)^ERROR: (.*)$", printed)
    why = errors[-1].strip() if errors else "pip failed."
    return CourseError(f"Could not fetch the wheels for {target.shown}: {why} Details: {log}")


def _plain(pin: Pin) -> str:
    """Return the lines of the lock without the marker, which was looked at already."""
    return " \\\n    ".join([f"{pin.name}=={pin.version}", *sorted(pin.hashes)]) + "\n"
