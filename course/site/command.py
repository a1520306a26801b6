"""`make site`: builds the site and says all that is wrong with it."""

from __future__ import annotations

from rich.console import Console

from course import catalog
from course.errors import CourseError
from course.load import figures
from course.site import build, checks, pages
from course.site.checks import coverage
from course.slides import build as deck_pages
from course.slides import deck


def site() -> int:
    """Build the site and check it; return the exit code, 1 when anything is wrong."""
    needs_results()
    steps = catalog.load()
    faults = checks.written(pages.load(), steps)
    faults += slides()
    faults += build.build()
    if (build.SITE / "index.html").is_file():
        faults += checks.built(build.SITE)
    return _said(faults, f"Open {(build.SITE / 'index.html').as_uri()}")


def check(out: Console) -> int:
    """Check the pages as they are written, say what chapters show; return the exit code."""
    steps, found = catalog.load(), pages.load()
    out.print(coverage.table(found, steps))
    return _said(checks.written(found, steps), "The pages are as they should be.")


def docs() -> None:
    """Serve the site until Ctrl-C; what is wrong with the slides is said first."""
    for fault in slides():
        print(fault)
    build.serve()


def slides() -> list[str]:
    """Build the slides to which the site links; return what is wrong with them."""
    try:
        deck_pages.build(deck.load())
    except CourseError as error:
        return str(error).splitlines()
    return []


def needs_results() -> None:
    """CourseError when nothing was measured yet, which every page would complain about."""
    if not build.results():
        raise CourseError(
            f"There are no results in {figures.shown(figures.folder())}: make measure, make "
            f"claims; or name the folder that has them by {figures.VARIABLE}."
        )


def _said(faults: list[str], done: str) -> int:
    for fault in faults:
        print(fault)
    print(f"{len(faults)} faults." if faults else done)
    return 1 if faults else 0
