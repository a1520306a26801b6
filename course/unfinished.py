"""What was begun and left: marks of `make new-step`, conflicts of `make cascade`.

Finds them, so that none passes for done.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from course.cascade import merge
from course.catalog import Step
from course.files import files

MARK = "TODO(new step)"
CONFLICT = "<<<<<<< "
NAMELESS = "new-step"
PLACES = ("steps", "exercises", "solutions", "loadtests", "docs", "slides")
# Where a mark is at home: the guide that explains it.
EXPLAINED = {"docs/maintainer.md"}
# The copies in here are compared with their originals anyway.
COPIES = "/.starter/"


def check(root: Path, steps: list[Step]) -> list[str]:
    """Return what is still to be written, one sentence each that names the file and the line."""
    findings = []
    for step in steps[1:]:
        if not (step.changes or step.moved):
            findings.append(f"steps/{step.name}/step.toml: the step changes nothing: see [changes]")
        if step.name.endswith(NAMELESS):
            findings.append(f"steps/{step.name}: the directory has no name of its own")
    for path, number, line in _marked(root):
        text = line.strip().removeprefix("# ").replace(MARK, "to be written")
        what = "a conflict of make cascade" if line.startswith(CONFLICT) else text
        findings.append(f"{path}, line {number}: {what}")
    return findings


def _marked(root: Path) -> Iterator[tuple[str, int, str]]:
    """Yield the lines with a mark or the head of a conflict: path, the line's number, the line."""
    for place in PLACES:
        for name, path in files(root / place).items():
            shown = f"{place}/{name}"
            if shown in EXPLAINED or COPIES in shown:
                continue
            content = path.read_bytes()
            if MARK.encode() not in content and CONFLICT.encode() not in content:
                continue
            for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
                if MARK in line or merge.is_start(line):
                    yield shown, number, line
