"""What is wrong on a page: said in the log, which fails a strict build, and shown on the page."""

from __future__ import annotations

import logging

from course.site.html import escape, tag

CLASS = "course-fault"
# A child of MkDocs's: it counts the warnings of those, and a strict build does not pass with any.
log = logging.getLogger("mkdocs.course")


def said(uri: str, what: str, reason: object) -> str:
    """Log that something on a page is wrong; return what to show in its place."""
    lines = " ".join(str(reason).split())
    log.warning("docs/%s: %s: %s", uri, what, lines)
    return tag("strong", escape(f"{what}: {lines}"), class_=CLASS)
