"""Each command that a page tells to type is one that there is."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec

from course import catalog
from course.commands import COMMANDS
from course.exercises import catalog as exercises
from course.load import scenario
from course.paths import ROOT
from course.site.pages import Fence, Page

OTHER_SHELLS = ("bash", "shell", "zsh")  # nobody would look at these
ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*")
INLINE = re.compile(r"(?<!`)`((?:[A-Z_]+=(?:'[^'`]*'|[^\s`]*) )*make [^`\n]+)`(?!`)")
TARGETS = {command.removeprefix("make ").split()[0] for command, _ in COMMANDS}
# Numbers that a command takes, where these are not all the steps.
EXERCISES = ("check", "watch", "hint", "solution", "run-exercise", "reset-exercise")
COMPARED = ("load", "predict")
BALANCED = ("hosts", "deploy")


def check(page: Page) -> list[str]:
    """Return the commands of a page that there are not."""
    findings = []
    for fence in page.fences:
        where = f"docs/{page.uri}, line {fence.line}"
        if fence.kind in OTHER_SHELLS:
            findings.append(f"{where}: write ```sh for commands, ```console for sessions")
        if fence.kind == "sh":
            for command in lines(fence):
                if wrong := mistake(command):
                    findings.append(f"{where}: `{command}`: {wrong}")
    text = re.sub(r"^(`{3,}|~{3,}).*?^\1", "", page.text, flags=re.MULTILINE | re.DOTALL)
    for match in INLINE.finditer(text):
        if wrong := mistake(match[1], placeholders=True):
            findings.append(f"docs/{page.uri}: `{match[1]}`: {wrong}")
    return findings


def lines(fence: Fence) -> Iterator[str]:
    """Yield the commands of a block, one a line; a line that ends in a backslash goes on."""
    for line in fence.body.replace("\\\n", " ").splitlines():
        command = line.partition(" #")[0].strip()
        if command and not command.startswith("#"):
            yield " ".join(command.split())


def mistake(command: str, *, placeholders: bool = False) -> str:
    """Return what is wrong with a line of commands, "" when it can be typed.

    With `placeholders` N may stand for a number, and … for what varies.
    """
    try:
        parts = shlex.split(command.replace("&&", " && "))
    except ValueError as error:
        return f"the shell would not understand it ({error})"
    each: list[str] = []
    for word in [*parts, "&&"]:
        if word != "&&":
            each.append(word)
            continue
        if wrong := _mistake(each, placeholders):
            return wrong
        each = []
    return ""


def _mistake(words: list[str], placeholders: bool) -> str:
    while words and ASSIGNMENT.fullmatch(words[0]):
        words = words[1:]
    match words:
        case ["git", _, *_]:
            return ""
        case ["cd", folder]:
            # Only what is in the repository can be looked up: a clone of it bears its name.
            inside = folder.split("/")[0] in ("steps", "exercises", "solutions", "docs")
            return f"there is no {folder}" if inside and not (ROOT / folder).is_dir() else ""
        case ["make", *targets]:
            targets = [word for word in targets if not ASSIGNMENT.fullmatch(word)]
            wrong = (_target(target, placeholders) for target in targets)
            return next(filter(None, wrong), "")
    return "expected make, cd or git"


def _target(target: str, placeholders: bool) -> str:
    name, _, number = target.rpartition("-")
    if placeholders and (target in TARGETS or target in ("…", "...")):
        return ""
    if target in TARGETS and not target.endswith("-N"):
        return ""
    if f"{name}-N" not in TARGETS:
        return f"there is no make {target}; make help lists all"
    if not number.isdigit():
        return f"make {name}-N takes a number, {number!r} is none"
    numbers = _numbers(name)
    if int(number) in numbers:
        return ""
    takes = f"{numbers[0]} to {numbers[-1]}" if numbers else "no number yet"
    return f"make {name}-N takes {takes}"


@cache
def _numbers(name: str) -> list[int]:
    """Return the numbers that `make NAME-N` takes."""
    everything = catalog.load()
    if name in EXERCISES:
        return [exercise.number for exercise in exercises.load()]
    if name in COMPARED:
        return sorted(scenario.scenarios())
    if name == "drill":
        return [s.number for s in everything if find_spec(f"course.drills.step{s.number}")]
    if name in BALANCED:
        return [s.number for s in everything if (s.path / "nginx.conf").is_file()]
    return [step.number for step in everything]
