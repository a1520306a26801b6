"""What differs between a step and the one before: compares two directories, prints nothing."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from pathlib import Path

from course.catalog import Step
from course.files import files

# Describes the step; it differs by its nature.
NOT_COMPARED = {"step.toml"}


@dataclass(frozen=True)
class Change:
    """One file that differs; `old` or `new` is None where it is not there.

    `path` is the file's name in the newer step (in the older one when it was removed), `came_from`
    its name in the older step when it was moved.
    """

    path: str
    old: Path | None
    new: Path | None
    came_from: str | None = None

    @property
    def kind(self) -> str:
        """One word for what happened to the file."""
        if self.came_from:
            return "moved" if self.is_same else "moved and changed"
        if self.old is None:
            return "added"
        return "removed" if self.new is None else "changed"

    @property
    def is_same(self) -> bool:
        """Whether the content is the same, as for a file that was only moved."""
        return bool(self.old and self.new) and self.old.read_bytes() == self.new.read_bytes()


def compare(before: Step, step: Step) -> list[Change]:
    """Return every difference by path, as if nothing had been moved."""
    old, new = _compared(before), _compared(step)
    found = [Change(path, old.get(path), new.get(path)) for path in sorted(old.keys() | new.keys())]
    return [change for change in found if not change.is_same]


def with_moves(changes: list[Change], moved: dict[str, str]) -> list[Change]:
    """Join the removal of an old path and the addition of its new one, as [moved] declares.

    What [moved] says and the files do not bear out is left as it is.
    """
    by_path = {change.path: change for change in changes}
    for old_path, new_path in moved.items():
        old, new = by_path.get(old_path), by_path.get(new_path)
        if old and new and old.kind == "removed" and new.kind == "added":
            del by_path[old_path]
            by_path[new_path] = Change(new_path, old.old, new.new, came_from=old_path)
    return [by_path[path] for path in sorted(by_path)]


def reason_for(path: str, declared: dict[str, str]) -> tuple[int, str | None]:
    """Return the place in `[changes]` and the reason for a path; (a large number, None) if none.

    An exact path goes before a glob; in a glob, `*` stands for slashes too.
    """
    keys = list(declared)
    if path in declared:
        return keys.index(path), declared[path]
    for place, key in enumerate(keys):
        if fnmatch.fnmatchcase(path, key):
            return place, declared[key]
    return len(keys), None


def in_declared_order(changes: list[Change], declared: dict[str, str]) -> list[Change]:
    """Return the changes in the order of `[changes]`, undeclared ones last."""
    return sorted(changes, key=lambda change: (reason_for(change.path, declared)[0], change.path))


def _compared(step: Step) -> dict[str, Path]:
    return {name: path for name, path in files(step.path).items() if name not in NOT_COMPARED}
