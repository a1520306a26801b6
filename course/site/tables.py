"""Tables of a text scroll in boxes of their own. An extension of Python-Markdown."""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

PRIORITY = 7  # after what is inside of cells has been read


class Tables(Treeprocessor):
    """Puts each table into a box that can be scrolled by keyboard, and says what it is."""

    def run(self, root: Element) -> None:
        for parent in list(root.iter()):
            for place, child in enumerate(parent):
                if child.tag == "table" and "class" not in child.attrib:
                    box = Element("div", _attributes(child))
                    _without_empty_headings(child)
                    child.set("class", "plain")
                    box.append(child)
                    box.tail, child.tail = child.tail, None
                    parent[place] = box


def _without_empty_headings(table: Element) -> None:
    """A heading that says nothing is none: not for who has a table read aloud."""
    for head in table.findall("thead"):
        cells = list(head.iter("th"))
        empty = [cell for cell in cells if not "".join(cell.itertext()).strip()]
        if len(empty) == len(cells):
            table.remove(head)
        for cell in empty:
            cell.tag = "td"


def _attributes(table: Element) -> dict[str, str]:
    # Without the marks that stand for pieces of HTML until the end.
    names = [re.sub("\x02.*?\x03", "", "".join(cell.itertext())) for cell in table.iter("th")]
    label = "Table: " + ", ".join(filter(None, map(str.strip, names)))
    return {"class": "wide", "tabindex": "0", "role": "group", "aria-label": label}


class TablesExtension(Extension):
    """Registers `Tables`."""

    def extendMarkdown(self, md: Markdown) -> None:
        md.treeprocessors.register(Tables(md), "course-tables", PRIORITY)


def makeExtension(**options: Any) -> TablesExtension:
    """Return the extension, as Python-Markdown asks for it by the name of its module."""
    return TablesExtension(**options)
