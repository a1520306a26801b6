"""Results as `make measure`, `make claims` and the drills write them, with invented figures."""

from __future__ import annotations

from pathlib import Path

from course import catalog
from course.load.claims import FILE, HOLDS, parse
from course.load.keep import keep

MACHINE = {"cpu": "A chip", "cores": 2, "python": "3.11.7", "system": "Linux", "commit": "abc"}
SHARES = (1, 50, 95, 99)
ROW = {
    "scene": "",
    "figure": "",
    "target": "",
    "missed": False,
    "sent": None,
    "failed": None,
    "retried": None,
    "lost": None,
    "duplicated": None,
    "zero": [],
    "invalid": None,
}
ROWS = (
    {"scene": "a worker is killed", "sent": 1200, "failed": 0, "lost": 3, "zero": ["failed"]},
    {"scene": "it comes back", "figure": "1.5 s", "target": "below 2 s"},
    {"scene": "too busy", "invalid": "the generator was the bottleneck", "sent": 10},
)


def write(folder: Path) -> Path:
    """Write results of all claims, steps and drills into a folder; return it."""
    keep(_claims(), folder / "claims.json")
    keep(_ladder(), folder / "ladder.json")
    for step in catalog.load():
        rows = [ROW | row for row in ROWS]
        found = {"title": f"Step {step.number}: a drill", "rows": rows, "provenance": MACHINE}
        keep(found, folder / f"drill-{step.number}.json")
    return folder


def _claims() -> dict[str, object]:
    found = {}
    for claim in parse(FILE.read_text(encoding="utf-8")):
        found[claim.id] = {
            "claim": vars(claim),
            "outcome": HOLDS,
            "ratio": 2 * claim.minimum,
            "ratios": [1.9 * claim.minimum, 2.1 * claim.minimum],
            "before": "40 a second",
            "after": "90 a second",
            "found": "It is better.",
            "reason": "",
            "spreads": {
                "before": [(share, share / 100) for share in SHARES],
                "after": [(share, share / 1000) for share in SHARES],
            },
            "provenance": MACHINE,
        }
    return found


def _ladder() -> dict[str, object]:
    rungs = {
        str(step.number): {"step": step.number, "hall": 20 * step.number, "beyond": 0, "trials": []}
        for step in catalog.load()
    }
    law = {"single": 100.0, "contention": 0.3, "coherency": 0.001, "error": 0.02}
    laws = {
        number: {"clients": [1, 2, 4, 8], "rates": [100, 150, 200, 240], "law": law, "says": "So."}
        for number in ("1", "6", "9")
    }
    bare = {"rates": [1900, 2100], "costs": [0.0005], "rate": 2000}
    ours = {"rates": [800, 820], "costs": [0.001], "rate": 810, "of": "hello", "ratio": 0.4}
    calls = {"hello": bare, "unchanged": ours | {"target": 0.5}, "direct": bare, "list": bare}
    server = {"listeners": 1000, "messages": 32000, "p95": 0.04, "cost": 0.00005}
    floors = {"step 6": calls, "step 13": calls, "push": {"ours": server, "alone": server}}
    return {"provenance": MACHINE, "whole": True, "rungs": rungs, "laws": laws, "floors": floors}
