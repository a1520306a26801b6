"""The table of steps in README.md, generated from step.toml."""

from __future__ import annotations

from pathlib import Path

from course.catalog import Step
from course.errors import CourseError

BEGIN = "<!-- steps: written by `python -m course readme --write` -->"
END = "<!-- /steps -->"


def table(steps: list[Step]) -> str:
    """Return the steps as a Markdown table."""
    lines = ["| step | what it adds | the problem it solves |", "| --- | --- | --- |"]
    for step in steps:
        cells = (f"[{step.number}](steps/{step.name}/)", step.title, step.problem)
        lines.append("| " + " | ".join(map(_escaped, cells)) + " |")
    return "\n".join(lines) + "\n"


def _escaped(cell: str) -> str:
    """Return a cell in which nothing ends the cell or passes for an HTML tag."""
    return cell.replace("|", "\\|").replace("<", "&lt;")


def with_table(text: str, steps: list[Step]) -> str:
    """Return the README's text with the present table; CourseError when it has no place for it."""
    start, end = text.find(BEGIN), text.find(END)
    if not 0 <= start < end:
        raise CourseError(f"README.md: the lines {BEGIN} and {END} are missing around the table.")
    return text[: start + len(BEGIN)] + "\n" + table(steps) + text[end:]


def check(root: Path, steps: list[Step]) -> str | None:
    """Return what is wrong with the table in README.md, None when it is right."""
    text = (root / "README.md").read_text(encoding="utf-8")
    if text == with_table(text, steps):
        return None
    return (
        "README.md: the table of steps is not what step.toml files say; "
        "run .venv/bin/python -m course readme --write"
    )


def write(root: Path, steps: list[Step]) -> bool:
    """Bring the table up to date; return whether it had to change."""
    path = root / "README.md"
    text = path.read_text(encoding="utf-8")
    new = with_table(text, steps)
    path.write_text(new, encoding="utf-8")
    return new != text
