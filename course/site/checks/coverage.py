"""Each file that a step changes is shown in its chapter, or waived there with a reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.table import Table

from course.catalog import Step
from course.changes import reason_for
from course.errors import CourseError
from course.site.pages import Fence, Page
from course.site.values import Body, parse


@dataclass(frozen=True)
class Covered:
    """What became of an entry of [changes] in the chapter; `waived` is the reason, if it is."""

    step: Step
    entry: str
    shown: int
    waived: str

    @property
    def fault(self) -> str:
        """What is wrong, "" when nothing is."""
        if self.shown and self.waived:
            return "is waived, and shown all the same"
        if not self.shown and not self.waived:
            return "is neither shown nor waived"
        return ""


def check(pages: Sequence[Page], steps: Iterable[Step]) -> list[str]:
    """Return the entries that no reader of the chapter sees, and waivers that are none."""
    by_uri = {page.uri: page for page in pages}
    findings = []
    for step in steps:
        page = by_uri.get(f"steps/{step.name}.md")
        if page is None:
            continue
        for each in coverage(page, step):
            if each.fault:
                findings.append(
                    f"docs/{page.uri}: {each.entry!r}, in [changes] of the step, {each.fault}"
                )
        unknown = [name for name in _waived(page, step) if name not in step.changes]
        findings += [
            f"docs/{page.uri}: {name!r} is waived, which is not in [changes]" for name in unknown
        ]
    return findings


def coverage(page: Page, step: Step) -> list[Covered]:
    """Return what becomes of each entry of [changes] of a step in its chapter."""
    shown = [entry_of(file, step) for file in _shown(page, step)]
    waived = _waived(page, step)
    return [
        Covered(step, entry, shown.count(entry), waived.get(entry, "")) for entry in step.changes
    ]


def entry_of(file: str, step: Step) -> str:
    """Return the entry of [changes] that a file falls under, "" for none."""
    place, reason = reason_for(file, step.changes)
    return list(step.changes)[place] if reason else ""


def table(pages: Sequence[Page], steps: Iterable[Step]) -> Table:
    """Return what each chapter shows and waives."""
    by_uri = {page.uri: page for page in pages}
    found = Table(title="What the chapters show of [changes]", title_justify="left")
    for heading in ("step", "shown", "waived", "neither"):
        found.add_column(heading, justify="left" if heading == "step" else "right")
    for step in steps:
        page = by_uri.get(f"steps/{step.name}.md")
        if page is None:
            found.add_row(f"{step.number} {step.title}", "no chapter", style="red")
            continue
        each = coverage(page, step)
        counts = (
            sum(bool(one.shown) for one in each),
            sum(bool(one.waived) for one in each),
            sum(not one.shown and not one.waived for one in each),
        )
        style = "red" if any(one.fault for one in each) else ""
        found.add_row(f"{step.number} {step.title}", *map(str, counts), style=style)
    return found


def _shown(page: Page, step: Step) -> list[str]:
    bodies = [_body(fence) for fence in page.of("listing", "change")]
    return [str(body.get("file")) for body in bodies if body.get("step") == step.number]


def _waived(page: Page, step: Step) -> dict[str, str]:
    waived: dict[str, str] = {}
    for fence in page.of("waived"):
        body = _body(fence)
        files = body.get("files")
        if body.get("step") == step.number and isinstance(files, dict):
            waived |= {str(name): str(why or "") for name, why in files.items()}
    return waived


def _body(fence: Fence) -> Body:
    """Return what a block says; one that is broken says nothing here, and fails the build."""
    try:
        return parse(fence.body, (), ("step", "file", "symbol", "files"))
    except CourseError:
        return Body({})
