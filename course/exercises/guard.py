"""What must hold for every exercise: looks at one, returns what is wrong with it, one line each.

`make test` runs it for each (tests/exercises); tests/course plants the faults that it has to find.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from course import runner, verify
from course.catalog import Step
from course.exercises import checker, overlay, starters
from course.exercises.catalog import Exercise
from course.exercises.checker import Outcome
from course.exercises.records import ASSERTION
from course.paths import ROOT

TODO = re.compile(r"\bTODO\b")
COMMENT = re.compile(r"^(?P<indent> *)# TODO\b.*$", re.MULTILINE)
REACHED = "COURSE_TODO_REACHED"
# Of the step's own tests those that take no long time in any step; an exercise names those of its
# area beside them.
QUICK = "podium config cli decorators questions services talks text users versions pages".split()
# Promises that every step keeps, and that are quick to ask for.
CORE = "questions votes tokens talks users pages api_versions".split()
# `make test` runs several suites at a time: what takes a learner 15 seconds takes longer there.
PATIENCE = 3
END = 3000  # characters shown of tests that failed


def texts(exercise: Exercise) -> list[str]:
    """Look at what can be read: TODOs, the README, the solution's files, the check's words."""
    findings = [
        f"{exercise.shown(name)} is not made from what the step has now: carry the change over, "
        "also into the solution, and run .venv/bin/python -m course starters --write"
        for name in starters.outdated(exercise)
    ]
    contents = overlay.read(exercise, exercise.path)
    for file in exercise.files:
        if not COMMENT.search(contents[file].decode("utf-8")):
            findings.append(f"{exercise.shown(file)} has no line `# TODO ...`: why edit it?")
    readme = (exercise.path / "README.md").read_text("utf-8")
    if not readme.startswith(f"# {exercise.title}\n"):
        findings.append(f"{exercise.shown('README.md')} does not begin with the title")
    if _words(exercise.fails) not in _words(readme):
        findings.append(f"{exercise.shown('README.md')} does not say that {exercise.fails}")
    for name in sorted(contents.keys() - overlay.present(exercise.solution).keys()):
        findings.append(f"solutions/{exercise.name}/{name} is missing")
    for name, path in overlay.present(exercise.solution).items():
        if TODO.search(path.read_text("utf-8")):
            findings.append(f"solutions/{exercise.name}/{name} still has a TODO")
    if not (exercise.solution / "README.md").is_file():
        findings.append(f"solutions/{exercise.name}/README.md is missing")
    for path in sorted(exercise.check.glob("*.py")):
        findings += _speechless(path, exercise.shown(f"check/{path.name}"))
    return findings


def starter(exercise: Exercise, work: Path) -> list[str]:
    """Check the files as they are handed out: they must fail, and for the reason given.

    Each TODO is replaced by a statement that notes that it was run: what the check does not
    reach, nobody has to write.
    """
    contents = overlay.read(exercise, exercise.path)
    reached = work / "reached.txt"
    work.mkdir(parents=True, exist_ok=True)
    reached.write_text("", encoding="utf-8")
    probed, probes = with_probes(contents)
    env = {REACHED: str(reached)}
    outcome = checker.check(exercise, probed, work=work, env=env, patience=PATIENCE)
    seen = set(reached.read_text("utf-8").split("\n"))
    missed = [probe for probe in probes if probe not in seen]
    return [
        *refusal(exercise, outcome),
        *(f"{exercise.shown(probe)}: the check does not reach this TODO" for probe in missed),
    ]


def refusal(exercise: Exercise, outcome: Outcome) -> list[str]:
    """Return what is wrong with how the starter failed."""
    if outcome.problem:
        return [f"the starter was not checked: {outcome.problem}"]
    if outcome.passed:
        return [
            "the starter passes its check: is it solved already? make reset-exercise-"
            f"{exercise.number} puts back the one that is handed out"
        ]
    failed = [record for record in outcome.records if not record.passed]
    findings = [
        f"the starter fails by more than an assertion on behaviour: {record.sentence}: "
        f"{record.kind}: {record.message} {' '.join(record.notes)}"
        for record in failed
        if record.kind != ASSERTION
    ]
    if not any(exercise.fails in record.message for record in failed):
        messages = "; ".join(record.message for record in failed)
        findings.append(f"no assertion says {exercise.fails!r}; they say: {messages}")
    return findings


def solution(exercise: Exercise, work: Path) -> list[str]:
    """Check the solution: all of it must work."""
    solved = overlay.read(exercise, exercise.solution)
    outcome = checker.check(exercise, solved, work=work, patience=PATIENCE)
    findings = [
        f"the solution fails: {record.sentence}: {record.message} {' '.join(record.notes)}"
        for record in outcome.records
        if not record.passed
    ]
    if outcome.problem:
        findings.append(f"the solution was not checked: {outcome.problem}")
    return findings


def step_tests(exercise: Exercise, work: Path) -> list[str]:
    """Run the step's own tests, the quick ones and those of the area, with the solution in it."""
    step = _solved(exercise, work)
    names = [f"tests/test_{name}.py" for name in (*QUICK, *exercise.tests)]
    files = [name for name in names if (step.path / name).is_file()]
    with runner.live_services(step) as variables:
        return _pytest([*files, *_without(exercise)], step.path, variables)


