"""The files of a directory with their contents: as they are on the disk, as they were committed."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from course.errors import CourseError
from course.files import files, is_ignored


@dataclass(frozen=True)
class File:
    """What a file holds, and whether it can be executed."""

    content: bytes
    executable: bool = False

    @property
    def text(self) -> str | None:
        """The content as text, None when it is none."""
        if b"\0" in self.content:
            return None
        try:
            return self.content.decode("utf-8")
        except UnicodeDecodeError:
            return None


ELSEWHERE = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX"}

# By path inside the directory, with slashes.
Tree = dict[str, File]


def on_disk(directory: Path, wanted: Callable[[str], bool] = lambda name: True) -> Tree:
    """Return the files in a directory that is a step's; empty when it is not there.

    CourseError names a symbolic link: copies of the repository do not all keep them.
    """
    tree = {}
    for name, path in files(directory).items():
        if wanted(name):
            if path.is_symlink():
                raise CourseError(f"{path} is a symbolic link, which make cascade does not carry.")
            tree[name] = read(path)
    return tree


def read(path: Path) -> File:
    """Return one file."""
    return File(path.read_bytes(), bool(path.stat().st_mode & 0o100))


def digest(tree: Mapping[str, File]) -> str:
    """Return what tells this content from any other."""
    found = hashlib.sha256()
    for name, file in sorted(tree.items()):
        found.update(f"{name}\0{file.executable}\0{len(file.content)}\0".encode())
        found.update(file.content)
    return found.hexdigest()


class Repository:
    """A git checkout, of which this one may be a part. CourseError when there is none."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._trees: dict[tuple[str, str], Tree] = {}
        if self._git("rev-parse", "--is-inside-work-tree").strip() != b"true":
            raise CourseError(f"{root} is no working tree of git.")

    def commit(self, name: str) -> str:
        """Return the full id of a commit; CourseError when there is none of that name."""
        wanted = f"{name}^{{commit}}"
        try:
            return self._git("rev-parse", "--verify", "--quiet", wanted).decode().strip()
        except CourseError:
            raise CourseError(f"{name!r} is no commit of this repository.") from None

    def short(self, commit: str) -> str:
        """Return how a commit is named in a sentence."""
        return self._git("rev-parse", "--short", commit).decode().strip()

    def tree(
        self, commit: str, directory: str, wanted: Callable[[str], bool] = lambda name: True
    ) -> Tree:
        """Return the files of a directory as they were committed; empty when it was not there."""
        key = (commit, directory)
        if key not in self._trees:
            self._trees[key] = self._read(commit, directory)
        return {name: file for name, file in self._trees[key].items() if wanted(name)}

    def _read(self, commit: str, directory: str) -> Tree:
        found = []
        listing = self._git("ls-tree", "-r", "-z", commit, "--", f"{directory}/")
        for entry in filter(None, listing.split(b"\0")):
            about, _, path = entry.partition(b"\t")
            mode, kind, blob = about.decode().split()
            name = path.decode().removeprefix(f"{directory}/")
            if kind == "blob" and not is_ignored(name):
                found.append((name, mode == "100755", blob))
        contents = self._blobs([blob for _, _, blob in found])
        return {
            name: File(content, executable)
            for (name, executable, _), content in zip(found, contents, strict=True)
        }

    def _blobs(self, ids: list[str]) -> list[bytes]:
        """Return contents by their ids, all in one go."""
        answer = self._git("cat-file", "--batch", given="".join(f"{id}\n" for id in ids).encode())
        contents, at = [], 0
        for _ in ids:
            end = answer.index(b"\n", at)
            size = int(answer[at:end].split()[2])
            contents.append(answer[end + 1 : end + 1 + size])
            at = end + size + 2
        return contents

    def _git(self, *arguments: str, given: bytes = b"") -> bytes:
        # A hook of another repository, for example, says where that one is.
        ours = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
        try:
            done = subprocess.run(
                ["git", "-C", str(self.root), *arguments],
                env=ours | {"LC_ALL": "C"},
                input=given,
                capture_output=True,
                check=False,
            )
        except FileNotFoundError:
            raise CourseError("git is not there: install it, then run this again.") from None
        if done.returncode:
            why = done.stderr.decode(errors="replace").strip().partition("\n")[0]
            raise CourseError(f"git {arguments[0]} failed: {why or 'it did not say why'}")
        return done.stdout
