"""`make upgrade`: newer versions into all locks, and what that changes: package by package."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from course import catalog, lock, words

YEAR = 1000  # a first number from here on is a year, not a promise


@dataclass(frozen=True)
class Bump:
    """What became of one package; `old` or `new` is "" where it is not in the lock.

    `steps` are the numbers of those whose locks have it.
    """

    name: str
    old: str
    new: str
    steps: tuple[int, ...]

    @property
    def is_major(self) -> bool:
        """Whether the new version may break what the old one did, as its number says it."""
        return bool(self.old and self.new) and _promise(self.old) != _promise(self.new)


# The versions of each package, by the number of the step whose lock it is, or ROOT_LOCK.
Locks = dict[int, dict[str, str]]
ROOT_LOCK = 0


def upgrade(root: Path, only: Collection[str] = (), *, dry: bool = False) -> list[Bump]:
    """Put newer versions into all locks, or those of `only`; return what has changed.

    Nothing is written with `dry`, nor before all of it is resolved. CourseError when uv cannot
    resolve, or when a name in `only` is in no lock.
    """
    names = lock.known(root, only)
    with tempfile.TemporaryDirectory(prefix="upgrade-") as directory:
        copy = Path(directory)
        for path in _files(root, "requirements.*"):
            target = copy / path.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        changed = lock.write_all(copy, upgrade=names or True)
        bumps = compare(versions(root), versions(copy))
        for path in () if dry else changed:
            shutil.copyfile(path, root / path.relative_to(copy))
    return bumps


def versions(root: Path) -> Locks:
    """Return what is locked: for the root under 0, for each step under its number."""
    found = {ROOT_LOCK: _versions(root / "requirements.txt")}
    for path in catalog.step_directories(root):
        if (path / "requirements.txt").is_file():
            found[int(path.name[:2])] = _versions(path / "requirements.txt")
    return found


def compare(before: Locks, after: Locks) -> list[Bump]:
    """Return what differs between two states of the locks, by package."""
    found = []
    names = {name for locks in (before, after) for pins in locks.values() for name in pins}
    for name in sorted(names):
        changed = [
            key
            for key in sorted(before.keys() | after.keys())
            if before.get(key, {}).get(name) != after.get(key, {}).get(name)
        ]
        if changed:
            key = changed[0]
            old, new = (locks.get(key, {}).get(name, "") for locks in (before, after))
            steps = tuple(key for key in changed if key != ROOT_LOCK)
            found.append(Bump(name, old, new, steps))
    return found


def held_back(root: Path) -> list[str]:
    """Return the lines of requirements.in files that keep a package from its newest version."""
    found: dict[str, None] = {}
    for path in _files(root, "requirements.in"):
        for line in path.read_text(encoding="utf-8").splitlines():
            wanted = line.partition("#")[0].strip()
            if re.search(r"<|==|~=", wanted.partition(";")[0]):
                found[wanted] = None
    return list(found)


def report(bumps: Sequence[Bump], limits: Sequence[str], out: Console, *, dry: bool) -> int:
    """Print what has changed and what to run; return 1 when there is a major bump, else 0."""
    if limits:
        out.print(f"Held back by a requirements.in: {', '.join(limits)}", soft_wrap=True)
    if not bumps:
        out.print("All locks have the newest versions that they may have.")
        return 0
    out.print(_table(bumps))
    major = [bump.name for bump in bumps if bump.is_major]
    total = f"{len(bumps)} package{'s' * (len(bumps) > 1)}"
    if major:
        text = f"{total}, of which with a new major version: {', '.join(major)}."
        out.print(Text(text, style="bold yellow"), soft_wrap=True)
        out.print("Read what their authors say of it before you commit.")
    else:
        out.print(Text(f"{total}, none with a new major version.", style="bold"))
    if dry:
        out.print("DRY=1: the locks are as they were.")
    else:
        out.print("Next: make test (which installs them), make claims, git commit.")
    return 1 if major else 0


def _files(root: Path, name: str) -> list[Path]:
    return [*sorted(root.glob(name)), *sorted((root / "steps").glob(f"*/{name}"))]


def _table(bumps: Sequence[Bump]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for heading in ("package", "was", "is", "where", ""):
        table.add_column(heading, no_wrap=heading == "package")
    for bump in bumps:
        where = "the tool only"
        if bump.steps:
            where = f"step{'s' * (len(bump.steps) > 1)} {words.numbers(bump.steps)}"
        note = Text("MAJOR", style="bold yellow") if bump.is_major else Text()
        table.add_row(bump.name, bump.old or "(new)", bump.new or "(gone)", where, note)
    return table


def _versions(path: Path) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for pin in lock.read(path):
        found.setdefault(pin.name, set()).add(pin.version)
    return {name: ", ".join(sorted(versions)) for name, versions in found.items()}


def _promise(version: str) -> tuple[str, ...]:
    """Return the part of a version that stays the same as long as nothing is broken.

    Where it begins with 0 that is two numbers; where it is a date, there is none.
    """
    numbers = re.findall(r"\d+", version.partition("!")[2] or version)
    if not numbers or int(numbers[0]) >= YEAR:
        return ()
    return tuple(numbers[: 2 if numbers[0] == "0" else 1])
