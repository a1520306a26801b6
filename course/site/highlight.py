"""Syntax colours: the lines of a text as HTML."""

from __future__ import annotations

from functools import lru_cache
from pathlib import PurePosixPath

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.util import ClassNotFound

# What Pygments does not know by its name, or knows as something else.
BY_NAME = {"Procfile": "yaml", "nginx.conf": "nginx", "requirements.in": "text"}
BY_SUFFIX = {".html": "html+jinja", ".txt": "text", ".in": "text"}


@lru_cache(maxsize=2000)  # a page that is served is built whenever somebody saves another
def lines(text: str, file: str) -> tuple[str, ...]:
    """Return the lines of a text as HTML in the colours of the kind of file; tags end with a line.

    One for each of `text.splitlines()`.
    """
    count = len(text.splitlines())
    if not count:
        return ()
    coloured = highlight(text, _lexer(PurePosixPath(file).name), HtmlFormatter(nowrap=True))
    found = coloured.split("\n")[:count]
    return (*found, *[""] * (count - len(found)))


def language(file: str) -> str:
    """Return the name of the language that a file is written in."""
    return _lexer(PurePosixPath(file).name).aliases[0]


@lru_cache
def _lexer(name: str) -> Lexer:
    path = PurePosixPath(name)
    options = {"stripnl": False, "ensurenl": True}
    alias = BY_NAME.get(path.name) or BY_SUFFIX.get(path.suffix)
    if alias:
        return get_lexer_by_name(alias, **options)
    try:
        return get_lexer_for_filename(path.name, **options)
    except ClassNotFound:
        return get_lexer_by_name("text", **options)
