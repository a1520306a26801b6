"""`listing` and `change`: code of a step, and what a step changed in a file."""

from __future__ import annotations

import re
from collections.abc import Sequence

from course.catalog import Step
from course.diff import SUMMARISED, lock_summary
from course.site import filediff, highlight, source
from course.site.filediff import ADDED, REMOVED, SAME, FileDiff, Piece, Row
from course.site.html import code, escape, tag
from course.site.place import Place
from course.site.values import Body

Lines = Sequence[str]
NEWLINE = "\n"
NO_LINE = '<span class="line none"></span>'


def listing(body: Body, place: Place) -> str:
    """Return code out of a step."""
    found = source.excerpt(body.step, body.text("file"), source.split(body.get("symbol")))
    lines = NEWLINE.join(highlight.lines(found.text, found.file))
    caption = _caption(found.step, found.file, found.symbols)
    inner = tag("pre", f"<span></span><code>{lines}{NEWLINE}</code>")
    block = tag("div", inner, class_=f"language-{highlight.language(found.file)} highlight")
    return tag("figure", caption + block, class_="code")


def change(body: Body, place: Place) -> str:
    """Return what a step changed in a file, unified and side by side."""
    found = filediff.of_file(body.step, body.text("file"), source.split(body.get("symbol")))
    caption = _change_caption(found)
    name = found.change.path.rpartition("/")[2]
    if name in SUMMARISED or name == "requirements.txt":
        return tag("figure", caption + _summary(found, name), class_="code diff")
    unified = _unified(found)
    if found.change.old is None or found.change.new is None:
        return tag("figure", caption + unified, class_="code diff")
    views = (("Unified", unified), ("Side by side", _side_by_side(found)))
    return tag("figure", caption + _tabs(place.prefix, views), class_="code diff")


def _caption(step: Step, file: str, names: tuple[str, ...]) -> str:
    parts = [tag("span", escape(f"step {step.number}"), class_="of"), code(file)]
    if names:
        parts.append(tag("span", ", ".join(map(escape, names)), class_="symbols"))
    return tag("figcaption", " ".join(parts))


def _change_caption(found: FileDiff) -> str:
    kind = tag("span", escape(found.change.kind), class_=f"kind {found.change.kind.split()[0]}")
    parts = [tag("span", f"step {found.step.number}", class_="of"), kind, code(found.change.path)]
    if found.change.came_from:
        parts.append(tag("span", f"was {code(found.change.came_from)}", class_="symbols"))
    if found.symbols:
        parts.append(tag("span", ", ".join(map(escape, found.symbols)), class_="symbols"))
    return tag("figcaption", " ".join(parts))


def _summary(found: FileDiff, name: str) -> str:
    """Return in a few lines what changed in a file that nobody reads."""
    (piece,) = found.pieces
    if name == "requirements.txt":
        lines = [line.plain for line in lock_summary(piece.old, piece.new) or ()]
    else:
        rows = [row for hunk in piece.hunks() for row in hunk]
        counts = [sum(row.sign == sign for row in rows) for sign in (ADDED, REMOVED)]
        lines = ["{} lines added, {} removed".format(*counts)]
    return tag("pre", tag("code", NEWLINE.join(map(escape, lines))), class_="summary")


def _tabs(prefix: str, views: tuple[tuple[str, str], ...]) -> str:
    """Return views of which one is shown at a time, in the markup of Material's tabs."""
    inputs, labels, blocks = [], [], []
    for number, (name, view) in enumerate(views, start=1):
        id = f"{prefix}-{number}"
        inputs.append(f'<input type="radio" id="{id}" name="{prefix}"{" checked" * (number == 1)}>')
        labels.append(f'<label for="{id}">{name}</label>')
        blocks.append(tag("div", view, class_="tabbed-block"))
    content = tag("div", "".join(labels), class_="tabbed-labels")
    content += tag("div", "".join(blocks), class_="tabbed-content")
    return tag("div", "".join(inputs) + content, class_="tabbed-set tabbed-alternate")


def _coloured(piece: Piece, found: FileDiff) -> tuple[Lines, Lines]:
    was = found.change.came_from or found.change.path
    return highlight.lines(piece.old, was), highlight.lines(piece.new, found.change.path)


def _unified(found: FileDiff) -> str:
    hunks = []
    for piece in found.pieces:
        old, new = _coloured(piece, found)
        for hunk in piece.hunks():
            hunks.append("".join(_line(row, old, new) for row in hunk))
    gap = tag("span", "⋯", class_="gap", aria_label="lines that stay the same")
    inner = tag("code", gap.join(hunks) or escape("(an empty file)"))
    block = tag("pre", f"<span></span>{inner}")
    return tag("div", block, class_=f"language-{highlight.language(found.change.path)} highlight")


def _line(row: Row, old: Lines, new: Lines) -> str:
    """Return one line; what was taken out and put in is said by its element and its sign."""
    text = old[row.old] if row.new is None else new[row.new]
    name = {SAME: "span", REMOVED: "del", ADDED: "ins"}[row.sign]
    sign = tag("span", row.sign.replace(SAME, "&nbsp;"), class_="sign")
    return tag(name, f"{sign}{text}{NEWLINE}", class_="line")


def _side_by_side(found: FileDiff) -> str:
    """Return two columns that scroll together."""
    groups = []
    for piece in found.pieces:
        old, new = _coloured(piece, found)
        for rows in piece.columns():
            body = "".join(
                tag("tr", _cell(i, old, REMOVED, same) + _cell(j, new, ADDED, same))
                for (i, j), same in rows
            )
            groups.append(tag("tbody", body))
    head = "".join(
        tag("th", f"step {step.number}", scope="col") for step in (found.before, found.step)
    )
    # Of the class that the theme leaves alone: others it puts into a box of its own.
    table = tag("table", f"<thead><tr>{head}</tr></thead>{''.join(groups)}", class_="plain")
    label = f"{found.change.path}, before and after"
    language = highlight.language(found.change.path)
    return tag(
        "div",
        table,
        class_=f"language-{language} highlight columns",
        tabindex="0",
        role="group",
        aria_label=label,
    )


def _cell(place: int | None, lines: Lines, sign: str, same: bool) -> str:
    if place is None:
        return tag("td", "", class_="none")
    text = re.sub(r"\n$", "", lines[place])
    if same:
        return tag("td", f'<span class="sign">&nbsp;</span>{text}')
    name = "del" if sign == REMOVED else "ins"
    return tag("td", tag(name, f'<span class="sign">{sign}</span>{text}'), class_=name)
