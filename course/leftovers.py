"""Which processes use a data directory: one runner at a time, and none left from the last."""

from __future__ import annotations

import fcntl
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from course.errors import CourseError
from course.paths import ROOT
from course.processes import group_alive, signal_group, started_at, wait_until


@dataclass(frozen=True)
class Noted:
    """A process that was started in a data directory; `started` tells it from a later namesake."""

    name: str
    pid: int
    started: str | None


@contextmanager
def exclusive(data_dir: Path) -> Iterator[None]:
    """Hold the data directory; CourseError when another runner does.

    The kernel gives the lock back when its holder ends, however it ends.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "run.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise CourseError(
                f"{data_dir.name} is running already (process {holder}); "
                "stop it with Ctrl-C in its terminal first."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def is_held(data_dir: Path) -> bool:
    """Whether a runner uses the directory now."""
    if not (data_dir / "run.lock").exists():
        return False
    try:
        with exclusive(data_dir):
            return False
    except CourseError:
        return True


def note(data_dir: Path, processes: dict[str, int]) -> None:
    """Write down process ids by name, for the case that we are killed."""
    noted = [asdict(Noted(name, pid, started_at(pid))) for name, pid in processes.items()]
    (data_dir / "run.json").write_text(json.dumps(noted), encoding="utf-8")


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

    Call it only while holding the directory.
    """
    found = stale(data_dir)
    for signum, seconds in ((signal.SIGTERM, 5), (signal.SIGKILL, 2)):
        for one in found:
            signal_group(one.pid, signum)
        if wait_until(lambda: not any(group_alive(one.pid) for one in found), seconds):
            break
    with suppress(OSError):
        forget(data_dir)
    return found


def _is_ours(one: Noted) -> bool:
    now = started_at(one.pid)
    if now is not None:
        return now == one.started
    # The process has ended; as long as it has children left, its id is not given to another.
    return group_alive(one.pid)


def main() -> None:
    """Print what killed runners left, one process a line: the step, its name and its id."""
    for file in sorted((ROOT / ".data").glob("*/run.json")):
        if not is_held(file.parent):
            for one in stale(file.parent):
                print(f"{file.parent.name} {one.name} ({one.pid})")


if __name__ == "__main__":
    main()
