"""Lists in words, for sentences that are printed."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby


def numbers(found: Iterable[int]) -> str:
    """Return numbers in words: 4 to 7, 9 and 12."""
    parts = []
    for _, group in groupby(enumerate(sorted(set(found))), key=lambda pair: pair[1] - pair[0]):
        run = [number for _, number in group]
        parts += [f"{run[0]} to {run[-1]}"] if len(run) > 2 else map(str, run)
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))
