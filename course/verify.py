"""`make test`: runs every check as a program of its own, several at a time, and adds them up."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from rich.console import Console
from rich.live import Live
from rich.text import Text

from course import leftovers
from course.catalog import Step
from course.exercises import catalog as exercises
from course.exercises.catalog import Exercise
from course.housekeeping import TEST_LOGS
from course.processes import POLL, Process, describe_exit, stop_all, tail
from course.runner import FOREIGN, FOREIGN_PREFIXES, OWN_VARIABLES
from course.sessions import pages
from course.watchdog import Watchdog

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TIMEOUT = 1800  # seconds that one check may take, on a machine that is busy as well
# They load with every pytest here and take longer than many a suite; no unit test uses them, and a
# step that was copied out of the repository does not have them either.
UNUSED_PLUGINS = ("schemathesis", "hypothesispytest", "anyio")
# What a reader may have set for other commands of ours.
READERS = (
    *("PYTEST_ADDOPTS", "SIDE", "UPGRADE", "COURSE_RESULTS"),
    *("BOARD", "NICKNAME", "TITLE", "FRESH", "PLATFORMS", "PYTHONS"),
)
# Tests of the tool that are a check of their own: with the others it would take too long.
APART = (
    *("site*", "sessions", "slides", "cascade", "new_step", "upgrade", "maintainer_guide"),
    "board",
)
SUMMARY = "summary.txt"
# A machine with few cores may be too busy with one check for the deadlines of another: the tests
# that failed beside others are run once more, alone, and reported as unsteady if they pass then.
# Where they belong to more checks than so many, it is not the machine.
ALONE_AT_MOST = 8
BESIDE_OTHERS = ".beside-others.log"
TAIL = 60  # lines shown of a check that failed


@dataclass(frozen=True)
class Check:
    """One thing to verify.

    `weight` tells the expected seconds: heavy checks start first, so that none is left alone at
    the end. A check with `tests` is a pytest run, whose tests count one by one.
    """

    name: str
    argv: tuple[str, ...]
    cwd: Path
    tests: bool = False
    weight: int = 1


@dataclass
class Result:
    """How a check went; `log` holds all that it printed."""

    check: Check
    seconds: float
    log: Path
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    skips: Counter[str] = field(default_factory=Counter)
    why: str = ""
    unsteady: Path | None = None  # the log of the run beside others, which failed

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        return self.failed == 0


def plan(root: Path, steps: Sequence[Step], *, whole: bool = True) -> list[Check]:
    """Return the checks for `steps`; `whole` adds those of the courseware itself."""
    python = sys.executable
    pytest = (python, "-m", "pytest", "-q")
    plain = (*pytest, *(option for name in UNUSED_PLUGINS for option in ("-p", f"no:{name}")))
    ruff = str(Path(python).with_name("ruff"))
    checks = [Check("drift", (python, "-m", "course", "drift"), root)]
    if whole:
        checks += [
            Check("ruff check", (ruff, "check", "--no-cache", "."), root),
            Check("ruff format", (ruff, "format", "--check", "--no-cache", "."), root),
            *_of_the_tool(plain, root),
            Check("docs", (python, "-m", "course", "site"), root, weight=15),
            Check("slow site", (*plain, "tests/slow_site"), root, tests=True, weight=10),
        ]
        checks += [_exercise(exercise, plain, root) for exercise in exercises.load(root)]
        checks += _sessions(plain, root)
        checks += [
            Check("slides", (*plain, "tests/slides"), root, tests=True, weight=60),
            Check("class kit", (*plain, "tests/offline"), root, tests=True, weight=120),
            Check("site: browser", (*plain, "tests/site"), root, tests=True, weight=180),
        ]
    for step in steps:
        number = str(step.number)
        contract = (*pytest, "tests/contract", "--step", number)
        browser = (*pytest, "tests/browser", "--step", number)
        # The pages change little from step to step, their looks not at all: the whole run has all
        # of it for the last step, what the pages do for the first, and the core between.
        core = whole and step not in (steps[0], steps[-1])
        if core:
            browser += ("--core",)
        elif whole and step != steps[-1]:
            browser += ("-m", "not looks")
        checks += [
            _unit(step, (*plain, "tests"), root),
            Check(
                f"step {number}: contract", contract, root, tests=True, weight=25 + 8 * step.number
            ),
            Check(f"step {number}: browser", browser, root, tests=True, weight=15 if core else 90),
        ]
    return checks


def _of_the_tool(pytest: tuple[str, ...], root: Path) -> list[Check]:
    """Return the checks of the tool itself: what is about pages and maintenance runs apart."""
    folder = root / "tests" / "course"
    apart = sorted(
        str(path.relative_to(root)) for name in APART for path in folder.glob(f"test_{name}.py")
    )
    others = (*pytest, "tests/course", *(f"--ignore={path}" for path in apart))
    return [
        Check("course", others, root, tests=True, weight=200),
        Check("course: pages", (*pytest, *apart), root, tests=True, weight=200),
    ]


def _exercise(exercise: Exercise, pytest: tuple[str, ...], root: Path) -> Check:
    """Return the check that an exercise is one, and that its solution breaks no promise."""
    number = str(exercise.number)
    command = (*pytest, "tests/exercises", "--exercise", number)
    return Check(f"exercise {number}", command, root, tests=True, weight=20 + 3 * exercise.number)


def _sessions(pytest: tuple[str, ...], root: Path) -> list[Check]:
    """Return the checks that the console sessions of docs and slides are what happens.

    One for each chapter, which starts two steps or so, one for all other pages, one for the slides.
    """
    by_name: dict[str, list[Path]] = {}
    if decks := pages.find(root / "slides"):
        by_name["slides"] = decks
    for page in pages.find(root / "docs"):
        chapter = page.parent.name == "steps" and page.stem[:2].isdigit()
        name = f"chapter {int(page.stem[:2])}" if chapter else "other pages"
        by_name.setdefault(name, []).append(page)
    checks = []
    for name, found in by_name.items():
        options = (option for page in found for option in ("--page", str(page.relative_to(root))))
        command = (*pytest, "tests/docs", *options)
        checks.append(Check(f"{name}: sessions", command, root, tests=True, weight=30 * len(found)))
    return checks


def _unit(step: Step, command: tuple[str, ...], root: Path) -> Check:
    """Return the check that runs a step's own tests, with its services if it needs any."""
    name, where = f"step {step.number}: unit", step.path
    if step.services:
        command = (
            sys.executable,
            "-m",
            "course",
            "with-services",
            str(step.number),
            "--",
            *command,
        )
        where = root
    return Check(name, command, where, tests=True, weight=10)


