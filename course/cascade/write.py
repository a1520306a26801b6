"""Puts files in place: all of a step or none, also when Ctrl-C or a crash comes in between."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from course.cascade import trees
from course.cascade.state import State, Written
from course.cascade.trees import File

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
EXECUTABLE = 0o111
DATA = Path(".data", "cascade")


def put(root: Path, state: State, files: Mapping[str, File | None], by_hand: set[str]) -> None:
    """Write files, by path in the checkout, and then the state.

    The state first says what is going to be written: finish() does the rest after a crash.
    `by_hand` are those about which somebody has to decide.
    """
    news = {path: Written(now(root, path), file) for path, file in files.items()}
    with together():
        state.pending = {path: one for path, one in news.items() if one.before != one.after}
        for path in by_hand:
            file = now(root, path)
            state.written.setdefault(path, Written(file, file)).by_hand = True
        state.save(root)
        finish(root, state)


def finish(root: Path, state: State) -> None:
    """Write what was going to be written; a file that somebody has changed since stays."""
    for path, one in state.pending.items():
        if now(root, path) == one.before:
            place(root, path, one.after)
        known = state.written.setdefault(path, Written(one.before, one.after))
        known.after = one.after
    state.pending = {}
    state.save(root)


def now(root: Path, path: str) -> File | None:
    """Return a file as it is, None when it is not there."""
    return trees.read(root / path) if (root / path).is_file() else None


def place(root: Path, path: str, file: File | None) -> None:
    """Make a file what it has to be, whole or not at all; None removes it."""
    target = root / path
    if file is None:
        target.unlink(missing_ok=True)
        # git knows no empty directories, so none may stay.
        with suppress(OSError):
            for directory in target.parents:
                directory.rmdir()
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = root / DATA / "part"
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_bytes(file.content)
    mode = target.stat().st_mode if target.exists() else part.stat().st_mode
    part.chmod((mode | EXECUTABLE if file.executable else mode & ~EXECUTABLE) & 0o7777)
    os.replace(part, target)


def take_back(root: Path, state: State) -> tuple[Path | None, list[str]]:
    """Put all files back as they were before the cascade; return where they are kept, and which."""
    backup = root / ".data" / f"cascade-{datetime.now():%Y-%m-%d-%H%M%S}"
    found = [path for path, one in state.written.items() if now(root, path) != one.before]
    with together():
        for path in found:
            if mine := now(root, path):
                (backup / path).parent.mkdir(parents=True, exist_ok=True)
                (backup / path).write_bytes(mine.content)
        for path in found:
            place(root, path, state.written[path].before)
    return (backup if backup.exists() else None), found


@contextmanager
def together() -> Iterator[None]:
    """Let what stops us wait until the block is done; KeyboardInterrupt then."""
    came: list[int] = []
    before = {each: signal.signal(each, lambda number, _: came.append(number)) for each in SIGNALS}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
    if came:
        raise KeyboardInterrupt
