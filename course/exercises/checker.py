"""Checks an exercise: lays its files over the step, runs its tests, says how each went.

The tests run in a process of their own, which is ended when it takes too long. What it has started
ends with it (course.watchdog).
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from course import leftovers
from course.catalog import Step
from course.errors import CourseError
from course.exercises import overlay, records, syntax
from course.exercises.blame import Blame
from course.exercises.catalog import Exercise
from course.exercises.records import Record
from course.exercises.stage import HOOKS
from course.paths import ROOT
from course.processes import POLL, Process, stop_all, tail, wait_until
from course.verify import SIGNALS, UNUSED_PLUGINS, environment

LIMIT = 60  # seconds that a whole check may take; no good one takes half as long
UNUSED = (*UNUSED_PLUGINS, "xdist", "cacheprovider")


@dataclass
class Outcome:
    """How a check went. `problem` says why there is nothing, or not all, to say about the tests."""

    records: list[Record] = field(default_factory=list)
    problem: str = ""
    seconds: float = 0

    @property
    def passed(self) -> bool:
        return not self.problem and bool(self.records) and all(one.passed for one in self.records)


def check(
    exercise: Exercise,
    contents: Mapping[str, bytes] | None = None,
    *,
    say: Callable[[Record], None] = lambda record: None,
    env: Mapping[str, str] | None = None,
    work: Path | None = None,
    limit: float = LIMIT,
    patience: int = 1,
) -> Outcome:
    """Check the exercise with its files as they are, or with `contents` in their place.

    `say` is told of each test when it has run. `env` is added to the environment of all that runs;
    `work` is the directory to work in. After `limit` seconds the check is ended. With `patience`
    that, and what each test may take, is so many times as long.

    CourseError when a file is missing, or when the exercise is being checked already.
    """
    if contents is None:
        contents = overlay.read(exercise, exercise.path)
    began = time.monotonic()
    if found := syntax.problem(contents):
        file, line, reason = found
        return Outcome(problem=f"{exercise.shown(file)}, line {line}: {reason}")
    work = work or exercise.data_dir
    with leftovers.exclusive(work):
        shutil.rmtree(runs_dir(work), ignore_errors=True)
        results_file(work).unlink(missing_ok=True)
        overlay.build(exercise, code_dir(work), contents)
        outcome = _run(exercise, work, say, dict(env or {}), patience * limit, patience)
    outcome.seconds = time.monotonic() - began
    return outcome


def served(exercise: Exercise) -> Step:
    """Return the step with the exercise's files, ready to be served, with data of its own.

    CourseError when a file is missing or cannot be read, or when it is being served already.
    """
    contents = overlay.read(exercise, exercise.path)
    if found := syntax.problem(contents):
        file, line, reason = found
        raise CourseError(f"{exercise.shown(file)}, line {line}: {reason}")
    data = exercise.data_dir.with_name(f"{exercise.name}-served")
    # Whoever serves it must not have its files changed under it.
    with leftovers.exclusive(data):
        step = overlay.build(exercise, code_dir(data), contents)
    return replace(step, data=data)


def code_dir(work: Path) -> Path:
    """Return where in `work` the overlaid step is."""
    return work / "code"


def runs_dir(work: Path) -> Path:
    """Return where in `work` what runs has its data and logs."""
    return work / "runs"


def results_file(work: Path) -> Path:
    """Return the file of the records."""
    return work / "results.jsonl"


def _run(
    exercise: Exercise,
    work: Path,
    say: Callable[[Record], None],
    env: dict[str, str],
    limit: float,
    patience: int,
) -> Outcome:
    code = code_dir(work)
    arguments = [*_pytest(exercise, work), "--patience", str(patience)]
    process = Process("check", arguments, cwd=code, env=_env(code) | env, log=work / "check.log")
    deadline = time.monotonic() + limit
    said = 0
    with _ended(process, runs_dir(work)):
        process.start()
        while process.alive and time.monotonic() < deadline:
            for record in records.read(results_file(work))[said:]:
                said += 1
                say(record)
            time.sleep(POLL)
        late = process.alive
        if late:
            # It did not even react to its own alarm: some C code that does not come back.
            process.send(signal.SIGURG)
            wait_until(lambda: "Thread 0x" in process.text() or "thread 0x" in process.text(), 1)
    found = records.read(results_file(work))
    for record in found[said:]:
        say(record)
    return Outcome(found, _problem(exercise, code, process, found, late, limit))


def _problem(
    exercise: Exercise, code: Path, process: Process, found: list[Record], late: bool, limit: float
) -> str:
    blame, text = Blame(exercise, code), process.text()
    if late:
        places = "".join(f"; it is in {place}" for place in blame.stacks(text)[:1])
        return f"The check was ended after {limit:.0f} seconds{places}."
    if not found or (process.exit_code and all(record.passed for record in found)):
        log = tail(blame.translate(text))
        return f"The check itself did not come to an end. The end of its log:\n{log}"
    return ""


def _pytest(exercise: Exercise, work: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "pytest", "-q", "--tb=short", "--import-mode=importlib"),
        # Where it hangs has to get into the log, not into what pytest holds back.
        "--capture=no",
        # Messages of assertions are shown as they are written.
        *("--assert=plain", "-p", "course.exercises.plugin"),
        *(option for name in UNUSED for option in ("-p", f"no:{name}")),
        *("--rootdir", str(exercise.root), "--exercise", str(exercise.path), "--work", str(work)),
        str(exercise.check),
    ]


def _env(code: Path) -> dict[str, str]:
    """Return pytest's environment: tests may import the course, what is in tests/, and the step."""
    paths = ":".join(map(str, (HOOKS, ROOT, code)))
    return environment() | {"PYTHONPATH": paths, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


@contextlib.contextmanager
def _ended(process: Process, runs: Path) -> Iterator[None]:
    """End the process and what it has started in `runs`, also when a signal interrupts us."""
    before = {signum: signal.signal(signum, _interrupt) for signum in SIGNALS}
    try:
        yield
    finally:
        for signum in SIGNALS:
            signal.signal(signum, signal.SIG_IGN)
        # SIGINT first: pytest then ends what it runs.
        stop_all([process], first=signal.SIGINT, grace=3)
        for directory in runs.glob("*"):
            leftovers.clear(directory)
        for signum, handler in before.items():
            signal.signal(signum, handler)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
