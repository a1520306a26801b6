"""The blocks of a slide: code of a step, diffs, pictures, tables.

The same names and keys as on a page of the site; `listing` and `change` may have `steps` too: lists
of texts. With each click the lines that contain a text of the next list stand out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from markdown import Markdown

from course.errors import CourseError
from course.site import filediff, highlight, picture, source, topology
from course.site.blocks import measured
from course.site.html import escape, tag
from course.site.pages import Page
from course.site.place import Place
from course.site.values import Body, parse
from course.slides.checks import CODE

Block = Callable[[Body, str], str]
COUNTER = "_slide_blocks"


def listing(body: Body, prefix: str) -> str:
    """Return code of a step, short enough to be read from the last row."""
    names = source.split(body.get("symbol"))
    found = source.excerpt(body.step, body.text("file"), names)
    lines = highlight.lines(found.text, found.file)
    _short(lines, found.path)
    texts = found.text.splitlines()
    shown = [("", line, text) for line, text in zip(lines, texts, strict=True)]
    return _code(f"step {body.step.number}  {found.file}", shown, _attention(body, texts))


def change(body: Body, prefix: str) -> str:
    """Return what a step changed in a file, unified."""
    found = filediff.of_file(body.step, body.text("file"), source.split(body.get("symbol")))
    shown = []
    for piece in found.pieces:
        was = found.change.came_from or found.change.path
        old, new = highlight.lines(piece.old, was), highlight.lines(piece.new, found.change.path)
        old_texts, new_texts = piece.old.splitlines(), piece.new.splitlines()
        for hunk in piece.hunks():
            for row in hunk:
                gone = row.new is None
                line, text = (
                    (old[row.old], old_texts[row.old])
                    if gone
                    else (new[row.new], new_texts[row.new])
                )
                shown.append((row.sign, line, text))
    _short(shown, found.change.path)
    texts = [text for _, _, text in shown]
    title = f"step {body.step.number}  {found.change.path}"
    return _code(title, shown, _attention(body, texts), signs=True)


def of_topology(body: Body, prefix: str) -> str:
    """Return what runs in a step."""
    return tag("figure", picture.in_page(topology.read(body.step), prefix), class_="topology")


def _of_page(block: Callable[[Body, Place], str]) -> Block:
    """Return a block of the site's for a slide."""
    return lambda body, prefix: block(body, Place(Page("index.md", ""), prefix, narrow=False))


BLOCKS: dict[str, tuple[Block, tuple[str, ...], tuple[str, ...]]] = {
    "listing": (listing, ("step", "file"), ("symbol", "steps")),
    "change": (change, ("step", "file"), ("symbol", "steps")),
    "topology": (of_topology, ("step",), ()),
    "chart": (_of_page(measured.chart), (), ("claim", "result")),
    "claims": (_of_page(measured.claims), ("ids",), ()),
    "floors": (_of_page(measured.floors), ("of",), ()),
    "drill": (_of_page(measured.drill), ("step",), ("rows",)),
}


def fences(failed: Callable[[str], None], prefix: str) -> list[dict[str, Any]]:
    """Return the custom fences of pymdownx.superfences; `failed` is told what is wrong.

    `prefix` begins the ids of pictures, which no other slide of the page may have.
    """
    return [
        {"name": name, "class": name, "format": _format(name, *of, failed, prefix)}
        for name, of in BLOCKS.items()
    ]


def _format(
    name: str,
    block: Block,
    required: tuple[str, ...],
    optional: tuple[str, ...],
    failed: Callable[[str], None],
    prefix: str,
) -> Callable[..., str]:
    def format(text: str, language: str, css: str, options: dict, md: Markdown, **_: Any) -> str:
        number = getattr(md, COUNTER, 0) + 1
        setattr(md, COUNTER, number)
        try:
            return block(parse(text, required, optional), f"{prefix}-{number}")
        except CourseError as error:
            # Superfences takes an exception for "this is none of mine".
            failed(f"`{name}`: {error}")
            return ""

    return format


def _attention(body: Body, texts: Sequence[str]) -> list[set[int]]:
    """Return the places of the lines that stand out with each click."""
    steps = body.get("steps") or []
    if not isinstance(steps, list):
        raise CourseError(f"`steps` is {steps!r}; expected a list of lists of texts")
    found = []
    for step in steps:
        places: set[int] = set()
        for wanted in step if isinstance(step, list) else [step]:
            at = {place for place, text in enumerate(texts) if str(wanted) in text}
            if not at:
                raise CourseError(f"no line has {wanted!r}")
            places |= at
        found.append(places)
    return found


def _code(
    title: str,
    lines: Sequence[tuple[str, str, str]],
    attention: Sequence[set[int]],
    *,
    signs: bool = False,
) -> str:
    rows = []
    for place, (sign, line, _) in enumerate(lines):
        stands_out = " ".join(
            f"at-{number}" for number, places in enumerate(attention, start=1) if place in places
        )
        before = tag("span", sign.replace(" ", "&nbsp;"), class_="sign") if signs else ""
        name = {"-": "del", "+": "ins"}.get(sign, "span")
        rows.append(tag(name, f"{before}{line}\n", class_=f"line {stands_out}".strip()))
    clicks = "".join(
        tag("span", class_="fragment attention", data_at=str(number), aria_hidden="true")
        for number in range(1, len(attention) + 1)
    )
    block = tag("pre", tag("code", "".join(rows)))
    return tag("figure", tag("figcaption", escape(title)) + block + clicks, class_="code highlight")


def _short(lines: Sequence[object], what: str) -> None:
    if len(lines) > CODE:
        raise CourseError(
            f"{what}: {len(lines)} lines; at most {CODE} are read from the last row: name a symbol"
        )
