"""`make slides`, `make slides-pdf`: checks the decks, then shows or prints them."""

from __future__ import annotations

import os

from rich.console import Console

from course import catalog
from course.errors import CourseError
from course.paths import ROOT
from course.slides import build, checks, deck, printing, serve

PRINTED = ROOT / ".data" / "slides"


def run(out: Console, *, pdf: bool, check: bool) -> None:
    """Check, show or print the decks; CourseError with all that is wrong with them."""
    decks = deck.load()
    if check or pdf:
        build.build(decks)
        if findings := checks.check(decks, catalog.load()):
            raise CourseError("\n".join(findings))
    if check:
        for each in decks:
            out.print(f"{each.title}: {len(each.slides)} slides, {each.total:g} minutes")
    elif pdf:
        with out.status("printing") as status:
            say = status.update if out.is_terminal else out.print
            for path in printing.write(decks, PRINTED, say):
                out.print(str(path.relative_to(ROOT)))
    else:
        serve.serve(os.environ)
