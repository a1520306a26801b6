"""Compares what a page shows with what was printed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from functools import cache

ANY = "…"
# So alike that one is taken for the present form of the other.
ALIKE = 0.5


def matches(shown: Sequence[str], printed: Sequence[str]) -> bool:
    """Whether a page shows what was printed.

    A line that is only `…` stands for any number of lines, `…` in a line for anything in it.
    Spaces at the end of a line and empty lines at the end of all do not count.
    """
    shown, printed = _tidy(shown), _tidy(printed)
    reached = {0}
    for line in shown:
        if line.strip() == ANY:
            reached = set(range(min(reached), len(printed) + 1)) if reached else reached
        else:
            reached = {
                at + 1 for at in reached if at < len(printed) and line_matches(line, printed[at])
            }
    return len(printed) in reached


def line_matches(shown: str, printed: str) -> bool:
    """Whether a single line is what the page shows."""
    return bool(_pattern(shown.rstrip()).fullmatch(printed.rstrip()))


@cache
def _pattern(line: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, line.split(ANY))))


def brought_up_to_date(shown: Sequence[str], printed: Sequence[str]) -> list[str]:
    """Return what the page should show: what was printed, with each `…` that still has a place."""
    shown, printed = _tidy(shown), _tidy(printed)
    if matches(shown, printed):
        return shown
    pairs = [*_aligned(shown, printed), (len(shown), len(printed))]
    result: list[str] = []
    at, next_printed = 0, 0
    for one, other in pairs:
        left_out = any(line.strip() == ANY for line in shown[at:one])
        between = printed[next_printed:other]
        result += [ANY] if left_out else between
        if one < len(shown):
            keep = line_matches(shown[one], printed[other])
            result.append(shown[one] if keep else printed[other])
        at, next_printed = one + 1, other + 1
    return result


def difference(shown: Sequence[str], printed: Sequence[str]) -> str:
    """Return how the page would have to change, as a diff; empty when it is right."""
    right = brought_up_to_date(shown, printed)
    found = difflib.unified_diff(
        _tidy(shown), right, "the page shows", "it printed", lineterm="", n=len(right)
    )
    return "\n".join(line for line in found if not line.startswith("@@"))


def generalised(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """Return two outputs of one command as one, with `…` for what differs between them."""
    first, second = _tidy(first), _tidy(second)
    result: list[str] = []
    pairs = [*_aligned(first, second), (len(first), len(second))]
    at, next_second = 0, 0
    for one, other in pairs:
        if one > at or other > next_second:
            result.append(ANY)
        if one < len(first):
            result.append(_common(first[one], second[other]))
        at, next_second = one + 1, other + 1
    return result


TOKEN = re.compile(
    r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)?"
    r"|\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT|\w+|\W"
)


def _common(first: str, second: str) -> str:
    """Return a line with `…` for the words in which two differ."""
    if first == second or line_matches(first, second):
        return first
    one, other = TOKEN.findall(first), TOKEN.findall(second)
    parts: list[str] = []
    for kind, begin, end, _, _ in difflib.SequenceMatcher(None, one, other, False).get_opcodes():
        parts.append("".join(one[begin:end]) if kind == "equal" else ANY)
    return re.sub(f"{ANY}(?:\\W?{ANY})+", ANY, "".join(parts))


def _aligned(shown: Sequence[str], printed: Sequence[str]) -> list[tuple[int, int]]:
    """Return which lines of both belong together, as pairs of rising indices."""
    best = [[0.0] * (len(printed) + 1) for _ in range(len(shown) + 1)]
    for one in reversed(range(len(shown))):
        for other in reversed(range(len(printed))):
            best[one][other] = max(
                best[one + 1][other],
                best[one][other + 1],
                best[one + 1][other + 1] + _likeness(shown[one], printed[other]),
            )
    pairs: list[tuple[int, int]] = []
    one = other = 0
    while one < len(shown) and other < len(printed):
        likeness = _likeness(shown[one], printed[other])
        if likeness and best[one][other] == best[one + 1][other + 1] + likeness:
            pairs.append((one, other))
            one, other = one + 1, other + 1
        elif best[one][other] == best[one + 1][other]:
            one += 1
        else:
            other += 1
    return pairs


@cache
def _likeness(shown: str, printed: str) -> float:
    """Return 2 when the line shown stands for the one printed, less when they are only alike."""
    if shown.strip() == ANY:
        return 0.0
    if line_matches(shown, printed):
        return 2.0
    matcher = difflib.SequenceMatcher(None, shown, printed, False)
    if matcher.real_quick_ratio() < ALIKE or matcher.quick_ratio() < ALIKE:
        return 0.0
    ratio = matcher.ratio()
    return ratio if ratio >= ALIKE else 0.0


def _tidy(lines: Sequence[str]) -> list[str]:
    """Return lines without spaces at their ends, and without empty ones at the end."""
    tidy = [line.rstrip() for line in lines]
    while tidy and not tidy[-1]:
        tidy.pop()
    return tidy
