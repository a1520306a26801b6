"""Each chapter has the parts that a reader expects, in their order, and a length to be read."""

from __future__ import annotations

import re
from collections.abc import Sequence

from course.catalog import Step
from course.site.pages import Page

SECTIONS = (
    "The problem",
    "The pattern",
    "The change, file by file",
    "Run it",
    "Measure it",
    "Break it",
    "What is still wrong",
    "Pitfalls",
    "In your project",
    "Exercise",
    "Sources",
)
NOT_IN_THE_FIRST = ("The change, file by file", "Measure it")  # there is no step before it
WORDS = range(900, 1801)


def check(pages: Sequence[Page], steps: Sequence[Step]) -> list[str]:
    """Return what is wrong with the chapters."""
    by_uri = {page.uri: page for page in pages}
    findings = []
    for step in steps:
        uri = f"steps/{step.name}.md"
        if uri in by_uri:
            findings += [f"docs/{uri}: {wrong}" for wrong in _wrong(by_uri[uri], step)]
        else:
            findings.append(f"docs/{uri} is missing: step {step.number} has no chapter")
    return findings


def _wrong(page: Page, step: Step) -> list[str]:
    wrong = []
    if page.meta.get("step") != step.number:
        wrong.append(f"`step` in the front matter is not {step.number}")
    if not re.search(rf"^# .+\n\s*```chapter\nstep: {step.number}\n```", page.text, re.MULTILINE):
        wrong.append("there is no `chapter` block of its step directly below its title")
    optional = NOT_IN_THE_FIRST if step.number == 1 else ()
    wanted = [section for section in SECTIONS if section not in optional]
    wrong += [f"the section {name!r} is missing" for name in wanted if name not in page.sections]
    order = [name for name in page.sections if name in SECTIONS]
    if order != sorted(order, key=SECTIONS.index):
        wrong.append(f"its sections are in another order: {', '.join(order)}")
    twice = {name for name in order if order.count(name) > 1}
    wrong += [f"it has two sections {name!r}" for name in sorted(twice)]
    if not any(fence.body.strip() == f"step: {step.number}" for fence in page.of("exercise")):
        wrong.append("it does not show the exercise of its step")
    if page.words not in WORDS:
        wrong.append(f"{page.words} words; a chapter has {WORDS.start} to {WORDS.stop - 1}")
    return wrong
