"""Builds the decks as pages on reveal.js, out of an installed package: no network, no Node."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from markdown import Markdown

from course.errors import CourseError
from course.paths import ROOT
from course.site.html import tag
from course.slides import blocks
from course.slides.deck import FOLDER, NOTES, Deck, Slide
from course.slides.inline import FiguresExtension

OUT = ROOT / "docs" / "slides"
REVEAL = files("sphinx_revealjs") / "_static" / "revealjs"
ASSETS = FOLDER / "assets"
WIDTH, HEIGHT = 1280, 720
# What of reveal.js a deck loads, and its licence.
TAKEN = ("dist/reveal.css", "dist/reset.css", "dist/reveal.js", "plugin/notes", "LICENSE")


def build(decks: Sequence[Deck], out: Path = OUT) -> list[Path]:
    """Build the decks into `out`; return their pages. CourseError with all that is wrong."""
    pages = [(deck.name, page(deck)) for deck in decks]
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for name in TAKEN:
        _copy(REVEAL / name, out / "reveal" / name)
    _copy(ASSETS, out / "assets")
    written = []
    for name, text in pages:
        written.append(out / f"{name}.html")
        written[-1].write_text(text, encoding="utf-8")
    return written


def page(deck: Deck) -> str:
    """Return a deck as a page; CourseError with all that is wrong in it."""
    faults: list[str] = []
    sections = []
    for slide in deck.slides:
        found: list[str] = []
        sections.append(section(slide, found))
        faults += [f"{deck.place(slide)}: {fault}" for fault in found]
    if faults:
        raise CourseError("\n".join(faults))
    title = escape(f"{deck.title} · Flask at Scale")
    seconds = round(60 * deck.minutes)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="reveal/dist/reset.css">
<link rel="stylesheet" href="reveal/dist/reveal.css">
<link rel="stylesheet" href="assets/slides.css">
</head>
<body>
<div class="reveal"><div class="slides">
{"".join(sections)}</div></div>
<script src="reveal/dist/reveal.js"></script>
<script src="reveal/plugin/notes/notes.js"></script>
<script>
const SIZE = {{ width: {WIDTH}, height: {HEIGHT} }};
const SECONDS = {seconds};
</script>
<script src="assets/slides.js"></script>
</body>
</html>
"""


def section(slide: Slide, faults: list[str]) -> str:
    """Return a slide; what is wrong in it is added to `faults`."""
    body = _html(slide.body, faults, f"line-{slide.line}")
    title = tag("h2", _html(slide.title, faults).removeprefix("<p>").removesuffix("</p>"))
    notes = notes_html(slide, faults)
    about = f"step {slide.step}" if slide.step else ""
    foot = tag("p", " · ".join(filter(None, (about, _minutes(slide)))), class_="foot")
    return (
        tag(
            "section",
            f"{title}\n{tag('div', body, class_='body')}\n{foot}"
            f"{tag('aside', notes, class_='notes')}",
            class_=slide.kind,
            data_timing=str(round(60 * slide.minutes)),
        )
        + "\n"
    )


def notes_html(slide: Slide, faults: list[str] | None = None) -> str:
    """Return what is said to a slide; what is wrong in it is added to `faults`."""
    faults = [] if faults is None else faults
    return "".join(
        f"<h4>{name}</h4>{_html(slide.notes[name], faults)}"
        for name in NOTES
        if name in slide.notes
    )


def _minutes(slide: Slide) -> str:
    return "backup" if slide.is_backup else f"{slide.minutes:g} min"


def _html(text: str, faults: list[str], prefix: str = "note") -> str:
    markdown = Markdown(
        extensions=[
            "tables",
            "def_list",
            "attr_list",
            "md_in_html",
            "sane_lists",
            "pymdownx.superfences",
            "pymdownx.highlight",
            FiguresExtension(faults.append),
        ],
        extension_configs={
            "pymdownx.superfences": {"custom_fences": blocks.fences(faults.append, prefix)},
            "pymdownx.highlight": {"guess_lang": False},
        },
    )
    return markdown.convert(text)


def _copy(source: Traversable, target: Path) -> None:
    """Copy a file or a directory of an installed package."""
    if source.is_dir():
        for each in source.iterdir():
            _copy(each, target / each.name)
    elif source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    else:
        raise CourseError(
            f"reveal.js is not whole: {source} is missing; make distclean, then again."
        )
