"""`make diff-N`: what a step changed, file by file in the order of its [changes], with reasons."""

from __future__ import annotations

import difflib
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from course import lock
from course.catalog import Step
from course.changes import Change, compare, in_declared_order, reason_for, with_moves
from course.errors import CourseError

CONTEXT = 3  # unchanged lines shown around a change
THEME = "ansi_dark"  # the terminal's own colours, so that it is readable on light and dark
KIND_STYLES = {"added": "green", "removed": "red", "changed": "yellow"}
SUMMARISED = {"sample_data.json"}


def render(before: Step | None, step: Step, *, side_by_side: bool, width: int) -> RenderableType:
    """Return what `step` changed; `before` None means that it is the first."""
    title = Text(f"Step {step.number}: {step.title}", style="bold")
    if before is None:
        return Group(title, Text("It is the first step: there is nothing before it to compare to."))
    changes = in_declared_order(with_moves(compare(before, step), step.moved), step.changes)
    parts: list[RenderableType] = [title, Text(step.problem), Text()]
    parts.append(_contents(changes, step))
    for change in changes:
        reason = reason_for(change.path, step.changes)[1] or ""
        parts += [Text(), *render_change(change, reason, side_by_side, width)]
    return Group(*parts)


def render_change(
    change: Change, reason: str, side_by_side: bool, width: int
) -> Iterator[RenderableType]:
    """Yield what differs in one file, under its name and the reason for it."""
    yield from _heading(change, reason)
    yield from _body(change, side_by_side, width)


def show(content: RenderableType, console: Console) -> None:
    """Print, through $PAGER when the console is a terminal."""
    with console.capture() as captured:
        console.print(content)
    text = captured.get()
    pager = _pager()
    if not console.is_terminal:
        # Tables pad their last column.
        text = "".join(line.rstrip() + "\n" for line in text.splitlines())
    if not console.is_terminal or pager is None:
        console.file.write(text)
        return
    environment = {"LESS": "FRX"} | os.environ
    # The reader may leave the pager before the end.
    subprocess.run(pager, input=text, text=True, encoding="utf-8", env=environment, check=False)


def _pager() -> list[str] | None:
    command = shlex.split(os.environ.get("PAGER", "less -R"))
    return command if command and shutil.which(command[0]) else None


def _contents(changes: list[Change], step: Step) -> Table:
    """List the files with what happened to each and why."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for change in changes:
        table.add_row(_kind(change), change.path, reason_for(change.path, step.changes)[1] or "")
    return table


def _kind(change: Change) -> Text:
    return Text(change.kind, style=KIND_STYLES.get(change.kind, "cyan"))


def _heading(change: Change, reason: str) -> Iterator[RenderableType]:
    yield Rule(style="dim", characters="─")
    origin = f"  (was {change.came_from})" if change.came_from else ""
    yield Text.assemble(_kind(change), "  ", (change.path, "bold"), origin)
    if reason:
        yield Padding(Text(reason, style="italic"), (0, 0, 0, 2))


def _body(change: Change, side_by_side: bool, width: int) -> Iterator[RenderableType]:
    if change.kind == "moved":
        return
    old, new = _text(change.old), _text(change.new)
    if old is None or new is None:
        sizes = [f"{path.stat().st_size:,} bytes" for path in (change.old, change.new) if path]
        yield Text("  binary file, " + " → ".join(sizes))
        return
    name = change.path.rpartition("/")[2]
    if name == "requirements.txt" and (summary := lock_summary(old, new)) is not None:
        yield from summary
    elif name in SUMMARISED:
        yield _line_count(old, new)
    elif side_by_side and change.old and change.new:
        yield from _columns(change, old, new, width)
    else:
        yield from _unified(change, old, new)


def _text(path: Path | None) -> str | None:
    """Return a file's text, "" for no file, None for one that is not text."""
    if path is None:
        return ""
    content = path.read_bytes()
    if b"\0" in content:
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None


def lock_summary(old: str, new: str) -> Iterator[Text] | None:
    """Return which packages a lock gained, lost and changed; None when it is no lock."""
    try:
        before, after = _versions(old), _versions(new)
    except CourseError:
        return None
    return _lock_lines(before, after)


