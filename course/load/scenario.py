"""What is measured for each step: loadtests/scenarios.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from course.errors import CourseError
from course.paths import ROOT

FOLDER = ROOT / "loadtests"
METRICS = {"rate", "p95", "freshness", "outage"}


@dataclass(frozen=True)
class Scenario:
    """One question to a step, and the one before it; see loadtests/scenarios.toml."""

    step: int
    metric: str
    users: int
    what: str
    name: str = ""
    seconds: int = 8
    questions: int = 50
    incident: str = ""

    @property
    def file(self) -> Path:
        """The Locust file."""
        return FOLDER / f"step{self.step:02}.py"

    @property
    def question(self) -> str:
        """What it asks, in the words of the Locust file."""
        text = self.file.read_text(encoding="utf-8").partition('"""')[2].partition('"""')[0]
        words = text.partition(": ")[2].partition("?")[0]
        return f"{words[:1].upper()}{words[1:]}?"

    @property
    def higher_is_better(self) -> bool:
        return self.metric == "rate"


@cache
def scenarios() -> dict[int, Scenario]:
    """Return all scenarios by their step; CourseError when the file is not as it should be."""
    return parse((FOLDER / "scenarios.toml").read_text(encoding="utf-8"))


def parse(text: str) -> dict[int, Scenario]:
    """Return the scenarios in a text; CourseError with what is wrong in it."""
    found = {}
    for title, values in tomllib.loads(text).items():
        number = int(title.removeprefix("step-"))
        known = {field.name for field in fields(Scenario)} - {"step"}
        if unknown := set(values) - known:
            raise CourseError(f"loadtests/scenarios.toml, {title}: unknown {', '.join(unknown)}.")
        try:
            scenario = Scenario(number, **values)
        except TypeError as error:
            raise CourseError(f"loadtests/scenarios.toml, {title}: {error}.") from None
        if scenario.metric not in METRICS:
            raise CourseError(f"loadtests/scenarios.toml, {title}: no metric {scenario.metric!r}.")
        found[number] = scenario
    return found


def find(number: int) -> Scenario:
    """Return the scenario of a step; CourseError when it has none."""
    if number not in scenarios():
        numbers = sorted(scenarios())
        raise CourseError(
            f"Step {number} is compared with nothing: choose {numbers[0]} to {numbers[-1]}."
        )
    return scenarios()[number]
