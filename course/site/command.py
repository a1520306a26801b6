"""`make site`: builds the site and says all that is wrong with it."""

from __future__ import annotations

from course.site import build


def site() -> int:
    """Build the site; return the exit code, 1 when anything is wrong."""
    faults = build.build()
    for fault in faults:
        print(fault)
    if faults:
        print(f"{len(faults)} faults.")
        return 1
    print(f"Open {(build.SITE / 'index.html').as_uri()}")
    return 0