def _versions(text: str) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for pin in lock.parse(text, "requirements.txt"):
        found.setdefault(pin.name, set()).add(pin.version)
    return {name: ", ".join(sorted(versions)) for name, versions in found.items()}


def _lock_lines(before: dict[str, str], after: dict[str, str]) -> Iterator[Text]:
    for name in sorted(before.keys() | after.keys()):
        if name not in before:
            yield Text(f"+ {name} {after[name]}", style="green")
        elif name not in after:
            yield Text(f"- {name} {before[name]}", style="red")
        elif before[name] != after[name]:
            yield Text(f"~ {name} {before[name]} → {after[name]}", style="yellow")


def _line_count(old: str, new: str) -> Text:
    lines = [
        line
        for line in difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=0)
        if not line.startswith(("+++", "---", "@@"))
    ]
    added = sum(line.startswith("+") for line in lines)
    return Text(f"  {added} lines added, {len(lines) - added} removed")


def _highlighted(text: str, path: str) -> list[Text]:
    """Return the lines of a file in syntax colours."""
    lexer = Syntax.guess_lexer(path, code=text)
    coloured = Syntax("", lexer, theme=THEME, background_color="default").highlight(text)
    lines = list(coloured.split("\n", allow_blank=True))
    return lines[: len(text.splitlines())]


def _unified(change: Change, old: str, new: str) -> Iterator[Text]:
    old_lines, new_lines = old.splitlines(), new.splitlines()
    coloured_old = _highlighted(old, change.came_from or change.path)
    coloured_new = _highlighted(new, change.path)
    for group in _hunks(old_lines, new_lines):
        yield Text(_position(group), style="cyan")
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                for line in coloured_new[j1:j2]:
                    yield Text.assemble("  ", line)
                continue
            for line in old_lines[i1:i2]:
                yield Text(f"- {line}", style="red")
            for line in coloured_new[j1:j2]:
                yield Text.assemble(("+ ", "bold green"), line)
    if not coloured_old and not coloured_new:
        yield Text("  (an empty file)", style="dim")


def _columns(change: Change, old: str, new: str, width: int) -> Iterator[RenderableType]:
    old_lines, new_lines = old.splitlines(), new.splitlines()
    coloured_old = _highlighted(old, change.came_from or change.path)
    coloured_new = _highlighted(new, change.path)
    digits = len(str(max(len(old_lines), len(new_lines), 1)))
    half = max((width - 3) // 2 - digits - 3, 10)
    for group in _hunks(old_lines, new_lines):
        table = Table(box=None, padding=(0, 1, 0, 0), show_header=False, pad_edge=False)
        for _ in range(2):
            table.add_column(width=digits + 1, justify="right", no_wrap=True)
            table.add_column(width=half, overflow="fold")
        for tag, i1, i2, j1, j2 in group:
            for i, j in zip_longest(range(i1, i2), range(j1, j2)):
                mark_old, mark_new = ("", "") if tag == "equal" else ("-", "+")
                table.add_row(
                    *_cell(i, mark_old, "red", coloured_old),
                    *_cell(j, mark_new, "green", coloured_new),
                )
        yield Text(_position(group), style="cyan")
        yield table


def _cell(index: int | None, mark: str, style: str, lines: list[Text]) -> tuple[Text, Text]:
    """Return the number and the text of one line; empty where this side has none."""
    if index is None:
        return Text(), Text()
    number = Text(f"{mark}{index + 1}", style=style if mark else "dim")
    return number, lines[index] if mark != "-" else Text(lines[index].plain, style="red")


def _hunks(old: list[str], new: list[str]) -> Iterator[list[tuple[str, int, int, int, int]]]:
    return difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(CONTEXT)


def _position(group: list[tuple[str, int, int, int, int]]) -> str:
    """Return where a hunk is, as in a unified diff."""
    first, last = group[0], group[-1]
    return f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@"


def _range(start: int, end: int) -> str:
    return f"{start + 1 if end > start else start},{end - start}"
