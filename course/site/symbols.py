"""Where a symbol is in a file: by name, never by line number.

Each finder takes a text and a name and returns the spans of all that is called so, as (first, last)
line, counted from 0, `last` not included. A comment directly above belongs to what it comments.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import pairwise

from pygments.lexers import JavascriptLexer
from pygments.token import Comment, Punctuation, String

Span = tuple[int, int]
Finder = Callable[[str, str], list[Span]]

JAVASCRIPT = (
    r"^(?:export\s+)?(?:default\s+)?(?:async\s+)?function\s*\*?\s*{name}\b",
    r"^(?:export\s+)?(?:default\s+)?class\s+{name}\b",
    r"^(?:export\s+)?(?:const|let|var)\s+{name}\b",
)
METHOD = r"^[ \t]+(?:static\s+)?(?:async\s+)?(?:get\s+|set\s+)?\*?{name}\s*\([^;]*?\)\s*\{{"
JINJA = re.compile(r"{%-?\s*(?P<end>end)?(?P<kind>block|macro)\b\s*(?P<name>\w+)?.*?%}", re.DOTALL)


def python(text: str, name: str) -> list[Span]:
    """Find a function, class or name of a module, or with dots what is inside of one."""
    lines = text.splitlines()
    spans = []
    for node in _nodes(ast.parse(text).body, name.split(".")):
        decorators = [each.lineno for each in getattr(node, "decorator_list", [])]
        first = min([node.lineno, *decorators]) - 1
        spans.append((_with_comment(lines, first, "#"), node.end_lineno))
    return spans


def python_header(text: str, name: str) -> str:
    """Return the line of the class that a name with a dot is in, "" without one."""
    outer, _, _ = name.rpartition(".")
    for node in _nodes(ast.parse(text).body, outer.split(".")) if outer else ():
        if isinstance(node, ast.ClassDef):
            return "\n".join(text.splitlines()[node.lineno - 1 : node.body[0].lineno - 1][:1])
    return ""


def _nodes(body: list[ast.stmt], path: list[str]) -> Iterator[ast.stmt]:
    for node in body:
        if path[0] in _names(node):
            if len(path) == 1:
                yield node
            else:
                yield from _nodes(getattr(node, "body", []), path[1:])
        elif isinstance(node, (ast.If, ast.Try, ast.With)):
            yield from _nodes([*node.body, *getattr(node, "orelse", [])], path)


def _names(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.Assign():
            targets = node.targets
        case ast.AnnAssign() | ast.AugAssign():
            targets = [node.target]
        case _:
            return set()
    names = (each for target in targets for each in ast.walk(target) if isinstance(each, ast.Name))
    # Of `app.config["X"] = 1` nothing is called `app`.
    return {name.id for name in names if isinstance(name.ctx, ast.Store)}


def procfile(text: str, name: str) -> list[Span]:
    """Find a process by its name."""
    lines = text.splitlines()
    found = [i for i, line in enumerate(lines) if re.match(rf"{re.escape(name)}\s*:", line)]
    return [(_with_comment(lines, i, "#"), i + 1) for i in found]


def nginx(text: str, name: str) -> list[Span]:
    """Find a block or a directive by the words it begins with; of a `map`, its variable will do."""
    words, lines = name.split(), text.splitlines()
    found = []
    for start, end, head in _statements(text):
        if head[: len(words)] == words or (
            words[0] == "map" == head[0] and len(words) == 2 and head[-1] == words[1]
        ):
            first, last = (text.count("\n", 0, place) for place in (start, end - 1))
            found.append((_with_comment(lines, first, "#"), last + 1))
    return found


def _statements(text: str) -> Iterator[tuple[int, int, list[str]]]:
    """Yield the statements of nginx's configuration: start, end, and the words before { or ;."""
    open_ones: list[tuple[int, list[str]]] = []
    words: list[str] = []
    start = 0
    for token in re.finditer(r'#[^\n]*|"(?:\\.|[^"\\])*"|[{};]|(?:\\.|[^\s{};#"])+', text):
        part = token[0]
        if part.startswith("#"):
            continue
        if part == "{":
            open_ones.append((start, words))
        elif part == "}":
            if open_ones:
                begun, head = open_ones.pop()
                yield begun, token.end(), head
        elif part == ";":
            yield start, token.end(), words
        else:
            if not words:
                start = token.start()
            words = [*words, part]
            continue
        words = []


