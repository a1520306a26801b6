"""The kit's pages: the site with the slides in it, and START.html, which says what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

from course.errors import CourseError
from course.load import figures
from course.offline.repository import Commit
from course.offline.targets import Target

START = "START.html"
TEMPLATE = Path(__file__).with_name("start.html")
# What building leaves in the repository, beside the site.
LEFT = (".data", "docs/slides")


def site(kit: Path, log: Path) -> None:
    """Build the kit's site from the kit's own files; CourseError when it has faults."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}
    if figures.VARIABLE in environment:
        environment[figures.VARIABLE] = str(figures.folder().resolve())
    done = subprocess.run(
        [sys.executable, "-m", "course", "site"],
        cwd=kit,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    with log.open("a", encoding="utf-8") as file:
        file.write(done.stdout + done.stderr)
    if done.returncode:
        raise CourseError(
            "The site of the last commit could not be built: make site says what is wrong with "
            f"it, or see {log}"
        )
    for name in LEFT:
        shutil.rmtree(kit / name, ignore_errors=True)


def start(kit: Path, commit: Commit, targets: Sequence[Target]) -> None:
    """Write the page that one opens first."""
    by_platform: dict[str, list[str]] = {}
    for target in targets:
        by_platform.setdefault(target.platform.shown, []).append(target.version)
    fits = "\n".join(
        f"<li>{escape(shown)}: Python {escape(', '.join(versions))}</li>"
        for shown, versions in by_platform.items()
    )
    page = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        fits=fits, commit=commit.id[:12], date=f"{commit.made:%Y-%m-%d}"
    )
    (kit / START).write_text(page, encoding="utf-8")
