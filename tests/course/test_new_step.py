"""`make new-step`: a frame that the catalog accepts, and that is red until it is filled."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course import catalog, drift, unfinished
from course.errors import CourseError
from course.exercises import catalog as exercises
from course.exercises import guard, starters
from course.load import scenario
from course.paths import ROOT
from course.scaffold import checklist, new_step
from course.scaffold.new_step import Wanted

GIVEN = Wanted(
    name="03-cache",
    title='A "shared" cache',
    problem="Each process asks the database the same.",
    pattern="cache",
    minutes="9",
)
SCENARIOS = '[step-2]\nmetric = "rate"\nname = "list"\nusers = 10\nwhat = "lists"\n'
SITE = "nav:\n  - Steps:\n      - steps/01-step.md\n      - steps/02-step.md\n  - end.md\n"


@pytest.fixture
def root(checkout):
    """A checkout of two steps, the second with all that a step.toml may have."""
    checkout.step(1, files={"podium/config.py": "X = 1\n"})
    toml = """
    services = ["valkey"]
    entry = "balancer"
    ports = ["HOST_A_PORT"]
    ready = "/readyz"
    [changes]
    "run.sh" = "new"
    """
    step = checkout.step(2, toml=toml, files={"podium/config.py": "X = 1\n", "run.sh": "true\n"})
    (step.path / "run.sh").chmod(0o755)
    checkout.write(step.path / "__pycache__" / "x.pyc", "x")
    checkout.write(checkout.root / "loadtests" / "scenarios.toml", SCENARIOS)
    checkout.write(checkout.root / "mkdocs.yml", SITE)
    return checkout.root


def everything(root):
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_the_new_step_is_as_declared(root):
    new_step.write(root, GIVEN)
    steps = catalog.load(root)
    last = steps[-1]
    assert (last.number, last.name, last.title) == (3, "03-cache", 'A "shared" cache')
    assert (last.problem, last.pattern) == ("Each process asks the database the same.", "cache")
    assert (last.part, last.minutes) == ("Large applications", 9)
    assert (last.services, last.entry, last.ports) == (("valkey",), "balancer", ("HOST_A_PORT",))
    assert (last.ready, last.changes) == ("/readyz", {})
    assert drift.check(steps) == []


def test_it_is_a_copy_of_the_last_step_without_what_lies_about(root):
    new_step.write(root, GIVEN)
    step = root / "steps/03-cache"
    assert (step / "podium/config.py").read_text() == "X = 1\n"
    assert os.access(step / "run.sh", os.X_OK)
    assert not (step / "__pycache__").exists()


def test_it_has_a_scenario_an_exercise_and_a_chapter(root):
    made = new_step.write(root, GIVEN)
    text = (root / "loadtests/scenarios.toml").read_text()
    assert text.startswith(SCENARIOS)
    assert list(scenario.parse(text)) == [2, 3]
    exercise = exercises.find(3, root)
    assert exercise.files == ("podium/config.py",)
    assert starters.changed(exercise) == starters.outdated(exercise) == []
    chapter = (root / "docs/steps/03-cache.md").read_text()
    assert '\ntitle: "A \\"shared\\" cache"\n' in chapter
    assert "```chapter\nstep: 3\n```" in chapter
    assert (
        "      - steps/02-step.md\n      - steps/03-cache.md\n  - end.md\n"
        in (root / "mkdocs.yml").read_text()
    )
    assert made.files == sorted(
        [
            "docs/steps/03-cache.md",
            "exercises/03-cache/README.md",
            "exercises/03-cache/check/test_cache.py",
            "exercises/03-cache/exercise.toml",
            "exercises/03-cache/podium/config.py",
            "loadtests/scenarios.toml",
            "loadtests/step03.py",
            "mkdocs.yml",
            "solutions/03-cache/README.md",
            "solutions/03-cache/podium/config.py",
            "steps/03-cache/step.toml",
        ]
    )


def test_what_is_not_written_yet_is_red_wherever_it_is(root):
    made = new_step.write(root, GIVEN)
    findings = unfinished.check(root, catalog.load(root))
    assert findings[0] == "steps/03-cache/step.toml: the step changes nothing: see [changes]"
    named = {re.match(r"[^:,]+", finding)[0] for finding in findings}
    # The solution's file is the step's until somebody solves the exercise, the site's has no text.
    assert named == set(made.files) - {"solutions/03-cache/podium/config.py", "mkdocs.yml"}
    assert "loadtests/step03.py, line 1: " in "\n".join(findings)


@pytest.mark.parametrize("key", ["title", "problem", "pattern", "minutes"])
def test_what_was_not_given_is_red_too(root, key):
    new_step.write(root, Wanted(**vars(GIVEN) | {key: None}))
    findings = [f for f in unfinished.check(root, catalog.load(root)) if "step.toml, line" in f]
    assert any(f": {key} = " in finding for finding in findings)


def test_a_step_without_a_name_of_its_own_is_red(root):
    new_step.write(root, Wanted())
    findings = unfinished.check(root, catalog.load(root))
    assert "steps/03-new-step: the directory has no name of its own" in findings


def test_the_exercise_is_no_exercise_yet(root):
    new_step.write(root, GIVEN)
    findings = "\n".join(guard.texts(exercises.find(3, root)))
    assert "exercises/03-cache/podium/config.py has no line `# TODO ...`" not in findings
    assert unfinished.check(root, catalog.load(root))


def test_when_all_is_written_nothing_is_red(root):
    made = new_step.write(root, GIVEN)
    for path in made.files:
        text = (root / path).read_text()
        (root / path).write_text(text.replace(unfinished.MARK, "written"))
    toml = root / "steps/03-cache/step.toml"
    toml.write_text(toml.read_text() + '"new.py" = "the cache"\n')
    (root / "steps/03-cache/new.py").write_text("cache = {}\n")
    steps = catalog.load(root)
    assert unfinished.check(root, steps) == drift.check(steps) == []


def test_a_conflict_that_was_left_is_red(root, checkout):
    text = "a\n<<<<<<< step 2\nb\n||||||| step 1 as it was\n=======\n>>>>>>> step 1 with the fix\n"
    checkout.write(root / "steps/02-step/page.html", text)
    findings = unfinished.check(root, catalog.load(root))
    assert findings == ["steps/02-step/page.html, line 2: a conflict of make cascade"]


def test_nothing_in_this_repository_is_left_to_be_written():
    assert unfinished.check(ROOT, catalog.load(ROOT)) == []


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (Wanted(name="cache"), "NAME is 'cache'; expected a name such as 03-cache."),
        (Wanted(name="03_Cache"), "NAME is '03_Cache'; expected a name such as 03-cache."),
        (Wanted(name="02-step"), "NAME is '02-step', but the next step is 3: 03-step"),
        (Wanted(name="07-cache"), "NAME is '07-cache', but the next step is 3: 03-cache"),
        (Wanted(name="03-cache", minutes="ten"), "MINUTES is 'ten'; expected a whole number"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(root, wanted, message):
    before = everything(root)
    with pytest.raises(CourseError) as caught:
        new_step.write(root, wanted)
    assert str(caught.value).startswith(message)
    assert everything(root) == before


@pytest.mark.parametrize(
    "path",
    [
        "loadtests/step03.py",
        "docs/steps/03-cache.md",
        "exercises/03-other/exercise.toml",
        "solutions/03-cache/README.md",
    ],
)
def test_what_is_there_already_is_not_written_over(root, checkout, path):
    checkout.write(root / path, "mine\n")
    before = everything(root)
    with pytest.raises(CourseError, match="is there already: remove it first"):
        new_step.write(root, GIVEN)
    assert everything(root) == before


def test_when_it_cannot_be_finished_nothing_is_left(root, monkeypatch):
    def fail(exercise):
        raise OSError("the disk is full")

    before = everything(root)
    monkeypatch.setattr(starters, "write", fail)
    with pytest.raises(OSError):
        new_step.write(root, GIVEN)
    assert everything(root) == before


def test_the_checklist_names_what_is_to_be_done_and_what_shows_it(root):
    lines = checklist.lines(new_step.write(root, GIVEN))
    text = "\n".join(lines)
    assert lines[0].startswith("Step 3 is a copy of step 2, in steps/03-cache/.")
    for command in ("make test-3", "make load-3", "make check-3", "make docs", "make slides"):
        assert command in text


def test_the_commands_see_a_new_step_and_are_red(tmp_path):
    """The whole command, on a copy of this repository."""
    for name in ("course", "steps", "exercises", "solutions", "loadtests"):
        ignored = shutil.ignore_patterns("__pycache__", ".pytest_cache", "results")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")

    def course(*arguments, **environment):
        return subprocess.run(
            [sys.executable, "-m", "course", *arguments],
            cwd=tmp_path,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    last = len(catalog.step_directories(ROOT))
    name = f"{last + 1}-cache"
    assert course("drift").returncode == 0
    done = course("new-step", NAME=name, TITLE="A cache", PROBLEM="It asks too often.")
    assert done.returncode == 0, done.stderr
    assert f"Step {last + 1} is a copy of step {last}, in steps/{name}/." in done.stdout
    ruff = Path(sys.executable).with_name("ruff")
    for arguments in (["check"], ["format", "--check"]):
        assert subprocess.run([ruff, *arguments, "--no-cache", tmp_path]).returncode == 0
    red = course("drift")
    assert red.returncode == 2
    assert f"steps/{name}/step.toml: the step changes nothing" in red.stdout
    assert f"docs/steps/{name}.md, line " in red.stdout
    again = course("new-step", NAME=name)
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr.startswith(f"NAME is '{name}', but the next step is {last + 2}")
    shown = course("diff", str(last + 1))
    assert shown.stdout.startswith(f"Step {last + 1}: A cache\nIt asks too often.\n")