def javascript(text: str, name: str) -> list[Span]:
    """Find a function, class or constant of a module, or `Class.method`."""
    outer, _, inner = name.rpartition(".")
    if outer:
        spans = []
        for first, last in javascript(text, outer):
            body = "\n".join(text.splitlines()[first:last])
            found = _scripted(body, METHOD.format(name=re.escape(inner)))
            spans += [(first + a, first + b) for a, b in found]
        return spans
    return [
        span for form in JAVASCRIPT for span in _scripted(text, form.format(name=re.escape(name)))
    ]


def _scripted(text: str, pattern: str) -> list[Span]:
    lines = text.splitlines()
    spans = []
    for match in re.finditer(pattern, text, re.MULTILINE | re.DOTALL):
        first = text.count("\n", 0, match.start())
        last = text.count("\n", 0, _end(text, match.start()))
        spans.append((_with_comment(lines, first, "//", "/**", " *", "*/"), last + 1))
    return spans


def _end(text: str, start: int) -> int:
    """Return where the statement that begins at `start` ends: at its last bracket or semicolon."""
    depth, is_value = 0, re.match(r"(?:export\s+)?(?:const|let|var)\b", text[start:])
    for place, bracket in _brackets(text):
        if place < start:
            continue
        if bracket in "{([":
            depth += 1
        elif bracket in "})]":
            depth -= 1
            if not depth and bracket == "}" and not is_value:
                return place
        elif not depth and is_value:
            return place
    return len(text) - 1


@lru_cache
def _brackets(text: str) -> list[tuple[int, str]]:
    """Return brackets and semicolons of a script, without those in strings and comments."""
    found = []
    for place, kind, part in JavascriptLexer().get_tokens_unprocessed(text):
        if kind in Punctuation and kind not in (String, Comment):
            found += [(place + i, each) for i, each in enumerate(part) if each in "{}()[];"]
    return found


def html(text: str, name: str) -> list[Span]:
    """Find a block or a macro of a template: `block main`, `macro question`."""
    found, inside = [], []
    for tag in JINJA.finditer(text):
        if not tag["end"]:
            inside.append((f"{tag['kind']} {tag['name']}", tag.start()))
            continue
        if inside:
            opened, start = inside.pop()
            if opened == name:
                found.append((text.count("\n", 0, start), text.count("\n", 0, tag.end()) + 1))
    return found


def toml(text: str, name: str) -> list[Span]:
    """Find a table by its name."""
    lines = text.splitlines()
    heads = [i for i, line in enumerate(lines) if re.match(r"\s*\[", line)] + [len(lines)]
    spans = []
    for first, last in pairwise(heads):
        if lines[first].strip().strip("[]").replace('"', "") == name.strip("[]"):
            while last > first and not lines[last - 1].strip():
                last -= 1
            spans.append((_with_comment(lines, first, "#"), last))
    return spans


def css(text: str, name: str) -> list[Span]:
    """Find rules by their selector."""
    spans = []
    for rule in re.finditer(r"(?m)^([^\s@{}/][^{}/;]*?)\s*\{[^{}]*\}", text):
        if name in [each.strip() for each in rule[1].split(",")]:
            first, last = (text.count("\n", 0, place) for place in (rule.start(), rule.end()))
            spans.append((first, last + 1))
    return spans


def _with_comment(lines: list[str], first: int, *marks: str) -> int:
    """Return the first line of the comment that stands directly above a line."""
    indent = len(lines[first]) - len(lines[first].lstrip())
    while first and lines[first - 1].strip().startswith(tuple(mark.strip() for mark in marks)):
        above = lines[first - 1]
        if abs(len(above) - len(above.lstrip()) - indent) > 1:
            break
        first -= 1
    return first


FINDERS: dict[str, Finder] = {
    ".py": python,
    ".js": javascript,
    ".html": html,
    ".toml": toml,
    ".css": css,
    "nginx.conf": nginx,
    "Procfile": procfile,
}
