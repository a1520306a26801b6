"""Figures for docs and slides: by id out of the results, so that nobody writes one by hand.

`claim:ID:ratio`, `claim:ID:before`, `claim:ID:after`, `hall:N` (people, of step N), `hall:N<M` and
`hall:N>M` (the same, for a sentence that is true only if it is smaller or larger than that of M),
`times:N` (halls of step 1 that the one of step N is), `share:STEP:CALL` (of its floor),
`rate:STEP:CALL` and `cost:STEP:CALL` (of one process: calls a second, processor time of one),
`law:STEP:PART` (of the fit of the Universal Scalability Law: single, contention, coherency, best or
says), `machine` (what all of them were measured on), `drill:N:ROW:COUNT` (of a recorded drill: ROW
is its first column, COUNT sent, failed, retried, lost, duplicated or figure).

Not measured, but not to be repeated either: `minutes:N` and `exercise-minutes:N` (of the class),
`title:N` (of a step).
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from course import catalog
from course.drills.report import COUNTS
from course.errors import CourseError
from course.exercises import catalog as exercises
from course.load.compare import factor
from course.load.scenario import FOLDER
from course.load.usl import Law

RESULTS = FOLDER / "results"
VARIABLE = "COURSE_RESULTS"  # another folder of results: of the reader's own machine
# What looks like a performance figure: a number and what it is a number of.
HAND = re.compile(
    r"(?<![\w.:/-])\d[\d,.]*\s?(?:×|x\b|times (?:faster|slower|sooner|more|as)|ms\b|"
    r"(?:requests|messages|lists|polls|posts) (?:a|per) second|(?:requests|messages|req)/s)"
)


def folder() -> Path:
    """Return where the results are: what COURSE_RESULTS names, else loadtests/results."""
    return Path(os.environ.get(VARIABLE) or RESULTS)


def figure(id: str, results: Path | None = None) -> str:
    """Return a figure as it is to be read; CourseError when there is none of that id.

    A claim that does not hold, or that was not measured, has none either. `results` None means
    `folder()`.
    """
    kind, _, rest = id.partition(":")
    results = results or folder()
    try:
        match kind:
            case "claim":
                return _claim(*rest.split(":"), _read(results / "claims.json"))
            case "hall":
                return f"{_compared_hall(rest, results):,}"
            case "times":
                return f"{_hall(rest, results) / _hall('1', results):.0f}"
            case "share":
                step, call = rest.split(":")
                found = _read(results / "ladder.json")["floors"][f"step {step}"][call]
                return f"{found['ratio']:.0%}"
            case "rate" | "cost":
                step, call = rest.split(":")
                found = _read(results / "ladder.json")["floors"][f"step {step}"][call]
                return f"{found['rate']:,.0f}" if kind == "rate" else _ms(min(found["costs"]))
            case "law":
                return _law(*rest.split(":"), _read(results / "ladder.json")["laws"])
            case "drill":
                return _drilled(*rest.split(":", 1), results)
            case "minutes":
                return str(catalog.find(int(rest)).minutes)
            case "exercise-minutes":
                return str(exercises.find(int(rest)).minutes)
            case "title":
                return catalog.find(int(rest)).title
            case "machine":
                here = _read(results / "ladder.json")["provenance"]
                return f"{here['cpu']}, {here['cores']} cores, Python {here['python']}"
    except (AttributeError, KeyError, TypeError, ValueError, ZeroDivisionError):
        pass
    raise CourseError(f"There is no figure {id!r} in {shown(results)}.")


def load(name: str, results: Path | None = None) -> dict:
    """Return all that is in a file of results; CourseError when there is no such file."""
    return _read((results or folder()) / name)


def shown(results: Path) -> str:
    """Return how messages name a folder of results."""
    inside = results.is_relative_to(FOLDER)
    return results.relative_to(FOLDER.parent).as_posix() if inside else str(results)


def by_hand(text: str) -> list[str]:
    """Return what looks like a performance figure in a Markdown text, outside of code."""
    text = re.sub(r"^(`{3,}|~{3,}).*?^\1", "", text, flags=re.MULTILINE | re.DOTALL)
    return [found[0] for found in HAND.finditer(re.sub(r"`[^`\n]*`", "", text))]


def _claim(id: str, part: str, claims: dict) -> str:
    claim = claims[id]
    if claim["outcome"] != "holds":
        raise CourseError(f"The claim {id!r} {claim['outcome']}: it has no figure to state.")
    parts = {"ratio": factor(claim["ratio"]), "before": claim["before"], "after": claim["after"]}
    return parts[part]


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.2f} ms"


def _law(step: str, part: str, laws: dict) -> str:
    law = Law(**laws[step]["law"])
    parts = {
        "single": f"{law.single:,.0f}",
        "contention": f"{law.contention:.1%}",
        "coherency": f"{law.coherency:.2%}",
        "best": f"{law.best:,.0f}",
        "says": laws[step]["says"],
    }
    return parts[part]


def _drilled(step: str, rest: str, results: Path) -> str:
    scene, _, part = rest.rpartition(":")
    (row,) = (row for row in _read(results / f"drill-{step}.json")["rows"] if row["scene"] == scene)
    if row.get("invalid"):
        raise CourseError(f"{scene!r} of drill {step} is not valid: it has no figure to state.")
    if part == "figure":
        return row["figure"]
    if part not in COUNTS or row[part] is None:
        raise KeyError(part)
    return f"{row[part]:,}"


def _compared_hall(rest: str, results: Path) -> int:
    step, sign, other = re.fullmatch(r"(\d+)(?:([<>])(\d+))?", rest).groups()
    hall = _hall(step, results)
    if (
        sign
        and (than := _hall(other, results))
        and not (hall < than if sign == "<" else hall > than)
    ):
        raise CourseError(
            f"The hall of step {step} has {hall:,} people and that of step {other} {than:,}: "
            f"rewrite the sentence that says {rest}."
        )
    return hall


def _hall(step: str, results: Path) -> int:
    return _read(results / "ladder.json")["rungs"][step]["hall"]


def _read(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        drill = re.fullmatch(r"drill-(\d+)\.json", path.name)
        how = f"make drill-{drill[1]}" if drill else "make measure, make claims"
        raise CourseError(f"There is no {path.name} in {shown(path.parent)} yet: {how}.") from None
    except ValueError as error:
        raise CourseError(f"{shown(path.parent)}/{path.name} is no JSON: {error}.") from None
