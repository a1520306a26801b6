"""`make site`: builds the site and says all that is wrong with it."""

from __future__ import annotations

from rich.console import Console

from course import catalog
from course.errors import CourseError
from course.load import figures
from course.site import build, checks, pages
from course.site.checks import coverage


def site() -> int:
    """Build the site and check it; return the exit code, 1 when anything is wrong."""
    needs_results()
    steps = catalog.load()
    faults = checks.written(pages.load(), steps)
    faults += build.build()
    if (build.SITE / "index.html").is_file():
        faults += checks.built(build.SITE)
    return _said(faults, f"Open {(build.SITE / 'index.html').as_uri()}")


def check(out: Console) -> int:
    """Check the pages as they are written, say what chapters show; return the exit code."""
    steps, found = catalog.load(), pages.load()
    out.print(coverage.table(found, steps))
    return _said(checks.written(found, steps), "The pages are as they should be.")


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
