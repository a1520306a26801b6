"""`make measure`: the ladder and the laws of all steps, kept with where they come from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from course import catalog
from course.drills.people import ENVIRONMENT
from course.drills.report import seconds as in_words
from course.errors import CourseError
from course.load import chart, floors, locusts, provenance, usl
from course.load.bar import Bar
from course.load.compare import STOPPED, fill
from course.load.keep import keep
from course.load.ladder import FIRST, QUESTIONS, climb
from course.load.scenario import FOLDER
from course.paths import ROOT
from course.runner import live

RESULTS = FOLDER / "results"
UNFINISHED = ROOT / ".data" / "load" / "measure.json"
LADDER = "ladder.json"
PARTS = ("rungs", "laws", "floors")
ABOUT = {"rungs": 100, "laws": 60, "floors": 200}  # seconds, for the progress bar
# The steps in which it changes how much is done at a time, before a load balancer limits what one
# client may ask; and how many ask at the same time.
LAWS, CLIENTS = (1, 6, 9), (1, 2, 4, 8, 16, 32)
LAW_WARM_UP, LAW_SECONDS, LAW_ROUNDS = 1, 2, 2
LARGER = 10  # times, that the last hall should be as large as the first
READER = FOLDER / "step06.py"


def measure(out: Console, *, fresh: bool = False, results: Path = RESULTS) -> int:
    """Measure all steps, going on where an earlier run was interrupted; return the exit code."""
    state = begin(UNFINISHED, fresh=fresh)
    try:
        with Bar(out) as progress:
            if any(state[part] for part in PARTS):
                progress.say("Going on where the last run ended; FRESH=1 begins again.")
            for part, name, run in todo(state):
                if name not in state[part]:
                    progress.part(ABOUT[part], ABOUT[part])
                    state[part][name] = run(progress)
                    keep(state, UNFINISHED)
    except KeyboardInterrupt:
        out.print("Interrupted. What was measured is kept: make measure goes on.", style="yellow")
        return STOPPED
    state["whole"] = True
    keep(state, results / LADDER)
    UNFINISHED.unlink()
    draw(state, results)
    show(state, out)
    return 0


def todo(state: dict) -> Iterator[tuple[str, str, Callable[[Bar], object]]]:
    """Yield what has to be measured: the part of the state, its name there, and what does it."""
    first = FIRST
    for step in catalog.load():
        yield "rungs", str(step.number), partial(_rung, step.number, first)
        first = max(first, state["rungs"][str(step.number)]["hall"])
    for number in LAWS:
        yield "laws", str(number), partial(law, number)
    for name, floor in floors.FLOORS.items():
        yield "floors", name, floor


def _rung(number: int, first: int, progress: Bar) -> dict[str, object]:
    return climb(number, first, progress).as_json()


def begin(path: Path, *, fresh: bool) -> dict:
    """Return the state of an earlier run that ended early; a new one if there is none like ours.

    CourseError when it is of another machine or commit: their figures must not meet.
    """
    here = provenance.here()
    if path.exists() and not fresh:
        state = json.loads(path.read_text(encoding="utf-8"))
        try:
            provenance.check_same(state["provenance"], here)
        except CourseError as error:
            raise CourseError(f"{error} FRESH=1 make measure begins again.") from None
        if state["provenance"]["commit"] == here["commit"]:
            return state
        raise CourseError(
            f"An unfinished run is of commit {state['provenance']['commit']}, this is "
            f"{here['commit']}: FRESH=1 make measure begins again."
        )
    return {"provenance": here, "whole": False, **{part: {} for part in PARTS}}


def law(number: int, progress: Bar) -> dict[str, object]:
    """Measure how many lists a step answers to more and more clients, and fit the law."""
    step = catalog.find(number)
    progress.say(f"starting step {number}: {step.title}")
    points = LAW_ROUNDS * CLIENTS
    rates = []
    with live(step, env=ENVIRONMENT, timeout=60) as server:
        fill(server, QUESTIONS)
        for clients in points:
            what = f"step {number}, {clients} clients"
            result = locusts.run(
                server.url,
                number,
                READER,
                clients,
                LAW_SECONDS,
                progress,
                what,
                warm_up=LAW_WARM_UP,
            )
            if result.failed:
                raise CourseError(f"{what}: {result.failed} of {result.sent} requests failed.")
            rates.append(result.rate("list"))
            progress.say(f"  {what}: {rates[-1]:,.0f} requests/s")
    found = usl.fit(points, rates)
    return {"clients": points, "rates": rates, "law": asdict(found), "says": usl.explained(found)}


def draw(state: dict, folder: Path) -> None:
    """Draw the ladder and the laws."""
    halls = {int(number): rung["hall"] for number, rung in state["rungs"].items()}
    chart.ladder(folder / "ladder", {catalog.find(n).title: hall for n, hall in halls.items()})
    series = []
    for number, found in state["laws"].items():
        curve = usl.Law(**found["law"])
        series.append((f"step {number}", found["clients"], found["rates"], curve.throughput))
    chart.laws(folder / "laws", series)


def show(state: dict, out: Console) -> None:
    """Print the ladder and the floors as tables, and what the laws say."""
    rungs = list(state["rungs"].values())
    out.print(table(rungs))
    out.print(busiest(rungs))
    if rungs[-1]["hall"] < LARGER * rungs[0]["hall"]:
        out.print(f"The last hall is not {LARGER} times the first: missed.", style="red")
    for number, found in state["laws"].items():
        out.print(f"Step {number}: {found['says']}", soft_wrap=True)
    for name, found in state["floors"].items():
        out.print(push_table(name, found) if name == "push" else floor_table(name, found))


def floor_table(name: str, found: dict[str, dict]) -> Table:
    """Return the calls of a step beside what could stand in their place."""
    table = Table(title=f"One process of {name}, and the least in its place", title_justify="left")
    table.add_column("call")
    for heading in ("requests/s", "rounds", "processor for one", "share", "target"):
        table.add_column(heading, justify="right")
    for call, each in found.items():
        target = each.get("target")
        missed = target is not None and each["ratio"] < target
        table.add_row(
            call,
            f"{each['rate']:,.0f}",
            f"{min(each['rates']):,.0f} to {max(each['rates']):,.0f}",
            f"{1000 * min(each['costs']):.2f} ms",
            f"{each['ratio']:.2f} of {each['of']}" if target else "",
            f"{target:g} or more{': missed' if missed else ''}" if target else "",
            style="red" if missed else "",
        )
    return table


def push_table(name: str, found: dict[str, dict]) -> Table:
    """Return what it costs to tell a crowd something, beside the library alone."""
    table = Table(title="Telling a crowd, and the least in its place", title_justify="left")
    table.add_column("server")
    for heading in ("listeners", "messages", "p95", "processor for one message"):
        table.add_column(heading, justify="right")
    for server, each in found.items():
        cost = f"{1e6 * each['cost']:.0f} millionths of a second"
        values = f"{each['listeners']:,}", f"{each['messages']:,}", in_words(each["p95"]), cost
        table.add_row(server, *values)
    return table


def table(rungs: Sequence[dict]) -> Table:
    """Return what each step serves, and what happens in a hall that is too large for it."""
    table = Table(title="The largest hall that each step serves here", title_justify="left")
    table.add_column("step")
    for heading in ("people", "× step 1", "too many"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("because")
    first = rungs[0]["hall"]
    for rung in rungs:
        trials = [trial for trial in rung["trials"] if trial["size"] == rung["beyond"]]
        table.add_row(
            f"{rung['step']} {catalog.find(rung['step']).title}",
            f"{rung['hall']:,}",
            f"{rung['hall'] / first:.1f}" if first else "",
            f"{rung['beyond']:,}" if rung["beyond"] else "",
            next((trial["reason"] for trial in trials if trial["reason"]), ""),
        )
    return table


def busiest(rungs: Sequence[dict]) -> str:
    """Return how much of the machine the generator took, where it took most."""
    cores = max((t["cpu"] for rung in rungs for t in rung["trials"]), default=0.0)
    return f"The load generator used {cores:.2f} cores at most."
