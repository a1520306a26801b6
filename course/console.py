"""What goes to the terminal, and how: colour only where it is wanted and can be shown."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from rich.console import Console

COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "bright_red")


def output() -> Console:
    """Return the console for results; plain when not a terminal or when NO_COLOR is set."""
    return _console(sys.stdout)


def _console(file: TextIO) -> Console:
    plain = bool(os.environ.get("NO_COLOR")) or not file.isatty()
    return Console(
        file=file,
        no_color=plain or None,
        color_system=None if plain else "auto",
        highlight=False,
        markup=False,
        emoji=False,
        # Without a terminal there is no width to wrap at: a log must not be folded.
        soft_wrap=not file.isatty(),
    )
