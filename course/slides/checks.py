"""What holds for the decks: time, words, code, notes, figures; one line for each fault.

What only a browser can tell (overflow, contrast) is in tests/slides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from course.catalog import Step
from course.load import figures
from course.slides.deck import Deck, Slide

# Minutes of the parts of the class, by deck.
PLAN = {"introduction": 10, "large-applications": 60, "under-load": 60, "discussion": 50}
WORDS, CODE = 40, 16
BLOCK = re.compile(r"^(`{3,}|~{3,})([^\n]*)\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL)
WORD = re.compile(r"\w[\w’'./-]*")
# Code typed into a slide; the blocks of the site are built and measured in the browser.
TYPED = ("console", "sh", "python", "text", "nginx", "ini", "json", "http", "html", "sql")


def check(decks: Sequence[Deck], steps: Sequence[Step]) -> list[str]:
    """Return what is wrong with the decks, one line each."""
    findings = []
    for deck in decks:
        findings += time(deck)
        for slide in deck.slides:
            findings += [f"{deck.place(slide)}: {fault}" for fault in contents(slide)]
    return findings + coverage(decks, steps)


def time(deck: Deck) -> list[str]:
    """A part that takes more or less than its time, with what could go."""
    planned = PLAN.get(deck.name, deck.minutes)
    findings = []
    if deck.minutes != planned:
        findings.append(f"slides/{deck.name}.md says {deck.minutes:g} minutes, not {planned:g}")
    over = deck.total - deck.minutes
    if over > 0:
        findings.append(
            f"slides/{deck.name}.md: {deck.total:g} minutes, {over:g} too many; could go:"
            + "".join(f"\n    {_minutes(slide)}  {slide.title}" for slide in to_cut(deck))
        )
    elif over < 0:
        findings.append(
            f"slides/{deck.name}.md: {deck.total:g} minutes; {-over:g} of {deck.minutes:g} are free"
        )
    return findings


def to_cut(deck: Deck) -> list[Slide]:
    """Return the slides that could go: optional ones first, then the longest; no exercises."""
    rest = [slide for slide in deck.slides if slide.minutes and slide.kind != "exercise"]
    return sorted(rest, key=lambda slide: (not slide.optional, -slide.minutes))[:8]


def contents(slide: Slide) -> list[str]:
    """Too many words, too much code, missing notes, a figure that somebody typed."""
    findings = []
    words = len(WORD.findall(prose(slide.body)))
    if words > WORDS:
        findings.append(f"{words} words; at most {WORDS}")
    for language, code in typed(slide.body):
        lines = len(code.rstrip("\n").split("\n"))
        if lines > CODE:
            findings.append(f"{lines} lines of {language}; at most {CODE}")
    if "Say" not in slide.notes:
        findings.append("the notes do not have what to say (`Say:`)")
    if slide.kind == "demo":
        wanted = ("Type", "Goes wrong")
        findings += [f"a demo without `{name}:`" for name in wanted if name not in slide.notes]
        if not any(language == "console" for language, _ in typed(slide.body)):
            findings.append("a demo shows its output (a console block): it goes on when it fails")
    if slide.kind == "pattern" and "Asked" not in slide.notes:
        findings.append("a pattern without what people ask (`Asked:`)")
    for text in (slide.body, *slide.notes.values()):
        findings += [f"a figure typed by hand: {found!r}" for found in figures.by_hand(text)]
    return findings


def coverage(decks: Sequence[Deck], steps: Sequence[Step]) -> list[str]:
    """Steps of which the slides say nothing, that have no exercise, or take another time."""
    findings = []
    slides = [(deck, slide) for deck in decks for slide in deck.slides if slide.step]
    numbers = {step.number for step in steps}
    for deck, slide in slides:
        if slide.step not in numbers:
            findings.append(f"{deck.place(slide)}: there is no step {slide.step}")
    for step in steps:
        own = [slide for _, slide in slides if slide.step == step.number]
        shown = [slide for slide in own if not slide.is_backup]
        if not shown:
            findings.append(f"no slide presents step {step.number}, {step.title}")
            continue
        if not any(slide.kind == "exercise" for slide in shown):
            findings.append(f"no slide has the exercise of step {step.number}")
        minutes = sum(slide.minutes for slide in shown)
        if minutes != step.minutes:
            findings.append(
                f"the slides of step {step.number} take {minutes:g} minutes, "
                f"step.toml says {step.minutes:g}"
            )
        for deck, slide in slides:
            if slide in shown and deck.part and deck.part != step.part:
                findings.append(f"{deck.place(slide)}: step {step.number} belongs to {step.part!r}")
    return findings


def prose(body: str) -> str:
    """Return what is read on a slide: without blocks, markup and addresses of links."""
    text = BLOCK.sub("", body)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    text = re.sub(r"\{:?[ .#][^}\n]*\}", "", text)
    return re.sub(r"<[^>\n]+>", "", text)


def typed(body: str) -> list[tuple[str, str]]:
    """Return the blocks of code that stand on the slide itself, with their language."""
    found = ((match[2].strip().split(" ")[0], match[3]) for match in BLOCK.finditer(body))
    return [(language, code) for language, code in found if language in TYPED]


def _minutes(slide: Slide) -> str:
    return f"{slide.minutes:g} min{'  optional' if slide.optional else ''}"
