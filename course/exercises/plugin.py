"""pytest's side of a check: gives tests the running step, and writes down how each went.

    python -m pytest -p course.exercises.plugin --exercise DIRECTORY --work DIRECTORY

Fixtures: `stage` starts things, `running` is the step, started once for all tests.
"""

from __future__ import annotations

import re
import signal
import traceback
from pathlib import Path

import httpx
import pytest

from course.exercises import catalog, records
from course.exercises.blame import Blame
from course.exercises.checker import code_dir, results_file, runs_dir
from course.exercises.overlay import as_step
from course.exercises.records import ASSERTION, ERROR, HANG, PASSED, START, Record
from course.exercises.stage import Hangs, Stage
from course.runner import Running, StepFailed

NOTES = 3
# How an assertion ends that has waited for something (tests/podium_api.py).
IN_VAIN = re.compile(r"after [\d.]+ seconds$")


class TimeUp(Hangs):
    """A test takes too long."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("exercise")
    group.addoption("--exercise", type=Path, help="the directory of the exercise")
    group.addoption("--work", type=Path, help="where the overlaid step is, and what runs works")
    group.addoption("--patience", type=int, default=1, help="times as long as a test may take")


def pytest_configure(config: pytest.Config) -> None:
    exercise = catalog.read(config.getoption("exercise"))
    work = config.getoption("work")
    code = code_dir(work)
    stage = Stage(as_step(exercise, code), runs_dir(work), Blame(exercise, code))
    seconds = config.getoption("patience") * exercise.seconds
    config.pluginmanager.register(Check(seconds, stage, results_file(work)), "check")


class Check:
    """One run of an exercise's tests."""

    def __init__(self, seconds: int, stage: Stage, results: Path) -> None:
        self._seconds = seconds
        self._stage = stage
        self._results = results

    @pytest.fixture(scope="session")
    def stage(self) -> Stage:
        """Starts the overlaid step, its services, and commands of it."""
        return self._stage

    @pytest.fixture(scope="session")
    def running(self) -> Running:
        """The overlaid step, as it runs by default."""
        return self._stage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item):
        self._stage.mark()
        before = signal.signal(signal.SIGALRM, self._time_up)
        signal.setitimer(signal.ITIMER_REAL, self._seconds)
        try:
            return (yield)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo):
        report = yield
        failed = call.excinfo is not None
        if failed or call.when == "call":
            record = self._record(item, call.excinfo) if failed else Record(said(item), PASSED)
            records.append(self._results, record)
            if record.kind in (HANG, START):
                # The next test would find the same, after as long a time.
                item.session.shouldstop = record.kind
        return report

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            text = self._stage.blame.translate(str(report.longrepr))
            records.append(self._results, Record("The check can be read.", ERROR, text))

    def pytest_unconfigure(self) -> None:
        self._stage.close()

    def _time_up(self, *_: object) -> None:
        self._stage.ask_where()
        raise TimeUp(f"no end after {self._seconds} seconds")

    def _record(self, item: pytest.Item, excinfo: pytest.ExceptionInfo) -> Record:
        error, blame = excinfo.value, self._stage.blame
        in_vain = isinstance(error, AssertionError) and IN_VAIN.search(str(error))
        if in_vain or isinstance(error, httpx.TimeoutException):
            self._stage.ask_where()
        log = self._stage.news()
        if isinstance(error, (httpx.TimeoutException, Hangs)):
            places = [str(place) for place in self._own_places(excinfo) or blame.stacks(log)]
            what = str(error) if isinstance(error, Hangs) else "no answer in time"
            return Record(said(item), HANG, what, [f"it is in {place}" for place in places[:NOTES]])
        notes = blame.errors(log)[:NOTES]
        if isinstance(error, StepFailed):
            notes = [f"it is in {place}" for place in blame.stacks(log)[:NOTES]] or notes
            what = blame.translate(str(error))
            # Where the line is known, the end of the log says no more.
            what = what.partition(" The end of its log")[0] if notes else what
            return Record(said(item), START, what, notes)
        if in_vain:
            notes = [f"meanwhile it is in {place}" for place in blame.stacks(log)[:NOTES]] + notes
        if isinstance(error, AssertionError):
            return Record(said(item), ASSERTION, str(error) or source(excinfo), notes)
        if isinstance(error, httpx.TransportError):
            what = f"the server hung up or is gone ({type(error).__name__})"
            return Record(said(item), ERROR, what, notes)
        places = [str(place) for place in self._own_places(excinfo)]
        if not places:
            path = Path(excinfo.traceback[-1].path).name
            places = [f"{path}, line {excinfo.traceback[-1].lineno + 1}"]
        what = traceback.format_exception_only(error)[-1].strip()
        return Record(said(item), ERROR, f"{places[0]}: {what}", notes)

    def _own_places(self, excinfo: pytest.ExceptionInfo) -> list:
        """Return where the exception came through the attendee's files, the innermost first."""
        found = (
            self._stage.blame.place(str(entry.path), entry.lineno + 1, entry.name)
            for entry in reversed(excinfo.traceback)
        )
        return [place for place in found if place and place.theirs]


def said(item: pytest.Item) -> str:
    """Return what a test is about: its docstring's first line, or else its name as a sentence."""
    function = getattr(item, "function", None)
    doc = (getattr(function, "__doc__", "") or "").strip().partition("\n")[0]
    name = getattr(item, "originalname", None) or item.name
    text = doc.rstrip(".") or name.removeprefix("test_").replace("_", " ").capitalize()
    case = getattr(item, "callspec", None)
    return f"{text} ({case.id})" if case else text


def source(excinfo: pytest.ExceptionInfo) -> str:
    """Return the line of an assertion that says nothing."""
    return str(excinfo.traceback[-1].statement).strip()
