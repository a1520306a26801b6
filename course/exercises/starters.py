"""The files of an exercise as they are handed out, and how one begins afresh.

A copy of them is kept in the exercise's .starter/: git is no help to whoever has committed their
own work or unpacked an archive, and a copy made at first use comes too late for whoever has edited
the files before.
"""

from __future__ import annotations

import hashlib
import shutil
from datetime import datetime
from pathlib import Path

from course.exercises.catalog import Exercise
from course.exercises.overlay import BACKUP, ORIGINALS, present


def changed(exercise: Exercise) -> list[str]:
    """Return the files that are not as they were handed out: edited, missing or added."""
    now, then = present(exercise.path), present(exercise.starters)
    return sorted(
        name
        for name in now.keys() | then.keys()
        if not (name in now and name in then and _same(now[name], then[name]))
    )


def reset(exercise: Exercise) -> Path | None:
    """Put the files back as they were handed out; those that were added go.

    Return the directory in which those that were changed are kept, None when there was nothing to
    keep.
    """
    now, then = present(exercise.path), present(exercise.starters)
    names = changed(exercise)
    mine = [name for name in names if name in now]
    backup = _backup(exercise) if mine else None
    for name in mine:
        _copy(now[name], backup / name)
    for name in names:
        if name in then:
            _copy(then[name], exercise.path / name)
        else:
            now[name].unlink()
    return backup


def write(exercise: Exercise) -> list[str]:
    """Make the files as they are now the ones that are handed out; return which that changed.

    For maintainers.
    """
    now, names = present(exercise.path), changed(exercise)
    for name in names:
        if name in now:
            _copy(now[name], exercise.starters / name)
        else:
            (exercise.starters / name).unlink()
    lines = [f"{digest}  {name}\n" for name, digest in _originals(exercise).items()]
    (exercise.starters / ORIGINALS).write_text("".join(lines), encoding="utf-8")
    return names


def outdated(exercise: Exercise) -> list[str]:
    """Return the files whose original in the step is not the one that they were made from.

    An exercise's file stands in place of the step's: a change there has to be made here as well.
    """
    path = exercise.starters / ORIGINALS
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    then = {name: digest for digest, name in (line.split(maxsplit=1) for line in lines)}
    now = _originals(exercise)
    return sorted(name for name in now.keys() | then.keys() if now.get(name) != then.get(name))


def _originals(exercise: Exercise) -> dict[str, str]:
    """Return the digests of those files of the step in whose place the exercise has its own."""
    return {
        name: hashlib.sha256(original.read_bytes()).hexdigest()
        for name in present(exercise.path)
        if (original := exercise.step.path / name).is_file()
    }


def _same(one: Path, other: Path) -> bool:
    return one.read_bytes() == other.read_bytes()


def _backup(exercise: Exercise) -> Path:
    """Return a directory that is not there yet, named after the time."""
    stamp = datetime.now().strftime("%Y-%m-%d-%H%M%S")
    path, number = exercise.path / f"{BACKUP}{stamp}", 1
    while path.exists():
        number += 1
        path = exercise.path / f"{BACKUP}{stamp}-{number}"
    return path


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
