"""`console`: a session in a terminal, of which only the commands are copied."""

from __future__ import annotations

import re
from pathlib import Path

from course.sessions import pages as sessions
from course.site import highlight
from course.site.html import escape, tag

PROMPT = tag("span", "$ ", class_="gp")


def console(source: str, title: str) -> str:
    """Return a session; one with mistakes, which its own check tells of, is shown as it is.

    `title` is what its fence says of it: step N.
    """
    caption = tag("figcaption", tag("span", escape(title or "terminal"), class_="of"))
    commands = _commands(source)
    if not commands:
        inner = tag("code", escape(source))
    else:
        typed = "\n".join(command.text for command in commands)
        inner = tag("code", "".join(map(_shown, commands)), data_copy=typed)
    block = tag("div", tag("pre", f"<span></span>{inner}"), class_="language-console highlight")
    return tag("figure", caption + block, class_="code console")


def _commands(source: str) -> tuple[sessions.Command, ...]:
    mark = "`" * (2 + max(map(len, re.findall("`+", source)), default=1))
    fence = f'{mark}console title="step 1"\n{source}\n{mark}\n'
    found = sessions.parse(fence, Path()).sessions
    return found[0].commands if found else ()


def _shown(command: sessions.Command) -> str:
    lines = "\n".join(highlight.lines(command.text, "a.sh"))
    output = "".join(tag("span", escape(line), class_="go") + "\n" for line in command.shown)
    return f"{PROMPT}{lines}\n{output}"
