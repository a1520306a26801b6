"""`make load-N`: the same load on step N-1 and step N, in turn."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import httpx
from rich.table import Table

from course import catalog
from course.deploy import rolling_restart
from course.drills.people import ENVIRONMENT, Person, client, register
from course.drills.report import seconds as in_words
from course.errors import CourseError
from course.load import locusts, provenance
from course.load.bar import Bar
from course.load.result import Result
from course.load.scenario import Scenario
from course.runner import Running, live

ROUNDS = 2
STARTING = 8  # seconds that a step takes to start and to be filled, for the progress bar
INTERRUPTED, STOPPED = "interrupted", 130  # what a shell says of a program that Ctrl-C has ended
TALK = "million-pollers"


@dataclass
class Side:
    """One of the two steps, and what was measured there."""

    step: catalog.Step
    results: list[Result] = field(default_factory=list)

    def values(self, scenario: Scenario) -> list[float]:
        return [result.value(scenario.metric, scenario.name) for result in self.results]

    def value(self, scenario: Scenario) -> float:
        """The median of the rounds."""
        return statistics.median(self.values(scenario))


@dataclass
class Comparison:
    """A scenario on two steps; `broken` is why it ended before all rounds were measured."""

    scenario: Scenario
    before: Side
    after: Side
    broken: str = ""

    @property
    def ratio(self) -> float:
        """How many times better the second step is; below 1 it is worse."""
        return better(
            self.scenario, self.before.value(self.scenario), self.after.value(self.scenario)
        )

    @property
    def ratios(self) -> list[float]:
        """The ratio of each round."""
        pairs = zip(
            self.before.values(self.scenario), self.after.values(self.scenario), strict=False
        )
        return [better(self.scenario, *pair) for pair in pairs]

    @property
    def measured(self) -> bool:
        """Whether there is something of both steps."""
        return bool(self.before.results and self.after.results)

    @property
    def invalid(self) -> str | None:
        """Why the figures are not valid; None when they are."""
        results = [*self.before.results, *self.after.results]
        return next(filter(None, (result.invalid for result in results)), None)


def times(scenario: Scenario, side: Side) -> list[float]:
    """Return how long each answer took, or until each had heard, in all rounds; in seconds."""
    if scenario.metric == "freshness":
        return [value for result in side.results for value in result.fresh]
    return [value for result in side.results for value in result.times(scenario.name)]


def better(scenario: Scenario, before: float, after: float) -> float:
    """Return how many times better `after` is; nan when there is nothing to compare."""
    worse, good = (after, before) if not scenario.higher_is_better else (before, after)
    if not worse or math.isnan(worse) or math.isnan(good) or good == worse == math.inf:
        return math.nan
    return good / worse


def compare(
    scenario: Scenario, progress: Bar, rounds: int = ROUNDS, before: int | None = None
) -> Comparison:
    """Run a scenario on its step and an earlier one, in turn; `before` None is the one before.

    What goes wrong ends it: the comparison says so, and has what was measured until then.
    """
    steps = catalog.find(before or scenario.step - 1), catalog.find(scenario.step)
    found = Comparison(scenario, *map(Side, steps))
    each = locusts.duration(scenario.users, scenario.seconds)
    progress.expect(2 * STARTING + 2 * rounds * each)
    try:
        with ExitStack() as stack:
            servers = []
            for step in steps:
                progress.part(STARTING, STARTING)
                progress.say(f"starting step {step.number}: {step.title}")
                server = stack.enter_context(live(step, env=ENVIRONMENT, timeout=60))
                fill(server, scenario.questions)
                servers.append(server)
            for number in range(1, rounds + 1):
                for side, server in zip((found.before, found.after), servers, strict=True):
                    what = f"round {number} of {rounds}, step {side.step.number}"
                    progress.part(each, each)
                    side.results.append(measure(server, scenario, progress, what))
                    progress.say(f"  {what}: {said(scenario, side.results[-1])}")
    except KeyboardInterrupt:
        found.broken = INTERRUPTED
    except CourseError as error:
        found.broken = str(error)
    return found


def measure(server: Running, scenario: Scenario, progress: Bar, what: str) -> Result:
    """Run a scenario once; CourseError when something failed that should not have."""
    incident = (lambda: restart(server)) if scenario.incident else None
    with Author(server) as options:
        result = locusts.run(
            server.url,
            server.step.number,
            scenario.file,
            scenario.users,
            scenario.seconds,
            progress,
            what,
            slow_site=server.slow_site_url,
            options=options,
            processes=1 + scenario.users // locusts.FEW,
            halfway=incident,
        )
    if not result.sent:
        raise CourseError(f"No request was sent to step {server.step.number}.")
    if result.failed and not incident:
        problems = ", ".join(f"{n} x {what}" for what, n in result.problems.most_common(3))
        raise CourseError(
            f"{result.failed} of {result.sent} requests to step {server.step.number} failed: "
            f"{problems}"
        )
    return result


def restart(server: Running) -> None:
    """Restart what answers requests, as a deploy of this step does."""
    if any(name.startswith("host-") for name in server.names):
        rolling_restart(server, lambda line: None)
    else:
        server.restart(server.step.entry)


class Author:
    """Who asks in a load test, and takes it all back: lists that grow make every run another."""

    def __init__(self, server: Running) -> None:
        self.server = server
        self.person = someone(server)

    def __enter__(self) -> tuple[str, ...]:
        """Return Locust's options."""
        return (f"--token={self.person.token}",)  # in one: a token may begin with a dash

    def __exit__(self, *_: object) -> None:
        with talking(self.server, self.person) as http:
            for question in listed(http):
                if question["author"] == self.person.nickname:
                    http.delete(f"/api/questions/{question['id']}").raise_for_status()


