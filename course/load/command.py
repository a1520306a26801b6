"""`make load-N`, `make predict-N`, `make load-ui-N`: the comparison, with a guess, by hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from rich.console import Console

from course import catalog
from course.drills.people import ENVIRONMENT
from course.drills.report import INVALID, PASSED
from course.errors import CourseError
from course.load import scenario as scenarios
from course.load.bar import Bar
from course.load.chart import draw
from course.load.compare import (
    INTERRUPTED,
    LABELS,
    STOPPED,
    Comparison,
    as_json,
    compare,
    factor,
    fill,
    sentence,
    table,
)
from course.load.keep import keep
from course.load.locusts import LINK
from course.paths import ROOT
from course.runner import live

FOLDER = ROOT / ".data" / "load"


def load(step: catalog.Step, out: Console, folder: Path = FOLDER) -> int:
    """Compare a step with the one before; return the exit code, 2 when it is not valid."""
    return show(_compared(step, out), out, folder)


def predict(step: catalog.Step, guess: float, out: Console, folder: Path = FOLDER) -> int:
    """The same, and then say how far a guess of the ratio was from it."""
    found = _compared(step, out)
    code = show(found, out, folder)
    if code == PASSED:
        out.print(verdict(guess, found.ratio), soft_wrap=True)
    return code


def question(step: catalog.Step) -> str:
    """Return what a learner is asked before the load runs."""
    scenario = scenarios.find(step.number)
    before = catalog.find(step.number - 1)
    return (
        f"{scenario.question}\n{LABELS[scenario.metric]}: how many times better than step "
        f"{before.number} ({before.title}) is step {step.number} ({step.title})? "
        "1 is as good, 0.5 half as good"
    )


def verdict(guess: float, ratio: float) -> str:
    """Say how near a guess came; near is within a factor of 1.5."""
    off = max(guess / ratio, ratio / guess)
    text = f"You said {guess:g} times better, it is {factor(ratio)} times"
    if off <= 1.5:
        return f"{text}: close."
    return f"{text}: you are off by a factor of {factor(off)}. What did you not think of?"


def by_hand(step: catalog.Step, out: Console) -> int:
    """Run a step and Locust's web page beside it, until Ctrl-C; return Locust's exit code."""
    scenario = scenarios.find(step.number)
    out.print(f"Starting step {step.number}: {step.title}")
    with live(step, env=ENVIRONMENT, timeout=60) as server:
        fill(server, scenario.questions)
        command = [sys.executable, "-m", "locust", "-f", str(scenario.file), "--step"]
        command += [str(step.number), "--host", server.url, "--web-host", "127.0.0.1"]
        command += ["--users", str(scenario.users), "--link", server.slow_site_url + LINK]
        try:
            return subprocess.run(command, cwd=ROOT).returncode
        except KeyboardInterrupt:
            return PASSED


def show(found: Comparison, out: Console, folder: Path) -> int:
    """Print, keep and draw a comparison, whole or not; return the exit code."""
    out.print(table(found))
    keep(as_json(found), folder / f"step-{found.after.step.number}.json")
    if found.measured:
        for path in draw(found, folder):
            if path.suffix == ".png":
                out.print(f"picture: {path}", soft_wrap=True)
    if found.broken == INTERRUPTED:
        out.print("Interrupted.", style="yellow")
        return STOPPED
    if found.broken:
        raise CourseError(found.broken)
    if found.invalid:
        out.print(f"Not valid: {found.invalid}.", style="yellow")
        return INVALID
    out.print(sentence(found), soft_wrap=True)
    return PASSED


def _compared(step: catalog.Step, out: Console) -> Comparison:
    scenario = scenarios.find(step.number)
    with Bar(out) as progress:
        return compare(scenario, progress)
