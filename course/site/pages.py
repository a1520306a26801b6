"""The pages of docs/ as text: what they say of themselves, their fences, their prose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

from course.errors import CourseError
from course.paths import ROOT

DOCS = ROOT / "docs"
SLIDES = "slides"  # built into docs/ from elsewhere
WORDS_A_MINUTE = 200  # of a text that one has to think about
FENCE = re.compile(
    r"^(?P<indent>[ \t]*)(?P<mark>`{3,}|~{3,})[ \t]*(?P<info>[^\n`]*)\n"
    r"(?P<body>.*?)^(?P=indent)(?P=mark)[`~]*[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
HEAD = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
WORD = re.compile(r"[^\W_]+(?:[’'.-][^\W_]+)*")


@dataclass(frozen=True)
class Fence:
    """A fenced block: its first word, what else its first line says, its body, its line from 1."""

    kind: str
    info: str
    body: str
    line: int


@dataclass(frozen=True)
class Page:
    """A Markdown file; `uri` is its path inside docs/, with slashes."""

    uri: str
    text: str

    @cached_property
    def meta(self) -> dict[str, object]:
        """What stands between the two lines of dashes at its top; {} without them."""
        found = HEAD.match(self.text)
        try:
            values = yaml.safe_load(found[1]) if found else {}
        except yaml.YAMLError as error:
            where = " ".join(str(error).split())
            raise CourseError(f"docs/{self.uri}: the front matter is no YAML: {where}") from None
        return values if isinstance(values, dict) else {}

    @cached_property
    def fences(self) -> list[Fence]:
        """All its fenced blocks, in order."""
        found = []
        for match in FENCE.finditer(self.text):
            kind, _, info = match["info"].strip().partition(" ")
            line = self.text.count("\n", 0, match.start()) + 1
            found.append(Fence(kind, info.strip(), _dedented(match), line))
        return found

    @cached_property
    def prose(self) -> str:
        """Its text without front matter, fenced blocks, comments and inline code."""
        text = FENCE.sub("", HEAD.sub("", self.text))
        text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
        return re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", text)

    @cached_property
    def words(self) -> int:
        """How many words one has to read, code not counted."""
        text = re.sub(r"\]\([^)]*\)|\{\{[^}]*\}\}|\{:?[^}\n]*\}|<[^>\n]+>", " ", self.prose)
        return len(WORD.findall(text))

    @cached_property
    def sections(self) -> list[str]:
        """Its headings of the second level, in order."""
        return [
            heading.strip() for heading in re.findall(r"^##[ \t]+(.+?)[ \t#]*$", self.prose, re.M)
        ]

    @property
    def minutes(self) -> int:
        """How long it takes to read, in minutes, at least 1."""
        return max(1, round(self.words / WORDS_A_MINUTE))

    def of(self, *kinds: str) -> Iterator[Fence]:
        """Yield its blocks of some kinds."""
        return (fence for fence in self.fences if fence.kind in kinds)


def read(path: Path, docs: Path = DOCS) -> Page:
    """Return a page of docs/."""
    return Page(path.relative_to(docs).as_posix(), path.read_text(encoding="utf-8"))


def load(docs: Path = DOCS) -> list[Page]:
    """Return all pages, in the order of their names; what is built into docs/ is none of them."""
    if not docs.is_dir():
        raise CourseError(f"There is no {docs.name}/: the site has no pages.")
    return [
        read(path, docs)
        for path in sorted(docs.rglob("*.md"))
        if path.relative_to(docs).parts[0] != SLIDES
    ]


def _dedented(match: re.Match[str]) -> str:
    indent = match["indent"]
    return "".join(line.removeprefix(indent) for line in match["body"].splitlines(keepends=True))
