"""How far a cascade is: .data/cascade.json, so that the same command again goes on from there."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course.cascade.trees import File, Tree
from course.errors import CourseError

FILE = Path(".data", "cascade.json")


@dataclass
class Written:
    """A file that the cascade has changed: before it began, and as it has left it.

    `by_hand` tells that somebody had to decide about it, and may have left it as it was.
    """

    before: File | None
    after: File | None
    by_hand: bool = False


@dataclass
class Stop:
    """Where a cascade waits: at a step or its exercise, and which files have markers to solve."""

    step: int
    exercise: bool = False
    marked: list[str] = field(default_factory=list)

    @property
    def unit(self) -> str:
        """The step or the exercise, as in step 4."""
        return f"{'exercise' if self.exercise else 'step'} {self.step}"


@dataclass
class State:
    """One cascade, from step `start`, that began at the commit `base`.

    `carried` has, by the name of an edge, what its source has handed on, as the difference from
    `base`; `written` has all files that were changed, by path in the checkout; `tested` tells
    with which content the tests of a step have passed; `head` is the commit when it was finished.
    `pending` are files that are being written: who is killed then finds them here.
    """

    start: int
    base: str
    carried: dict[str, dict[str, File | None]] = field(default_factory=dict)
    written: dict[str, Written] = field(default_factory=dict)
    tested: dict[str, str] = field(default_factory=dict)
    stop: Stop | None = None
    head: str | None = None
    pending: dict[str, Written] = field(default_factory=dict)

    def handed_on(self, edge: str, base: Tree) -> Tree:
        """Return what the source of an edge has handed on so far; `base` is what it began with."""
        tree = dict(base)
        for path, file in self.carried.get(edge, {}).items():
            if file is None:
                tree.pop(path, None)
            else:
                tree[path] = file
        return tree

    def hand_on(self, edge: str, base: Tree, now: Tree) -> None:
        """Note that the source of an edge has handed on all that it has now."""
        paths = base.keys() | now.keys()
        self.carried[edge] = {
            path: now.get(path) for path in sorted(paths) if base.get(path) != now.get(path)
        }

    def save(self, root: Path) -> None:
        """Write the file, whole or not at all."""
        path = root / FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_text(json.dumps(self._values(), indent=1, ensure_ascii=False), encoding="utf-8")
        new.replace(path)

    def _values(self) -> dict[str, Any]:
        return {
            "start": self.start,
            "base": self.base,
            "head": self.head,
            "stop": vars(self.stop) if self.stop else None,
            "tested": self.tested,
            "carried": {
                edge: {path: _packed(file) for path, file in files.items()}
                for edge, files in self.carried.items()
            },
            "written": dict(_packed_all(self.written)),
            "pending": dict(_packed_all(self.pending)),
        }


def edge(source: int, target: int | None = None) -> str:
    """Return the name of what leads from a step to the next, or to its exercise."""
    return f"{source}>{target or 'exercise'}"


def unit(path: str) -> str:
    """Return the step or the exercise that a file of the checkout belongs to, as in step 4."""
    match = re.match(r"(steps|exercises|solutions)/(\d+)", path)
    return f"{'step' if match[1] == 'steps' else 'exercise'} {int(match[2])}"


def load(root: Path) -> State | None:
    """Return the cascade of a checkout; None when there is none. CourseError for a broken file."""
    path = root / FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return State(
            start=values["start"],
            base=values["base"],
            carried={
                edge: {name: _unpacked(file) for name, file in files.items()}
                for edge, files in values["carried"].items()
            },
            written=dict(_unpacked_all(values["written"])),
            tested=values["tested"],
            stop=Stop(**values["stop"]) if values["stop"] else None,
            head=values["head"],
            pending=dict(_unpacked_all(values["pending"])),
        )
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CourseError(
            f"{FILE} cannot be read. Commit or take back what is in steps/, then delete it."
        ) from None


def forget(root: Path) -> None:
    """There is no cascade any more."""
    (root / FILE).unlink(missing_ok=True)


def _packed(file: File | None) -> dict[str, Any] | None:
    if file is None:
        return None
    values: dict[str, Any] = {"executable": True} if file.executable else {}
    if file.text is None:
        return values | {"base64": base64.b64encode(file.content).decode()}
    return values | {"text": file.text}


def _unpacked(values: Mapping[str, Any] | None) -> File | None:
    if values is None:
        return None
    text = values.get("text")
    content = base64.b64decode(values["base64"]) if text is None else text.encode()
    return File(content, values.get("executable", False))


def _packed_all(files: Mapping[str, Written]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, one in files.items():
        values = {"before": _packed(one.before), "after": _packed(one.after)}
        yield path, values | ({"by_hand": True} if one.by_hand else {})


def _unpacked_all(files: Mapping[str, Any]) -> Iterator[tuple[str, Written]]:
    for path, values in files.items():
        before, after = _unpacked(values["before"]), _unpacked(values["after"])
        yield path, Written(before, after, values.get("by_hand", False))
