"""`make claims`: measures every performance sentence of the course, and says which hold."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from course.drills.load import percentile
from course.errors import CourseError
from course.load import provenance, scenario
from course.load.bar import Bar
from course.load.compare import INTERRUPTED, STOPPED, Comparison, compare, sentence, shown, times
from course.load.keep import keep

FILE = scenario.FOLDER / "claims.toml"
RESULTS = scenario.FOLDER / "results" / "claims.json"
HOLDS, FAILS, UNKNOWN = "holds", "fails", "not measurable here"
EXIT = {HOLDS: 0, FAILS: 1, UNKNOWN: 2}
ROUNDS = 3
SHARES = (1, *range(5, 100, 5), 99)  # of 100 answers, for the chart


@dataclass(frozen=True)
class Claim:
    """One sentence; see loadtests/claims.toml."""

    id: str
    sentence: str
    steps: tuple[int, int]
    scenario: int
    minimum: float
    cores: int = 1


@dataclass
class Verdict:
    """What became of a claim; `found` says it in figures, `reason` why it could not be measured.

    `spreads` has "before" and "after": of 100 answers so many took at most so many seconds.
    """

    claim: Claim
    outcome: str
    ratio: float | None = None
    ratios: list[float] = field(default_factory=list)
    before: str = ""
    after: str = ""
    found: str = ""
    reason: str = ""
    spreads: dict[str, list[tuple[int, float]]] = field(default_factory=dict)


def parse(text: str) -> list[Claim]:
    """Return the claims in a text; CourseError with what is wrong in it."""
    known = {each.name for each in fields(Claim)} - {"id"}
    claims = []
    for id, values in tomllib.loads(text).items():
        if unknown := set(values) - known:
            raise CourseError(f"loadtests/claims.toml, {id}: unknown {', '.join(unknown)}.")
        try:
            claim = Claim(id, **values | {"steps": tuple(values["steps"])})
        except (KeyError, TypeError) as error:
            raise CourseError(f"loadtests/claims.toml, {id}: {error}.") from None
        if claim.scenario not in scenario.scenarios():
            raise CourseError(f"loadtests/claims.toml, {id}: no scenario {claim.scenario}.")
        if len(claim.steps) != 2 or claim.steps[1] != claim.scenario:
            raise CourseError(
                f"loadtests/claims.toml, {id}: a scenario compares an earlier step with its own."
            )
        claims.append(claim)
    return claims


def chosen(only: Sequence[str]) -> list[Claim]:
    """Return the claims that `only` names, all when it is empty; CourseError for others."""
    claims = parse(FILE.read_text(encoding="utf-8"))
    ids = [claim.id for claim in claims]
    for id in only:
        if id not in ids:
            raise CourseError(f"{id!r} is no claim; choose from {', '.join(ids)}.")
    return [claim for claim in claims if not only or claim.id in only]


def judge(claim: Claim, measure: Callable[[Claim], Comparison]) -> Verdict:
    """Measure a claim and say whether it holds."""
    if provenance.cores() < claim.cores:
        return Verdict(claim, UNKNOWN, reason=f"it takes {claim.cores} cores")
    found = measure(claim)
    if found.broken == INTERRUPTED:
        return Verdict(claim, UNKNOWN, reason=INTERRUPTED)
    if found.broken:
        return Verdict(claim, FAILS, reason=found.broken.partition("\n")[0])
    verdict = Verdict(claim, HOLDS, found.ratio, found.ratios, found=sentence(found))
    verdict.before, verdict.after = (
        shown(found.scenario, side.value(found.scenario)) for side in (found.before, found.after)
    )
    for name, side in (("before", found.before), ("after", found.after)):
        values = times(found.scenario, side)
        verdict.spreads[name] = [(share, percentile(values, share)) for share in SHARES]
    if found.invalid:
        verdict.outcome, verdict.reason = UNKNOWN, found.invalid
    elif math.isnan(found.ratio):
        verdict.outcome, verdict.reason = UNKNOWN, "there was nothing to compare"
    elif found.ratio < claim.minimum:
        verdict.outcome = FAILS
    return verdict


def run(only: Sequence[str], out: Console, rounds: int = ROUNDS, results: Path = RESULTS) -> int:
    """Measure claims, print what holds, write the results; return the exit code."""
    verdicts: list[Verdict] = []
    claims = chosen(only)
    with Bar(out) as progress:
        for number, claim in enumerate(claims, start=1):
            progress.say(f"{number}/{len(claims)} {claim.id}: {claim.sentence}")
            verdicts.append(
                judge(
                    claim,
                    lambda each: compare(
                        scenario.find(each.scenario), progress, rounds, each.steps[0]
                    ),
                )
            )
            if verdicts[-1].reason == INTERRUPTED:
                break
            write(verdicts, results)
    out.print(table(verdicts))
    if verdicts and verdicts[-1].reason == INTERRUPTED:
        return STOPPED
    return max((EXIT[each.outcome] for each in verdicts), key=(0, 2, 1).index)


def write(verdicts: Sequence[Verdict], path: Path) -> None:
    """Keep verdicts beside those of other claims; of another machine's none are kept."""
    here = provenance.here()
    kept = {}
    if path.exists():
        old = json.loads(path.read_text(encoding="utf-8"))
        kept = {
            id: each
            for id, each in old.items()
            if all(each["provenance"].get(name) == here[name] for name in provenance.MACHINE)
        }
    for verdict in verdicts:
        kept[verdict.claim.id] = asdict(verdict) | {"provenance": here}
    keep(dict(sorted(kept.items())), path)


def table(verdicts: Sequence[Verdict]) -> Table:
    table = Table(title="The claims of the course", title_justify="left")
    for heading in ("claim", "measured", "times better", "claimed", ""):
        table.add_column(heading)
    colours = {HOLDS: "green", FAILS: "bold red", UNKNOWN: "yellow"}
    for each in verdicts:
        spread = ", ".join(f"{ratio:.2f}" for ratio in sorted(each.ratios))
        table.add_row(
            each.claim.id,
            f"{each.before} → {each.after}" if each.before else "",
            f"{each.ratio:.2f} ({spread})" if each.ratio is not None else "",
            f"{each.claim.minimum:g}",
            Text(
                each.outcome + (f": {each.reason}" if each.reason else ""),
                style=colours[each.outcome],
            ),
        )
    return table
