"""The addresses of a page and those of the step that was started for it."""

from __future__ import annotations

import random
import re

from course import ports
from course.errors import CourseError

# What `make step-N` serves on, and its slow site.
READERS = 8000, 8001
# As many digits as the reader's: a length or a digest over an address is then the reader's too.
# Off the ports on which readers run steps.
RANGE = (*range(3000, 8000, 2), *range(9000, 10_000, 2))
PLACE = r"(?<![\w.])(localhost|127\.0\.0\.1):({})(?!\d)"


def free_pair() -> int:
    """Return a port of four digits that is free, and so is the next one."""
    for port in random.sample(RANGE, len(RANGE)):
        if ports.is_free(port) and ports.is_free(port + 1):
            return port
    raise CourseError("No two free ports of four digits: what holds them all?")


class Addresses:
    """Translates between a page, which has the reader's ports, and the step, which has others."""

    def __init__(self, web: int, slow: int) -> None:
        self._live = dict(zip(READERS, (web, slow), strict=True))
        self._readers = {live: reader for reader, live in self._live.items()}

    def live(self, text: str) -> str:
        """Return a command with the ports of the step that runs."""
        return _replaced(text, self._live)

    def readers(self, text: str) -> str:
        """Return what was printed with the reader's ports."""
        return _replaced(text, self._readers)


def _replaced(text: str, ports: dict[int, int]) -> str:
    pattern = PLACE.format("|".join(map(str, ports)))
    return re.sub(pattern, lambda found: f"{found[1]}:{ports[int(found[2])]}", text)
