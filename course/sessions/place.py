"""Where a session runs: a copy of the checkout, so that no command changes the reader's own."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from course.exercises import catalog as exercises
from course.exercises import starters
from course.watchdog import Watchdog

# In the checkout's root: data, what is built, and what belongs to tools.
LEFT_OUT = {".data", ".git", ".venv", "site", "dist", ".pytest_cache", ".ruff_cache"}
NAME = "flask-at-scale"


@dataclass(frozen=True)
class Place:
    """A copy of the checkout, and the environment of a shell in it."""

    root: Path
    env: dict[str, str]
    watchdog: Watchdog


@contextmanager
def copy(checkout: Path) -> Iterator[Place]:
    """Yield a copy of a checkout as a reader has it who has done no exercise yet."""
    above = Path(tempfile.mkdtemp(prefix="course-sessions-")).resolve()
    watchdog = Watchdog(remove=above)
    try:
        root, tools, home = above / NAME, above / "tools", above / "home"
        shutil.copytree(checkout, root, ignore=_left_out(checkout), symlinks=True)
        (root / ".venv").symlink_to(sys.prefix)
        for exercise in exercises.load(root) if (root / "exercises").is_dir() else []:
            if backup := starters.reset(exercise):
                shutil.rmtree(backup)
        home.mkdir()
        tools.mkdir()
        _write_make(tools / "make")
        yield Place(root, _environment(tools, home), watchdog)
    finally:
        watchdog.close()
        shutil.rmtree(above, ignore_errors=True)


def _left_out(checkout: Path):
    def ignore(directory: str, names: list[str]) -> set[str]:
        return LEFT_OUT & set(names) if Path(directory) == checkout else set()

    return ignore


def _write_make(path: Path) -> None:
    python = shlex.quote(sys.executable)
    path.write_text(
        "#!/bin/sh\n"
        "test -f Makefile || { echo 'make: *** No targets.  Stop.' >&2; exit 2; }\n"
        f'exec {python} -m course.sessions.make "$@"\n',
        encoding="utf-8",
    )
    path.chmod(0o755)


def _environment(tools: Path, home: Path) -> dict[str, str]:
    """Return the variables of the shell: nothing that only this machine's user has."""
    path = [str(tools), str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    return {
        "PATH": os.pathsep.join(path),
        "HOME": str(home),
        "TMPDIR": str(home),
        "LC_ALL": "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8",
        "TERM": "dumb",
        "NO_COLOR": "1",
        "PAGER": "cat",
        "PYTHONUNBUFFERED": "1",
    }
