"""What becomes of one file of the next step when its original has changed: a three-way merge.

Pure: takes and returns contents. `git merge-file` does the merging of lines.
"""

from __future__ import annotations

import difflib
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from course.cascade.trees import File, Tree
from course.errors import CourseError

# What was done, or was so before. The values are the words that are printed.
COPIED, MERGED, ADDED, REMOVED = "copied", "merged", "added", "removed"
THERE, ABSENT = "has it", "lacks it"
# What somebody has to decide.
CONFLICT, KEPT, GONE, HOMELESS, TAKEN = "conflict", "kept", "gone", "homeless", "taken"
STOPS = {CONFLICT, KEPT, GONE, HOMELESS, TAKEN}
ALIKE = 0.6  # of the lines of two files, from which on one is taken for the other renamed
MARKER = re.compile(r"^(<{7}|\|{7}|>{7}) (step|exercise|solution) \d", re.MULTILINE)
WITH_THE_FIX = "with the fix"
PLACES = 3
TELLING = 12  # characters from which on a line tells a file from others


@dataclass(frozen=True)
class Change:
    """What has changed in one file; `before` or `after` is None where it is not there.

    `was` is its name before, if it was renamed.
    """

    path: str
    before: File | None
    after: File | None
    was: str | None = None

    @property
    def kind(self) -> str:
        """One word for it."""
        if self.was:
            return "renamed"
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


@dataclass(frozen=True)
class Conflict:
    """One place where both sides changed the same lines.

    `line` is where its first marker stands, `inside` the function or class around it ("" if none).
    """

    line: int
    inside: str
    ours: list[str]
    base: list[str]
    theirs: list[str]


@dataclass(frozen=True)
class Outcome:
    """What a change means for the next step; `path` is the file's name there.

    `writes` has the new contents by path, None where a file goes. `ours` is the file before.
    """

    change: Change
    path: str
    kind: str
    writes: Mapping[str, File | None] = field(default_factory=dict)
    ours: File | None = None
    conflicts: tuple[Conflict, ...] = ()

    @property
    def stops(self) -> bool:
        """Whether somebody has to decide something."""
        return self.kind in STOPS


def changes(before: Tree, after: Tree) -> list[Change]:
    """Return what differs between two states of a step, in the order of the paths."""
    gone = {path: before[path] for path in before.keys() - after.keys()}
    found = []
    for path in sorted(after):
        if path not in before:
            was = _old_name(after[path], gone)
            found.append(Change(path, gone.pop(was) if was else None, after[path], was))
        elif before[path] != after[path]:
            found.append(Change(path, before[path], after[path]))
    found += [Change(path, file, None) for path, file in gone.items()]
    return sorted(found, key=lambda change: change.path)


def carry(
    change: Change,
    ours: Tree,
    *,
    moved: Mapping[str, str],
    origin: Tree,
    names: tuple[str, str],
) -> Outcome:
    """Return what a change of one step means for `ours`, the files made from that step.

    `moved` are the paths that have another name there, `origin` is the step before the change,
    and `names` are what conflicts call the two: (the one changed, ours).
    """
    if change.after is None:
        return _removed(change, ours, moved.get(change.path, change.path))
    if change.before is None:
        return _added(change, ours, origin, names)
    return _changed(change, ours, moved, names)


def is_start(line: str) -> bool:
    """Whether a conflict begins with this line."""
    return line.startswith("<") and bool(MARKER.match(line))


def has_markers(file: File) -> bool:
    """Whether there is a conflict left in a file."""
    return bool(MARKER.search(file.content.decode("utf-8", "replace")))


def where_now(change: Change, ours: Tree, own: File | None) -> list[str]:
    """Return in which files the lines that were changed are now; `own` is the file itself.

    Only files with more of them than that, and with more than one if there are more.
    """
    if change.before is None or (text := change.before.text) is None:
        return []
    old, new = text.splitlines(), ((change.after and change.after.text) or "").splitlines()
    near: set[str] = set()
    for group in difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(2):
        near |= {line.strip() for line in old[group[0][1] : group[-1][2]]}
    near = {line for line in near if len(line) >= TELLING}

    def count(file: File | None) -> int:
        return len(near & {line.strip() for line in ((file and file.text) or "").splitlines()})

    least = max(count(own) + 1, min(len(near), 2))
    found = {path: count(file) for path, file in ours.items()}
    places = sorted(found, key=lambda path: (-found[path], path))
    return [path for path in places if found[path] >= least][:PLACES]


def _old_name(file: File, gone: Mapping[str, File]) -> str | None:
    """Return which of the files that are gone this one was; None when it is new."""
    best, name = ALIKE, None
    for path, other in sorted(gone.items()):
        likeness = 1.0 if other.content == file.content else _likeness(other, file)
        if likeness >= best and (name is None or likeness > best):
            best, name = likeness, path
    return name


def _likeness(one: File, other: File) -> float:
    if one.text is None or other.text is None:
        return 0.0
    lines = (one.text.splitlines(), other.text.splitlines())
    return difflib.SequenceMatcher(None, *lines, autojunk=False).ratio()


