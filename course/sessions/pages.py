"""Which console sessions a page has. What looks like one and would not be run is a mistake."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from course.sessions import make
from course.sessions.lines import ANY

INFO = re.compile(r'console title="step (\d{1,2})"')
# Also the other names that highlighters have for it.
LANGUAGE = re.compile(r"[{.\s]*(console|shell-?session|sh-session|bash-session)\b", re.IGNORECASE)
FENCE = re.compile(rf"(`{{3,}}|~{{3,}}){LANGUAGE.pattern}", re.IGNORECASE)
PROMPT = "$ "
PROMPTED = re.compile(r"[\s>]*\$\s+\S")
# A page about writing pages shows sessions as Markdown.
QUOTING = ("markdown", "md")
HERE_DOCUMENT = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")
QUOTED = re.compile(r"'[^']*'|\"(?:\\.|[^\"\\])*\"")


@dataclass(frozen=True)
class Command:
    """A command as it is typed, what the page shows below it, and in which line it begins."""

    text: str
    shown: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class Session:
    """One fence; `line` is that of its first command's fence, `end` that of its last."""

    step: int
    line: int
    end: int
    commands: tuple[Command, ...]


@dataclass
class Page:
    """The sessions of a page in their order, and the mistakes: line and what is wrong."""

    path: Path
    sessions: list[Session] = field(default_factory=list)
    mistakes: list[tuple[int, str]] = field(default_factory=list)

    @property
    def steps(self) -> list[int]:
        """The steps that its sessions are of, in the order of their first appearance."""
        return list(dict.fromkeys(session.step for session in self.sessions))

    def of(self, step: int) -> list[Session]:
        """Return the sessions of one step."""
        return [session for session in self.sessions if session.step == step]


def find(docs: Path) -> list[Path]:
    """Return the pages below a directory; not the decks, which are built into it."""
    return sorted(p for p in docs.rglob("*.md") if "slides" not in p.relative_to(docs).parts)


def read(path: Path) -> Page:
    """Read the sessions of a page."""
    return parse(path.read_text(encoding="utf-8"), path)


def parse(text: str, path: Path) -> Page:
    """Return the sessions in a Markdown text; `path` is only noted."""
    page, lines = Page(path), text.splitlines()
    accounted: set[int] = set()
    for token in MarkdownIt("commonmark").parse(text):
        if token.type != "fence" or token.level:
            continue
        begin, end = token.map
        if token.info.strip() in QUOTING:
            accounted.update(range(begin, end))
        elif LANGUAGE.match(token.info):
            accounted.update(range(begin, end))
            _add(page, token, lines)
    for number, line in enumerate(lines):
        if number not in accounted:
            page.mistakes += [(number + 1, mistake) for mistake in _overlooked(line)]
    page.mistakes.sort()
    return page


def _add(page: Page, token: Token, lines: Sequence[str]) -> None:
    begin, end = token.map
    kind = INFO.fullmatch(token.info.strip())
    mistakes: list[tuple[int, str]] = []
    if not kind or lines[begin] != lines[begin].lstrip():
        mistakes.append(
            (begin + 1, f'expected ```console title="step N", not {lines[begin].rstrip()}')
        )
    if lines[end - 1].strip() != token.markup:
        mistakes.append((begin + 1, "the fence has no end"))
    body = token.content.splitlines()
    commands = list(_commands(body, begin + 2))
    if body and not body[0].startswith(PROMPT):
        mistakes.append((begin + 2, f"a session begins with a command: {PROMPT}command"))
    elif not commands:
        mistakes.append((begin + 1, "a session without a command"))
    for command in commands:
        mistakes += [(command.line, mistake) for mistake in _doubts(command)]
    page.mistakes += mistakes
    # The others run all the same: whoever mends a page wants to know all that is wrong with it.
    if commands and not mistakes:
        page.sessions.append(Session(int(kind[1]), begin + 1, end, tuple(commands)))


def _commands(body: Sequence[str], first: int) -> Iterator[Command]:
    """Yield the commands in the lines of a fence, the first of which is line `first`."""
    number = 0
    while number < len(body):
        begin = number
        number += 1
        if not body[begin].startswith(PROMPT):
            continue
        typed = [body[begin].removeprefix(PROMPT)]
        while number < len(body) and not _complete("\n".join(typed)):
            typed.append(body[number])
            number += 1
        shown = []
        while number < len(body) and not body[number].startswith(PROMPT):
            shown.append(body[number].rstrip())
            number += 1
        while shown and not shown[-1]:
            shown.pop()
        yield Command("\n".join(typed), tuple(shown), first + begin)


def _complete(text: str) -> bool:
    """Whether a shell would run this, and not ask for another line of it."""
    lines = text.split("\n")
    if here := HERE_DOCUMENT.search(lines[0]):
        return any(line.strip() == here[2] for line in lines[1:])
    if re.search(r"(?<!\\)(\\\\)*\\$", text):
        return False
    try:
        shlex.split(text)
    except ValueError:
        return False
    return True


def _overlooked(line: str) -> Iterator[str]:
    """Yield why a line outside of all sessions looks as if it belonged to one."""
    if FENCE.search(line):
        yield "a session that would not be run: it has to be a fence of its own, not indented"
    elif PROMPTED.match(line):
        yield 'a line with a prompt that would not be run: put it in ```console title="step N"'


def _doubts(command: Command) -> Iterator[str]:
    """Yield why a command would show nothing, or not do for every reader what it does here."""
    if command.shown and not any(re.search(r"\w", line) for line in command.shown):
        yield f"the page shows nothing of what this prints but {ANY}"
    for target in make.targets(command.text):
        if reason := make.refused(target):
            yield f"make {target} {reason}"
    here = HERE_DOCUMENT.search(command.text)
    typed = command.text.partition("\n")[0] if here else command.text
    bare = QUOTED.sub("''", typed)
    if re.search(r"&\s*$", bare) and not re.search(r"&&\s*$", bare):
        yield "a terminal prints the number of a job in the background: put ( ) around it"
    if re.search(r"\S*(localhost|127\.0\.0\.1|://)\S*[?*\[]", bare):
        yield "the address needs quotes: zsh takes ? and * for patterns"
    if re.search(r"(^|\s)#", bare):
        yield "no comment in a command: zsh takes # for an argument"
    if any(part[0] == '"' and "!" in part for part in QUOTED.findall(typed)):
        yield 'a ! in "double quotes" is a command of the history: use single ones'
