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
            if name not in IGNORED_NAMES and path.suffix not in IGNORED_SUFFIXES:
                found[path.relative_to(step_path).as_posix()] = path
    return dict(sorted(found.items()))


def python_files(step_path: Path) -> list[Path]:
    """Return the Python files of a step."""
    return [path for path in files(step_path).values() if path.suffix == ".py"]