def run(
    checks: Sequence[Check],
    root: Path,
    console: Console,
    *,
    jobs: int | None = None,
    timeout: float = TIMEOUT,
) -> list[Result]:
    """Run the checks, `jobs` at a time (default: as many as there are cores); return the results.

    Of up to ALONE_AT_MOST test runs that failed beside others, the failed tests are run once more,
    one run after the other.

    On Ctrl-C, SIGTERM and SIGHUP everything that runs is ended and KeyboardInterrupt raised.
    Raises CourseError when another `make test` runs: they would share their logs.
    """
    logs = root / ".data" / TEST_LOGS
    with leftovers.exclusive(logs):
        return _run(checks, logs, console, jobs or os.cpu_count() or 1, timeout)


def _run(
    checks: Sequence[Check], logs: Path, console: Console, jobs: int, timeout: float
) -> list[Result]:
    (logs / SUMMARY).unlink(missing_ok=True)
    for old in logs.glob(f"*{BESIDE_OTHERS}"):
        old.unlink()
    waiting = [(check, None) for check in sorted(checks, key=lambda check: -check.weight)]
    alone = jobs == 1
    watchdog = Watchdog()
    running: list[_Running] = []
    results: list[Result] = []
    before = {s: signal.signal(s, _interrupt) for s in SIGNALS}
    try:
        with _Progress(console, len(checks), running) as progress:
            while waiting or running:
                while waiting and len(running) < jobs:
                    running.append(_Running(*waiting.pop(0), logs))
                    running[-1].process.start()
                    watchdog.watch(running[-1].process.pid)
                for one in [one for one in running if one.is_over(timeout)]:
                    stop_all([one.process], grace=2)
                    watchdog.forget(one.process.pid)
                    running.remove(one)
                    results.append(one.result(timeout))
                    progress.finished(results[-1])
                if not (waiting or running or alone):
                    alone, jobs = True, 1
                    waiting = _to_look_at_again(results, progress)
                progress.update()
                time.sleep(POLL)
    finally:
        again: list[object] = []
        for signum in SIGNALS:
            signal.signal(signum, lambda *_: again.append(True))
        if running:
            console.print(Text("Stopping what runs ..."))
        # SIGINT first: pytest then ends its fixtures, and with them the steps it runs.
        stop_all(
            [one.process for one in running],
            first=signal.SIGINT,
            grace=3,
            impatient=lambda: bool(again),
        )
        watchdog.close()
        for signum, handler in before.items():
            signal.signal(signum, handler)
    order = list(checks)
    return sorted(results, key=lambda result: order.index(result.check))


