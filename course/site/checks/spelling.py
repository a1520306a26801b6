"""Words that are often misspelt: codespell over all pages."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from course.site.pages import DOCS, Page


def check(pages: Sequence[Page], docs: Path = DOCS) -> list[str]:
    """Return misspelt words with the page and line that they are in."""
    if not pages:
        return []
    done = subprocess.run(
        [sys.executable, "-m", "codespell_lib", *(page.uri for page in pages)],
        cwd=docs,
        capture_output=True,
        text=True,
    )
    if done.returncode and not done.stdout:
        return [f"codespell: {done.stderr.strip()}"]
    return [f"docs/{line.removeprefix('./')}" for line in done.stdout.splitlines() if line.strip()]