def promises(exercise: Exercise, work: Path) -> list[str]:
    """Run the core of the contract against the step with the solution in it."""
    step = _solved(exercise, work)
    files = [f"tests/contract/test_{name}.py" for name in CORE]
    # With "=": pytest would take the directory for one with tests, and read its conftest.py.
    options = ["--step", str(step.number), f"--code={step.path}"]
    return _pytest([*files, *options, *_without(exercise)], ROOT)


def _solved(exercise: Exercise, work: Path) -> Step:
    contents = overlay.read(exercise, exercise.solution)
    return overlay.build(exercise, checker.code_dir(work), contents)


def _without(exercise: Exercise) -> list[str]:
    """Return the options that leave out what the task itself makes untrue."""
    if not exercise.replaces:
        return []
    return ["-k", " and ".join(f"not {name}" for name in exercise.replaces)]


def _pytest(
    arguments: Sequence[str], cwd: Path, variables: Mapping[str, str] | None = None
) -> list[str]:
    """Run pytest; return the end of what it printed when a test failed."""
    unused = [option for name in verify.UNUSED_PLUGINS for option in ("-p", f"no:{name}")]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *unused, *arguments],
        cwd=cwd,
        env=verify.environment() | dict(variables or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    return [done.stdout[-END:] + done.stderr[-END:]] if done.returncode else []


def with_probes(contents: Mapping[str, bytes]) -> tuple[dict[str, bytes], list[str]]:
    """Return the files with a statement in place of each TODO, and what each of them notes."""
    probed, probes = dict(contents), []
    for name, content in contents.items():
        text = content.decode("utf-8", "replace")
        if not (name.endswith(".py") and COMMENT.search(text)):
            continue
        lines = text.split("\n")
        for index, line in enumerate(lines):
            if match := COMMENT.match(line):
                probe = f"{name}:{index + 1}"
                probes.append(probe)
                lines[index] = match["indent"] + _statement(probe)
        probed[name] = "\n".join(lines).encode()
    return probed, probes


def _statement(probe: str) -> str:
    """Return a line of Python that appends `probe` to the file of what was reached."""
    return f'open(__import__("os").environ[{REACHED!r}], "a").write({probe + chr(10)!r})'


def _speechless(path: Path, shown: str) -> list[str]:
    """Return the assertions of a check that do not say in words what is missing."""
    tree = ast.parse(path.read_text("utf-8"))
    return [
        f"{shown}, line {node.lineno}: the assertion says nothing in words"
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert) and node.msg is None
    ]


def _words(text: str) -> str:
    return " ".join(text.split())
