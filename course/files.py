"""Which files make up a step, and which are only lying there."""

from __future__ import annotations

import os
from pathlib import Path

# Keep in line with .gitignore.
IGNORED_DIRECTORIES = {
    "__pycache__",
    ".pytest_cache",
    ".ruff_cache",
    ".hypothesis",
    ".venv",
    ".data",
    "instance",
    ".idea",
    ".vscode",
}
IGNORED_SUFFIXES = {".pyc", ".db", ".db-shm", ".db-wal", ".db-journal", ".swp"}
IGNORED_NAMES = {".DS_Store"}


def files(step_path: Path) -> dict[str, Path]:
    """Return the files of a step by their path inside it, with slashes, in order."""
    found = {}
    for directory, subdirectories, names in os.walk(step_path):
        subdirectories[:] = sorted(set(subdirectories) - IGNORED_DIRECTORIES)
        for name in sorted(names):
            path = Path(directory, name)
            if not is_ignored(name):
                found[path.relative_to(step_path).as_posix()] = path
    return dict(sorted(found.items()))


def is_ignored(path: str) -> bool:
    """Whether a path inside a step, with slashes, is of a file that only lies there."""
    *directories, name = path.split("/")
    return (
        name in IGNORED_NAMES
        or Path(name).suffix in IGNORED_SUFFIXES
        or not IGNORED_DIRECTORIES.isdisjoint(directories)
    )


def python_files(step_path: Path) -> list[Path]:
    """Return the Python files of a step."""
    return [path for path in files(step_path).values() if path.suffix == ".py"]
