"""The kit's repository: the last commit, as a git repository of its own with no other in it.

People in a class take their changes back with git, so it has to be one. A fetch of depth 1 brings
the files without the history; what git notes of where they came from is deleted.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from course.errors import CourseError

BRANCH = "main"
# Where git notes paths of this machine, and its templates.
NOTES = ("FETCH_HEAD", "ORIG_HEAD", "logs", "hooks", "branches", "description")


@dataclass(frozen=True)
class Commit:
    """What a kit is made from; `left_out` are the files that differ from it."""

    id: str
    made: datetime
    left_out: list[str]

    @property
    def name(self) -> str:
        """Return what the kit is called."""
        return f"flask-at-scale-{self.made:%Y-%m-%d}-{self.id[:7]}"


def last_commit(root: Path) -> Commit:
    """Return the last commit of the checkout; CourseError when it is not a git repository's."""
    if not shutil.which("git"):
        raise CourseError(
            "make offline takes what is committed, for which it needs git: install it."
        )
    if not (root / ".git").exists():
        raise CourseError(
            f"{root} is not a git repository, and a kit is made of what is committed: "
            "git clone the course, then make offline there."
        )
    commit, made = _git(root, "log", "-1", "--format=%H %cI").split()
    # One NUL behind each; of what was renamed the old name follows, which has no status before it.
    status = _git(root, "status", "--porcelain", "--no-renames", "-z").split("\0")
    return Commit(commit, datetime.fromisoformat(made), [line[3:] for line in status if line])


def copy(root: Path, commit: Commit, to: Path) -> None:
    """Make `to` a repository that has this commit and no other."""
    to.mkdir(parents=True)
    _git(to, "init", "--quiet", "--initial-branch", BRANCH)
    _git(to, "fetch", "--quiet", "--depth", "1", "--no-tags", str(root), "HEAD")
    _git(to, "-c", "core.autocrlf=false", "reset", "--quiet", "--hard", commit.id)
    for name in NOTES:
        path = to / ".git" / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _git(where: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(where), *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[0]
        raise CourseError(f"git {arguments[0]}: {said}")
    return done.stdout
