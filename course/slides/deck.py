"""Reads the decks in slides/: their slides, what each takes, what is said."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from course.errors import CourseError
from course.paths import ROOT

FOLDER = ROOT / "slides"
# In the order of the class.
DECKS = ("introduction", "large-applications", "under-load", "discussion")
KEYS = {
    "title": (str, "text"),
    "minutes": ((int, float), "a number of minutes"),
    "part": (str, "the `part` of the steps that it presents"),
}
SLIDE_KEYS = {
    "minutes": ((int, float), "a number of minutes"),
    "step": (int, "the number of a step"),
    "kind": (str, "section, pattern, code, demo, exercise, measurement, question or backup"),
    "optional": (bool, "true for what goes first when time is short"),
}
KINDS = ("section", "pattern", "code", "demo", "exercise", "measurement", "question", "backup")
# What the notes of a slide are made of, each at the beginning of a line.
NOTES = ("Say", "Type", "Goes wrong", "Asked")
FENCE = re.compile(r"^(`{3,}|~{3,})")


@dataclass(frozen=True)
class Slide:
    """One slide.

    `line` is where it begins in its deck. `minutes` is class time, 0 for a backup. `step` is the
    step that the time belongs to, None for what belongs to none. `notes` are by their name, one of
    NOTES.
    """

    line: int
    title: str
    kind: str
    minutes: float
    body: str
    notes: dict[str, str]
    step: int | None = None
    optional: bool = False

    @property
    def is_backup(self) -> bool:
        return self.kind == "backup"


@dataclass(frozen=True)
class Deck:
    """The slides of one part of the class; `minutes` is what the plan gives it."""

    name: str
    title: str
    minutes: float
    part: str | None = None
    slides: list[Slide] = field(default_factory=list)

    @property
    def total(self) -> float:
        """The minutes of all slides."""
        return sum(slide.minutes for slide in self.slides)

    def place(self, slide: Slide) -> str:
        """Say where a slide is, for a message."""
        return f"slides/{self.name}.md:{slide.line}: {slide.title!r}"


def load(folder: Path = FOLDER) -> list[Deck]:
    """Return the decks of the class in their order; CourseError with what is wrong in one."""
    return [read(folder / f"{name}.md") for name in DECKS]


def read(path: Path) -> Deck:
    """Return one deck; CourseError with what is wrong, and in which line."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CourseError(f"slides/{path.name} is missing.") from None
    return parse(path.stem, text)


def parse(name: str, text: str) -> Deck:
    """Return the deck in a text: `---` on a line of its own ends its head, and each slide."""
    (first, head), *rest = _split(text)
    where = f"slides/{name}.md"
    values = _values(head, f"{where}:{first}", KEYS)
    for key in ("title", "minutes"):
        if key not in values:
            raise CourseError(f"{where}:{first}: {key!r} is missing; expected {KEYS[key][1]}.")
    return Deck(name, **values, slides=[_slide(line, lines, where) for line, lines in rest])


def _split(text: str) -> list[tuple[int, list[str]]]:
    """Return the parts of a deck, with the line at which each begins; code is left whole."""
    parts: list[tuple[int, list[str]]] = [(1, [])]
    fence = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if match := FENCE.match(line):
            if not fence:
                fence = match[1]
            elif line.strip() == fence:
                fence = ""
        if line.strip() == "---" and not fence:
            parts.append((number + 1, []))
        else:
            parts[-1][1].append(line)
    if not any(line.strip() for line in parts[0][1]):
        # A head between two lines of dashes, as in a page of the site.
        parts = parts[1:]
    return parts or [(1, [])]


def _slide(line: int, lines: list[str], where: str) -> Slide:
    """Return a slide: its keys, an empty line, `# Title`, the body, and its notes."""
    text = "\n".join(lines)
    head, _, rest = text.strip("\n").partition("\n\n")
    place = f"{where}:{line}"
    values = _values(head.splitlines(), place, SLIDE_KEYS)
    body, notes = _with_notes(rest.strip("\n"), place)
    title = re.match(r"# (.+)\n?", body)
    if not title:
        raise CourseError(f"{place}: a slide begins with its keys, an empty line and `# Title`.")
    kind = values.pop("kind", "pattern")
    if kind not in KINDS:
        raise CourseError(f"{place}: {kind!r} is no kind of slide; expected {', '.join(KINDS)}.")
    minutes = values.pop("minutes", None)
    if kind == "backup":
        if minutes:
            raise CourseError(f"{place}: a backup slide takes no time of the plan.")
        minutes = 0
    elif not minutes or minutes <= 0:
        raise CourseError(f"{place}: 'minutes' is missing; expected {SLIDE_KEYS['minutes'][1]}.")
    return Slide(line, title[1].strip(), kind, minutes, body[title.end() :], notes, **values)


def _values(lines: list[str], place: str, keys: dict) -> dict:
    try:
        values = yaml.safe_load("\n".join(lines)) or {}
    except yaml.YAMLError as error:
        raise CourseError(f"{place}: {str(error).splitlines()[0]}.") from None
    if not isinstance(values, dict):
        raise CourseError(f"{place}: expected keys and values, such as `minutes: 2`.")
    for key, value in values.items():
        if key not in keys:
            raise CourseError(f"{place}: unknown key {key!r}; the keys are {', '.join(keys)}.")
        kind, expected = keys[key]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise CourseError(f"{place}: {key!r} is {value!r}; expected {expected}.")
    return values


def _with_notes(text: str, place: str) -> tuple[str, dict[str, str]]:
    """Return the body, and the notes after the line `Notes:`, by their names."""
    body, found, rest = text.partition("\nNotes:\n")
    if not found:
        raise CourseError(f"{place}: a slide has speaker notes, after a line `Notes:`.")
    notes: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in rest.splitlines():
        match = re.match(rf"({'|'.join(NOTES)}): *(.*)", line)
        if match:
            if match[1] in notes:
                raise CourseError(f"{place}: two notes {match[1]!r}; join them.")
            current = notes.setdefault(match[1], [])
            line = match[2]
        if current is not None:
            current.append(line)
        elif line.strip():
            raise CourseError(
                f"{place}: notes begin with one of {', '.join(name + ':' for name in NOTES)}."
            )
    return body, {name: "\n".join(lines).strip() for name, lines in notes.items()}