def fill(server: Running, questions: int) -> None:
    """Ask until the talk has so many questions."""
    with talking(server, someone(server)) as http:
        for number in range(len(listed(http)), questions):
            body = {"talk": TALK, "source": f"Filler {number + 1}: how many rows are enough?"}
            http.post("/api/questions", json=body).raise_for_status()


@contextmanager
def talking(server: Running, person: Person) -> Iterator[httpx.Client]:
    """Yield a client that acts for somebody."""
    with answering(server), client(server.url) as http:
        http.headers.update(person.headers)
        yield http


@contextmanager
def answering(server: Running) -> Iterator[None]:
    """CourseError when the step does not answer as usual."""
    try:
        yield
    except httpx.HTTPError as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise CourseError(f"Step {server.step.number} does not answer: {reason}") from None


def someone(server: Running) -> Person:
    """Return a new account."""
    with answering(server):
        return register(server.url, 1)[0]


def listed(http: httpx.Client) -> list[dict]:
    """Return the questions of the talk."""
    answer = http.get("/api/questions", params={"talk": TALK}).raise_for_status()
    return answer.json()["questions"]


def shown(scenario: Scenario, value: float) -> str:
    """Return a figure with its unit."""
    return f"{value:,.0f} a second" if scenario.metric == "rate" else in_words(value)


def factor(ratio: float) -> str:
    """Return a ratio in two digits, never as a power of ten."""
    rounded = float(f"{ratio:.2g}")
    return "1.0" if rounded == 1 else f"{rounded:,.10g}"


def said(scenario: Scenario, result: Result) -> str:
    value = shown(scenario, result.value(scenario.metric, scenario.name))
    failed = f", {result.failed} of {result.sent} failed" if result.failed else ""
    return f"{value}{failed}, generator {sum(result.cpu):.0%} of a core"


RATIO = "times better"
LABELS = {
    "rate": "requests answered",
    "p95": "p95 of the answer",
    "freshness": "p95 until it is heard",
    "outage": "longest time without an answer",
}


def table(found: Comparison) -> Table:
    """Return both sides, with the ratio and its spread."""
    scenario = found.scenario
    partial = " (partial: it ended early)" if found.broken else ""
    table = Table(title=scenario.question + partial, title_justify="left")
    table.add_column("step")
    for heading in (LABELS[scenario.metric], "rounds", "sent", "failed", "generator", RATIO):
        table.add_column(heading, justify="right")
    for side in (found.before, found.after):
        if not side.results:
            table.add_row(f"{side.step.number} {side.step.title}", "not measured")
            continue
        compared = side is found.after and found.measured
        table.add_row(
            f"{side.step.number} {side.step.title}",
            shown(scenario, side.value(scenario)),
            spread([shown(scenario, value) for value in sorted(side.values(scenario))]),
            f"{sent(side):,}",
            f"{sum(result.failed for result in side.results):,}",
            f"{max(sum(result.cpu) for result in side.results):.0%} of a core",
            f"{found.ratio:.2f} ({spread([f'{r:.2f}' for r in sorted(found.ratios)])})"
            if compared
            else "",
        )
    return table


def as_json(found: Comparison) -> dict[str, object]:
    """Return what was measured, with where it comes from."""
    sides = [
        {"step": side.step.number, "values": side.values(found.scenario), "sent": sent(side)}
        for side in (found.before, found.after)
    ]
    return {
        "scenario": found.scenario.step,
        "metric": found.scenario.metric,
        "sides": sides,
        "ratios": found.ratios,
        "ratio": found.ratio if found.measured else None,
        "whole": not found.broken,
        "broken": found.broken,
        "invalid": found.invalid,
        "provenance": provenance.here(),
    }


def sent(side: Side) -> int:
    return sum(result.sent for result in side.results)


def spread(values: Sequence[str]) -> str:
    return f"{values[0]} to {values[-1]}" if len(values) > 1 else values[0]


def sentence(found: Comparison) -> str:
    """Return in one sentence what was found."""
    scenario, ratio = found.scenario, found.ratio
    before, after = (shown(scenario, side.value(scenario)) for side in (found.before, found.after))
    first, second = found.before.step.number, found.after.step.number
    if math.isnan(ratio):
        return f"Nothing can be said of {scenario.what}: there was nothing to compare."
    match scenario.metric:
        case "rate":
            return (
                f"Step {second} answers {factor(ratio)} times as many {scenario.what} as step "
                f"{first}: {after} instead of {before}."
            )
        case "outage":
            return (
                f"In {scenario.what} of step {second} nobody waits longer than {after} for an "
                f"answer; in step {first} it was {before}, {factor(ratio)} times as long."
            )
        case "freshness":
            return (
                f"In {scenario.what}, 95 of 100 have a question within {after} in step {second}, "
                f"within {before} in step {first}: {factor(ratio)} times sooner."
            )
    return (
        f"95 of 100 {scenario.what} are answered within {after} by step {second}, within {before} "
        f"by step {first}: {factor(ratio)} times sooner."
    )