def _to_look_at_again(
    results: list[Result], progress: _Progress
) -> list[tuple[Check, Result | None]]:
    """Take the results out of the list that may be due to a busy machine; return their checks."""
    failed = [result for result in results if result.check.tests and not result.ok]
    if len(failed) > ALONE_AT_MOST:
        return []
    for result in failed:
        results.remove(result)
        result.log = result.log.replace(result.log.with_suffix(BESIDE_OTHERS))
    progress.again(len(failed))
    return [(result.check, result) for result in failed]


def report(results: Sequence[Result], console: Console) -> bool:
    """Print what failed and why, what was skipped and why, and the summary; True if all passed."""
    for result in results:
        if not result.ok:
            console.rule(Text(f"{result.check.name}: {result.why}", style="bold red"))
            console.print(Text(tail(result.log.read_text("utf-8", "replace"), TAIL)))
            console.print(Text(f"The whole log: {result.log}"), soft_wrap=True)
    for result in results:
        for reason, count in result.skips.items():
            console.print(
                Text(f"skipped {count} of {result.check.name}: {reason}", style="yellow"),
                soft_wrap=True,
            )
    for result in results:
        if result.unsteady and result.ok:
            console.print(
                Text(
                    f"unsteady: {result.check.name}: failed beside other checks: {result.unsteady}",
                    style="yellow",
                ),
                soft_wrap=True,
            )
    failed = sum(result.failed for result in results)
    passed = sum(result.passed for result in results)
    skipped = sum(result.skipped for result in results)
    summary = f"{passed} passed, {failed} failed, {skipped} skipped"
    console.print(Text(summary, style="bold red" if failed else "bold green"))
    if results:
        # .ci/run repeats it after what make has to say about a failure.
        (results[0].log.parent / SUMMARY).write_text(summary + "\n", encoding="utf-8")
    return not failed


