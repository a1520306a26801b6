"""Small pieces of HTML that the blocks of a page are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape as _escape


def escape(text: object) -> str:
    """Return a text in which nothing passes for a tag."""
    return _escape(str(text), quote=True)


def tag(name: str, content: str = "", /, **attributes: object) -> str:
    """Return an element; `content` is HTML. `class_` is the class; True has no value, None is left
    out, `_` in other names of attributes stands for `-`.
    """
    parts = [name]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        key = key.rstrip("_").replace("_", "-")
        parts.append(key if value is True else f'{key}="{escape(value)}"')
    return f"<{' '.join(parts)}>{content}</{name}>"


def scrolled(content: str, label: str, class_: str = "wide") -> str:
    """Return content that scrolls in a box of its own where the page is narrow, by keyboard too."""
    return tag("div", content, class_=class_, tabindex="0", role="group", aria_label=label)


def table(
    caption: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers: Iterable[int] = (),
    class_: str = "",
    note: str = "",
) -> str:
    """Return a table in a scrolling box; cells are HTML, the first of a row is its heading.

    `numbers` are the columns of figures, from 0. `note` is HTML below the table.
    """
    right = set(numbers)
    head = "".join(
        tag("th", escape(each), scope="col", class_="number" if place in right else None)
        for place, each in enumerate(headings)
    )
    body = "".join(tag("tr", "".join(_cells(row, right))) for row in rows)
    inner = tag("table", f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>", class_="plain")
    figure = scrolled(inner, caption)
    below = tag("figcaption", f"{escape(caption)}.{f' {note}' if note else ''}")
    return tag("figure", figure + below, class_=f"data {class_}".strip())


def _cells(row: Sequence[str], right: set[int]) -> Iterable[str]:
    for place, cell in enumerate(row):
        class_ = "number" if place in right else None
        if place:
            yield tag("td", cell, class_=class_)
        else:
            yield tag("th", cell, scope="row", class_=class_)


def code(text: object) -> str:
    """Return a name or a command as code."""
    return tag("code", escape(text))


def link(text: str, to: str) -> str:
    """Return a link; `text` is HTML."""
    return tag("a", text, href=to)
