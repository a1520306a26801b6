"""Deletes what the course made: a step's data, caches, everything.

    python -m course.housekeeping clean | distclean

Standard library only, so that it works when .venv does not.
"""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path

from course import leftovers
from course.catalog import Step
from course.errors import CourseError
from course.paths import ROOT

CACHES = {"__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis"}
TEST_LOGS = "test"


def reset(step: Step) -> bool:
    """Delete the data of a step, also those of `make hosts-N`; False when there are none.

    CourseError, and nothing deleted, while it runs.
    """
    # Whose data are where somebody has put them has them there only.
    places = dict.fromkeys((step.data_dir, step.apart.data_dir))
    found = [path for path in places if path.exists()]
    with ExitStack() as stack:
        for path in found:
            stack.enter_context(leftovers.exclusive(path))
        for path in found:
            leftovers.clear(path)
            shutil.rmtree(path)
    return bool(found)


def clean(root: Path) -> list[Path]:
    """Delete caches, logs and leftovers of tests; return what was deleted.

    Data stay, and the logs of a step or of tests that run now.
    """
    found = []
    for directory, subdirectories, _ in os.walk(root):
        here = Path(directory)
        found += [here / name for name in subdirectories if name in CACHES]
        subdirectories[:] = sorted(set(subdirectories) - CACHES - {".venv", ".git", ".data"})
    data = root / ".data"
    found += [path for path in (data / TEST_LOGS, data / "setup.log") if path.exists()]
    found += sorted(data.glob("*/logs"))
    found = [path for path in found if not any(map(leftovers.is_held, (path, path.parent)))]
    for path in found:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return found


def distclean(root: Path) -> list[Path]:
    """Delete also .venv, all data and the built site; CourseError at once while a step runs."""
    locks = [*(root / ".data").glob("*/run.lock"), *(root / ".data").glob("exercises/*/run.lock")]
    for lock in sorted(locks):
        with leftovers.exclusive(lock.parent):
            leftovers.clear(lock.parent)
    found = clean(root)
    for path in (root / ".data", root / ".venv", root / "site", root / "docs" / "slides"):
        if path.exists():
            shutil.rmtree(path)
            found.append(path)
    return found


def main() -> None:
    """Delete and say what was deleted."""
    try:
        found = {"clean": clean, "distclean": distclean}[sys.argv[1]](ROOT)
    except CourseError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except PermissionError as error:
        # As root a step makes files that only root may delete.
        print(f"{error.filename}: {error.strerror}; make doctor says what to do.", file=sys.stderr)
        sys.exit(2)
    for path in found:
        print(f"deleted {path.relative_to(ROOT)}")
    if not found:
        print("There was nothing to delete.")


if __name__ == "__main__":
    main()
