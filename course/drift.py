"""Keeps the checkpoints honest: what differs from the step before is declared, and only that."""

from __future__ import annotations

import fnmatch
from itertools import pairwise

from course.catalog import Step
from course.changes import Change, compare, reason_for, with_moves
from course.files import files


def check(steps: list[Step]) -> list[str]:
    """Return what is wrong, one sentence each that names the file and says what to write where."""
    findings = []
    for step in steps[:1]:
        for table in ("changes", "moved"):
            if getattr(step, table):
                findings.append(f"{_toml(step)}: the first step has nothing to put in [{table}]")
    for before, step in pairwise(steps):
        findings += check_pair(before, step)
    return findings


def check_pair(before: Step, step: Step) -> list[str]:
    """Return what is wrong with the declarations of `step`."""
    plain = compare(before, step)
    changes = with_moves(plain, step.moved)
    return [
        *_moved_mistakes(before, step),
        *_undeclared(before, step, changes),
        *_declared_for_nothing(step, changes, plain),
    ]


def _undeclared(before: Step, step: Step, changes: list[Change]) -> list[str]:
    findings = []
    for change in changes:
        needs_reason = change.kind != "moved"
        if needs_reason and reason_for(change.path, step.changes)[1] is None:
            findings.append(
                f"steps/{step.name}/{change.path}: {change.kind} since steps/{before.name}, but "
                f'not declared. Write "{change.path}" = "<why>" under [changes] in '
                f"{_toml(step)}, or undo the difference."
            )
    return findings


def _declared_for_nothing(step: Step, changes: list[Change], plain: list[Change]) -> list[str]:
    findings = []
    # The old path of a moved file may be covered by a glob, that is no lie.
    candidates = {change.path for change in changes if change.kind != "moved"}
    plain_paths = {change.path for change in plain}
    for key in step.changes:
        if not key.strip("*?/"):
            findings.append(
                f"{_toml(step)}: [changes] has {key!r}, which declares everything; name the files"
            )
        elif not any(fnmatch.fnmatchcase(path, key) or path == key for path in candidates):
            moved_only = key in plain_paths
            why = (
                "was only moved, which [moved] says already"
                if moved_only
                else "is the same as in the step before, or in neither"
            )
            findings.append(
                f'{_toml(step)}: [changes] has "{key}", but that {why}. Remove the line.'
            )
    return findings


def _moved_mistakes(before: Step, step: Step) -> list[str]:
    old_files, new_files = files(before.path), files(step.path)
    findings = []
    for old, new in step.moved.items():
        line = f'{_toml(step)}: [moved] has "{old}" = "{new}", but'
        if old not in old_files:
            findings.append(f"{line} steps/{before.name}/{old} is not there. Correct the old path.")
        elif old in new_files:
            findings.append(
                f"{line} steps/{step.name}/{old} is still there. Delete it, or remove the line."
            )
        if new not in new_files:
            findings.append(f"{line} steps/{step.name}/{new} is not there. Correct the new path.")
        elif new in old_files:
            findings.append(
                f"{line} steps/{before.name}/{new} was there already. Declare it under [changes]."
            )
    for new in {new for new in step.moved.values() if list(step.moved.values()).count(new) > 1}:
        findings.append(f'{_toml(step)}: [moved] names "{new}" as the new path of several files.')
    return findings


def _toml(step: Step) -> str:
    return f"steps/{step.name}/step.toml"
