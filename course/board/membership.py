"""What an attendee's checkout knows of the board that it has joined: a file for this user only."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from course.errors import CourseError

FILE = Path(".data", "board.json")


@dataclass(frozen=True)
class Membership:
    """A nickname on a board. `unsent` are the exercises that passed and are not on it yet."""

    url: str
    nickname: str
    password: str
    token: str = ""
    unsent: tuple[int, ...] = ()

    def with_passed(self, number: int) -> Membership:
        """Return it with one more exercise to report."""
        return replace(self, unsent=tuple(sorted({*self.unsent, number})))


def read(root: Path) -> Membership | None:
    """Return the membership of the checkout, None when it has none.

    CourseError when its file cannot be read.
    """
    file = root / FILE
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        found["unsent"] = tuple(map(int, found["unsent"]))
        return Membership(**found)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise CourseError(f"{FILE} cannot be read ({error}): make leave, then make join.") from None


def write(root: Path, membership: Membership) -> None:
    """Keep the membership, readable for this user only."""
    write_private(root / FILE, asdict(membership))


def forget(root: Path) -> bool:
    """Delete the membership; False when there is none."""
    try:
        (root / FILE).unlink()
    except FileNotFoundError:
        return False
    return True


def write_private(file: Path, content: dict) -> None:
    """Write JSON, whole or not at all, into a file that only this user may read."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as out:
        json.dump(content, out, indent=2)
    new.replace(file)
