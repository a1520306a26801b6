"""The blocks of a page as custom fences of pymdownx.superfences; mkdocs.yml names them.

What is wrong with a block is a warning, which makes a strict build fail and names the page; so one
build tells of all faults. What is wrong with the code here is a SuperFencesException: of others the
extension makes a code block, and the build passes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markdown import Markdown
from pymdownx.superfences import SuperFencesException

from course.errors import CourseError
from course.site import faults, place
from course.site.blocks import changes as of_changes
from course.site.blocks import chapter as of_chapter
from course.site.blocks import code, measured, picture
from course.site.blocks import commands as of_commands
from course.site.blocks import console as of_console
from course.site.blocks import exercise as of_exercise
from course.site.html import tag
from course.site.place import Place
from course.site.values import Body, parse

Block = Callable[[Body, Place], str]
Formatter = Callable[..., str]


def _fence(
    name: str, block: Block, required: tuple[str, ...] = (), optional: tuple[str, ...] = ()
) -> Formatter:
    """Return what superfences calls for a block of that name."""

    def format(
        source: str, language: str, css_class: str, options: dict, md: Markdown, **rest: Any
    ) -> str:
        here = place.of(md)
        try:
            return block(parse(source, required, optional), here)
        except CourseError as error:
            line = " ".join(source.split())
            return tag("p", faults.said(here.page.uri, f"`{name}` ({line})", error))
        except Exception as error:
            raise SuperFencesException(f"docs/{here.page.uri}: `{name}`: {error!r}") from error

    return format


def with_title(language: str, inputs: dict, options: dict, attrs: dict, md: Markdown) -> bool:
    """Let a fence have a title; as superfences asks."""
    options |= inputs
    return set(inputs) <= {"title"}


def console(
    source: str, language: str, css_class: str, options: dict, md: Markdown, **rest: Any
) -> str:
    """Return a session in a terminal, as superfences asks for it."""
    try:
        return of_console.console(source, str(options.get("title", "")))
    except Exception as error:
        raise SuperFencesException(f"`console`: {error!r}") from error


chapter = _fence("chapter", of_chapter.chapter, ("step",))
listing = _fence("listing", code.listing, ("step", "file"), ("symbol",))
change = _fence("change", code.change, ("step", "file"), ("symbol",))
changes = _fence("changes", of_changes.changes, ("step",))
waived = _fence("waived", of_changes.waived, ("step", "files"))
topology = _fence("topology", picture.of_step, ("step",))
chart = _fence("chart", measured.chart, (), ("claim", "result"))
claims = _fence("claims", measured.claims, ("ids",))
floors = _fence("floors", measured.floors, ("of",))
drill = _fence("drill", measured.drill, ("step",), ("rows",))
exercise = _fence("exercise", of_exercise.exercise, ("step",))
commands = _fence("commands", of_commands.commands, (), ("only",))
steps = _fence("steps", of_chapter.list_of_steps)
plan = _fence("plan", of_chapter.plan)
