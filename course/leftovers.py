"""Which processes use a data directory: one runner at a time, and none left from the last."""

from __future__ import annotations

import fcntl
import json
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from course import netns
from course.errors import CourseError
from course.paths import ROOT
from course.processes import end_groups, group_alive, started_at, wait_until


@dataclass(frozen=True)
class Noted:
    """A process that was started in a data directory.

    `started` tells it from a later namesake; `service` is the signal that stops it, if it is one.
    """

    name: str
    pid: int
    started: str | None
    service: int | None = None


@contextmanager
def exclusive(data_dir: Path) -> Iterator[None]:
    """Hold the data directory; CourseError when another runner does.

    The kernel gives the lock back when its holder ends, however it ends.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "run.lock").open("a+") as file:
        # Not at the first refusal: somebody may only be asking whether it is held.
        if not wait_until(lambda: _locked(file, fcntl.LOCK_EX), 0.2):
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise CourseError(
                f"{data_dir.name} is running already (process {holder}); "
                "stop it with Ctrl-C in its terminal first."
            )
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def is_held(data_dir: Path) -> bool:
    """Whether a runner uses the directory now."""
    try:
        with (data_dir / "run.lock").open("rb") as file:
            # Shared: two that ask at the same time must not take each other for a runner.
            return not _locked(file, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


def note(
    data_dir: Path, processes: Mapping[str, int], services: Mapping[str, int] | None = None
) -> None:
    """Write down process ids by name, for the case that we are killed.

    `services` has the signals of those among them that are services.
    """
    signals = services or {}
    noted = [
        asdict(Noted(name, pid, started_at(pid), signals.get(name)))
        for name, pid in processes.items()
    ]
    # All or nothing: we may be killed while writing.
    new = data_dir / "run.json.new"
    new.write_text(json.dumps(noted), encoding="utf-8")
    new.replace(data_dir / "run.json")


def forget(data_dir: Path) -> None:
    """All noted processes have ended."""
    (data_dir / "run.json").unlink(missing_ok=True)


def stale(data_dir: Path) -> list[Noted]:
    """Return the noted processes that still run, or whose children do."""
    try:
        rows = json.loads((data_dir / "run.json").read_text(encoding="utf-8"))
        noted = [Noted(**row) for row in rows]
    except (FileNotFoundError, ValueError, TypeError):
        return []
    return [one for one in noted if _is_ours(one)]


def clear(data_dir: Path) -> list[Noted]:
    """End what a killed runner left in this directory; return what that was.

    Also removes networks that any killed runner has left. Call it only while holding the directory.
    """
    found = stale(data_dir)
    end_groups({one.pid: signal.SIGTERM for one in found if one.service is None})
    end_groups({one.pid: one.service for one in found if one.service is not None})
    netns.sweep()
    with suppress(OSError):
        forget(data_dir)
    return found


def _locked(file: IO, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_ours(one: Noted) -> bool:
    now = started_at(one.pid)
    if now is not None:
        return now == one.started
    # The process has ended; as long as it has children left, its id is not given to another.
    return group_alive(one.pid)


def main() -> None:
    """Print what killed runners left, one process a line: the step, its name and its id."""
    data = ROOT / ".data"
    files = [
        *data.glob("*/run.json"),
        *data.glob("exercises/*/run.json"),
        *data.glob("exercises/*/runs/*/run.json"),
    ]
    for file in sorted(files):
        if not is_held(file.parent):
            for one in stale(file.parent):
                print(f"{file.parent.name} {one.name} ({one.pid})")


if __name__ == "__main__":
    main()