class _Running:
    """A check that runs now; `first` is how it went before, if only its failed tests run again."""

    def __init__(self, check: Check, first: Result | None, logs: Path) -> None:
        slug = check.name.replace(": ", "-").replace(" ", "-")
        self.check = check
        self.first = first
        self.started = time.monotonic()
        self.report = logs / f"{slug}.xml"
        self.report.unlink(missing_ok=True)
        argv = check.argv
        if check.tests:
            cache = logs / f"{slug}.cache"
            argv += (f"--junitxml={self.report}", "-o", f"cache_dir={cache}")
            if first is None:
                shutil.rmtree(cache, ignore_errors=True)
            else:
                # Where pytest died before it could say which had failed, this runs them all.
                argv += ("--last-failed",)
        self.process = Process(
            check.name, argv, cwd=check.cwd, env=environment(), log=logs / f"{slug}.log"
        )

    def is_over(self, timeout: float) -> bool:
        """Whether it has ended, or has to be ended."""
        return not self.process.alive or self.seconds > timeout

    @property
    def seconds(self) -> float:
        """How long it has been running."""
        return time.monotonic() - self.started

    def result(self, timeout: float) -> Result:
        """Return how it went; call it after the end."""
        result = Result(self.check, self.seconds, self.process.log)
        code = self.process.exit_code
        if self.check.tests:
            _count(self.report, result)
        elif code == 0:
            result.passed = 1
        if result.seconds > timeout:
            result.failed += 1
            result.why = f"took longer than {timeout:.0f} s"
        elif self.check.tests and not (result.passed or result.failed or result.skipped):
            # An empty run passes for the wrong reason: a moved directory, a misspelt marker.
            result.failed = 1
            result.why = f"ran no test at all ({describe_exit(code)})"
        elif code != 0:
            # pytest can fail without a failed test, in a fixture of the session for example.
            result.failed = max(result.failed, 1)
            result.why = describe_exit(code)
            if self.check.tests:
                result.why = f"{result.failed} failed"
        if self.first:
            _together(result, self.first)
        return result


def environment() -> dict[str, str]:
    """Return our environment without what would make a test depend on the reader's shell."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in (*OWN_VARIABLES, *FOREIGN, *READERS)
        and not name.startswith(FOREIGN_PREFIXES)
    }
    path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
    return kept | {"PATH": path, "PYTHONUNBUFFERED": "1"}


def _together(result: Result, first: Result) -> None:
    """Add to the failed tests that were run again what else there was in the first run."""
    result.unsteady = first.log
    again = result.passed + result.failed + result.skipped
    if again < first.passed + first.failed + first.skipped:
        result.passed += first.passed
        result.skipped += first.skipped
        result.skips += first.skips


def _count(report: Path, result: Result) -> None:
    """Add up the test cases of a JUnit report; a missing or broken one counts nothing."""
    try:
        cases = ElementTree.parse(report).iter("testcase")
    except (OSError, ElementTree.ParseError):
        return
    for case in cases:
        kinds = {child.tag: child for child in case}
        if kinds.keys() & {"failure", "error"}:
            result.failed += 1
        elif "skipped" in kinds:
            result.skipped += 1
            result.skips[kinds["skipped"].get("message") or "no reason given"] += 1
        else:
            result.passed += 1


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


class _Progress:
    """One line for each finished check and, on a terminal, a line that says what runs."""

    def __init__(self, console: Console, total: int, running: list[_Running]) -> None:
        self._console = console
        self._total = total
        self._running = running
        self._done = 0
        self._live = Live(console=console, refresh_per_second=4, transient=True)

    def __enter__(self) -> _Progress:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def finished(self, result: Result) -> None:
        """Print how a check went."""
        self._done += 1
        parts = [f"{result.passed} passed"]
        parts += [f"{result.failed} failed"] * bool(result.failed)
        parts += [f"{result.skipped} skipped"] * bool(result.skipped)
        mark = ("ok    ", "green") if result.ok else ("FAILED", "bold red")
        self._console.print(
            Text.assemble(
                mark,
                f" [{self._done:>{len(str(self._total))}}/{self._total}] "
                f"{result.check.name:<20} {result.seconds:6.1f} s  {', '.join(parts)}",
            ),
            soft_wrap=True,
        )

    def again(self, count: int) -> None:
        """Say that so many checks follow once more, one by one."""
        self._done -= count
        if count:
            self._console.print(Text(f"Once more, alone: the {count} that failed.", style="yellow"))

    def update(self) -> None:
        """Say what runs."""
        if self._console.is_terminal:
            names = ", ".join(f"{one.check.name} ({one.seconds:.0f} s)" for one in self._running)
            self._live.update(Text(f"{self._done}/{self._total}  running {names}", style="dim"))