def _removed(change: Change, ours: Tree, path: str) -> Outcome:
    mine = ours.get(path)
    if mine is None:
        return Outcome(change, path, ABSENT)
    if mine.content == change.before.content:
        return Outcome(change, path, REMOVED, {path: None}, mine)
    return Outcome(change, path, KEPT, {}, mine)


def _added(change: Change, ours: Tree, origin: Tree, names: tuple[str, str]) -> Outcome:
    path, mine = change.path, ours.get(change.path)
    if mine == change.after:
        return Outcome(change, path, THERE)
    if mine is not None:
        return _merge(change, path, path, File(b""), mine, names)
    parent = str(PurePosixPath(path).parent)
    homeless = _has(origin, parent) and not _has(ours, parent)
    return Outcome(change, path, HOMELESS if homeless else ADDED, {path: change.after})


def _changed(
    change: Change, ours: Tree, moved: Mapping[str, str], names: tuple[str, str]
) -> Outcome:
    source = change.was or change.path
    here = moved.get(source, source)
    # Where the step has moved a file itself, its new name stays.
    there = change.path if here == source else here
    if here not in ours:
        if there not in ours:
            return Outcome(change, here, GONE)
        here = there
    mine = ours[here]
    if there != here and there in ours:
        return Outcome(change, there, TAKEN, {}, ours[there])
    return _merge(change, here, there, change.before, mine, names)


def _merge(
    change: Change, here: str, there: str, base: File, mine: File, names: tuple[str, str]
) -> Outcome:
    """Merge `mine`, which is `here`, with what the change made of `base`; the result is `there`."""
    theirs = change.after
    executable = theirs.executable if theirs.executable != base.executable else mine.executable
    conflicts: tuple[Conflict, ...] = ()
    if mine.content in (base.content, theirs.content):
        kind, content = COPIED, theirs.content
    elif theirs.content == base.content:
        kind, content = MERGED, mine.content
    elif any(b"\0" in file.content for file in (base, mine, theirs)):
        return Outcome(change, there, CONFLICT, {}, mine)
    else:
        content, clean = _merge_lines(mine, base, theirs, names)
        kind = MERGED if clean else CONFLICT
        conflicts = () if clean else tuple(parse(content.decode("utf-8", "replace")))
    result = File(content, executable)
    if result == mine and here == there:
        return Outcome(change, there, THERE, {}, mine)
    writes: dict[str, File | None] = {there: result}
    if here != there:
        writes[here] = None
    return Outcome(change, there, kind, writes, mine, conflicts)


def _merge_lines(
    mine: File, base: File, theirs: File, names: tuple[str, str]
) -> tuple[bytes, bool]:
    """Return the merged lines, with markers around conflicts, and whether there are none."""
    origin, target = names
    with tempfile.TemporaryDirectory(prefix="cascade-") as directory:
        command = ["git", "merge-file", "-p", "--diff3"]
        labels = (target, f"{origin} as it was", f"{origin} {WITH_THE_FIX}")
        paths = []
        for name, file in zip(("ours", "base", "theirs"), (mine, base, theirs), strict=True):
            paths.append(Path(directory, name))
            paths[-1].write_bytes(file.content)
        for label in labels:
            command += ["-L", label]
        done = subprocess.run([*command, *map(str, paths)], capture_output=True, check=False)
    # The exit code counts the conflicts; from 128 on it is an error.
    if not 0 <= done.returncode < 128:
        raise CourseError(f"git merge-file failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout, done.returncode == 0


def parse(text: str) -> Iterator[Conflict]:
    """Yield the conflicts that are marked in a text."""
    lines = [line.rstrip("\r") for line in text.split("\n")]
    sides: dict[str, list[str]] = {}
    side, start = "", 0
    for number, line in enumerate(lines, start=1):
        if match := MARKER.match(line):
            match match[1][0]:
                case "<":
                    sides, side, start = {"ours": [], "base": [], "theirs": []}, "ours", number
                case "|":
                    side = "base"
                case ">" if side:
                    yield Conflict(start, _inside(lines[: start - 1], sides), **sides)
                    side = ""
        elif side == "base" and line == "=======":
            side = "theirs"
        elif side:
            sides[side].append(line)


def _inside(before: list[str], sides: Mapping[str, list[str]]) -> str:
    """Return the name of what is around a conflict: the nearest definition, less indented."""
    lines = next(filter(None, (sides["ours"], sides["theirs"], sides["base"])), [""])
    depth = len(lines[0]) - len(lines[0].lstrip())
    for line in reversed(before):
        found = re.match(r"(\s*)(?:export )?(?:async )?(?:def|class|function) (\w+)", line)
        if found and len(found[1]) < max(depth, 1):
            return found[2]
    return ""


def _has(tree: Tree, directory: str) -> bool:
    return directory == "." or any(path.startswith(f"{directory}/") for path in tree)
