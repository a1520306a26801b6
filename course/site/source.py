"""Code of a step by file and symbol, for pages and slides. A name that is gone is an error."""

from __future__ import annotations

import difflib
import re
import textwrap
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath

from course.catalog import Step
from course.errors import CourseError
from course.site import symbols

DEFINITION = re.compile(r"^(?:async def|def|class) ", re.MULTILINE)  # of Python, at the left
WHOLE = 60  # lines that a file may have to be shown without a symbol


@dataclass(frozen=True)
class Excerpt:
    """A piece of a file: `text` without a newline at its end, `symbols` empty for all of it."""

    step: Step
    file: str
    symbols: tuple[str, ...]
    text: str

    @property
    def path(self) -> str:
        """Where the file is in the repository."""
        return f"steps/{self.step.name}/{self.file}"


def read(step: Step, file: str) -> str:
    """Return the text of a file of a step; CourseError when there is none."""
    path = step.path / file
    if ".." in PurePosixPath(file).parts or not path.is_file():
        raise CourseError(f"step {step.number} has no file {file!r}{_near(step, file)}")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise CourseError(f"steps/{step.name}/{file} is no text") from None


def excerpt(step: Step, file: str, names: tuple[str, ...] = (), *, whole: int = WHOLE) -> Excerpt:
    """Return the code of `names` in a file, in their order, or all of a file of `whole` lines.

    CourseError when a file or symbol is missing, a name means several, or a file is too long.
    """
    text = read(step, file)
    if not names:
        if (count := len(text.splitlines())) > whole:
            raise CourseError(
                f"steps/{step.name}/{file} has {count} lines: name a symbol, beyond {whole} nobody "
                "reads it"
            )
        return Excerpt(step, file, (), text.rstrip("\n"))
    parts: list[str] = []
    header = ""
    for name in names:
        part = named(text, file, name)
        if part is None:
            raise CourseError(f"steps/{step.name}/{file} has no {name!r}{_similar(text, name)}")
        before, header = header, _header(text, file, name)
        if header:
            parts.append(part if header == before else f"{header}\n{part}")
        else:
            parts.append(textwrap.dedent(part))
    return Excerpt(step, file, names, _joined(parts))


def _joined(parts: list[str]) -> str:
    """Return pieces with as much room between them as code usually has."""
    text = parts[0]
    for before, part in pairwise(parts):
        lines = {len(before.splitlines()), len(part.splitlines())}
        defined = all(DEFINITION.search(each) for each in (before, part))
        text += ("\n" if lines == {1} else "\n\n\n" if defined else "\n\n") + part
    return text


def named(text: str, file: str, name: str) -> str | None:
    """Return the lines of a symbol as they stand in `text`, None when it is not there.

    CourseError when the name is that of several, or the kind of file has no symbols.
    """
    finder = symbols.FINDERS.get(PurePosixPath(file).name) or symbols.FINDERS.get(
        PurePosixPath(file).suffix
    )
    if finder is None:
        raise CourseError(f"{file}: this kind of file has no symbols; show all of it")
    spans = finder(text, name)
    if len(spans) > 1:
        raise CourseError(f"{file} has {len(spans)} of {name!r}: say more of its name")
    if not spans:
        return None
    first, last = spans[0]
    return "\n".join(text.splitlines()[first:last])


def split(names: str | list[str] | None) -> tuple[str, ...]:
    """Return the symbols that a block names: a list, or a text with commas."""
    if names is None:
        return ()
    each = names.split(",") if isinstance(names, str) else names
    return tuple(name.strip() for name in map(str, each) if name.strip())


def _header(text: str, file: str, name: str) -> str:
    return symbols.python_header(text, name) if file.endswith(".py") and "." in name else ""


def _near(step: Step, file: str) -> str:
    names = [path.relative_to(step.path).as_posix() for path in step.path.rglob("*.*")]
    close = difflib.get_close_matches(file, names, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _similar(text: str, name: str) -> str:
    words = {word for word in text.replace("(", " ").replace(":", " ").split() if len(word) > 2}
    close = difflib.get_close_matches(name.rpartition(".")[2], sorted(words), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
