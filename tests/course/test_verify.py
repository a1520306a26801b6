"""`make test` counts what passed, failed and was skipped, and is not fooled."""

import io
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner
from rich.console import Console

from course import cli, leftovers, verify
from course.errors import CourseError
from course.paths import ROOT
from course.processes import started_at, wait_until

PYTEST = (sys.executable, "-m", "pytest", "-q", "test_it.py")


@pytest.fixture(autouse=True)
def quick_start(monkeypatch):
    """Leave pytest's plugins out: loading them takes longer than these tests."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=100, color_system=None, soft_wrap=True)


def verified(root, console, *checks, **options) -> tuple[bool, str]:
    results = verify.run(checks, root, console, jobs=2, **options)
    ok = verify.report(results, console)
    return ok, console.file.getvalue()


def suite(root, code: str, name: str = "tests") -> verify.Check:
    directory = root / name
    directory.mkdir()
    (directory / "test_it.py").write_text(code)
    return verify.Check(name, PYTEST, directory, tests=True)


def program(root, code: str, name: str = "program") -> verify.Check:
    return verify.Check(name, (sys.executable, "-c", code), root)


def test_the_summary_is_the_last_line_after_the_reasons_of_skips(tmp_path, console):
    code = """
import pytest
def test_one(): pass
def test_two(): pass
@pytest.mark.skip(reason="no browser here")
def test_three(): pass
"""
    ok, text = verified(tmp_path, console, suite(tmp_path, code), program(tmp_path, "print(1)"))
    assert ok
    assert text.splitlines()[-2:] == [
        "skipped 1 of tests: no browser here",
        "3 passed, 0 failed, 1 skipped",
    ]
    summary = tmp_path / ".data" / "test" / "summary.txt"
    assert summary.read_text() == "3 passed, 0 failed, 1 skipped\n"


def test_a_failing_test_fails_the_run_and_shows_its_output(tmp_path, console):
    code = "def test_one(): pass\ndef test_two(): assert 1 == 2\n"
    ok, text = verified(tmp_path, console, suite(tmp_path, code))
    assert not ok
    assert "assert 1 == 2" in text
    assert f"The whole log: {tmp_path}/.data/test/tests.log" in text
    assert text.splitlines()[-1] == "1 passed, 1 failed, 0 skipped"


FAILS_AT_FIRST = """
from pathlib import Path
def test_one():
    first = not Path("again").exists()
    Path("again").touch()
    print("too busy")
    assert not first
"""


def test_what_fails_beside_others_and_passes_alone_is_reported_as_unsteady(tmp_path, console):
    ok, text = verified(
        tmp_path, console, suite(tmp_path, FAILS_AT_FIRST), program(tmp_path, "print(1)")
    )
    log = tmp_path / ".data" / "test" / "tests.beside-others.log"
    assert ok
    assert "too busy" in log.read_text()
    assert text.splitlines()[-2:] == [
        f"unsteady: tests: failed beside other checks: {log}",
        "2 passed, 0 failed, 0 skipped",
    ]


def test_only_what_failed_is_run_again_and_the_rest_counts_as_before(tmp_path, console):
    passing = "def test_two():\n    open('runs', 'a').write('x')\n"
    skipped = "import pytest\n@pytest.mark.skip(reason='no')\ndef test_three(): pass\n"
    steady = suite(tmp_path, FAILS_AT_FIRST + passing + skipped)
    ok, text = verified(tmp_path, console, steady, program(tmp_path, "print(1)"))
    assert ok
    assert (steady.cwd / "runs").read_text() == "x"
    assert text.splitlines()[-1] == "3 passed, 0 failed, 1 skipped"


def test_a_run_that_died_is_run_again_from_the_start(tmp_path, console):
    dies = """
import os
from pathlib import Path
def test_one():
    if not Path("again").exists():
        Path("again").touch()
        os._exit(1)
def test_two(): pass
"""
    ok, text = verified(tmp_path, console, suite(tmp_path, dies), program(tmp_path, "print(1)"))
    assert ok and "unsteady: tests:" in text
    assert text.splitlines()[-1] == "3 passed, 0 failed, 0 skipped"


def test_what_fails_alone_too_has_failed(tmp_path, console):
    failing = suite(tmp_path, "def test_one():\n    open('runs', 'a').write('x')\n    assert 0")
    ok, text = verified(tmp_path, console, failing, program(tmp_path, "print(1)"))
    assert not ok
    assert (failing.cwd / "runs").read_text() == "xx"
    assert "unsteady" not in text
    assert text.splitlines()[-1] == "1 passed, 1 failed, 0 skipped"


def test_where_much_fails_nothing_is_put_down_to_a_busy_machine(tmp_path, console):
    suites = [suite(tmp_path, FAILS_AT_FIRST, f"tests{n}") for n in range(verify.ALONE_AT_MOST + 1)]
    ok, text = verified(tmp_path, console, *suites)
    assert not ok
    assert text.splitlines()[-1] == f"0 passed, {len(suites)} failed, 0 skipped"


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("", "ran no test at all"),
        ("import no_such_module", "1 failed"),
        ("import os; os._exit(0)", "ran no test at all"),
        ("import os\ndef test_one(): os._exit(0)", "ran no test at all"),
    ],
)
def test_a_run_without_tests_is_a_failure(tmp_path, console, code, why):
    ok, text = verified(tmp_path, console, suite(tmp_path, code))
    assert not ok
    assert f"tests: {why}" in text
    assert text.splitlines()[-1] == "0 passed, 1 failed, 0 skipped"


def test_a_session_that_fails_after_its_tests_is_a_failure(tmp_path, console):
    check = suite(tmp_path, "def test_one(): pass\n")
    hook = "def pytest_sessionfinish(session): session.exitstatus = 3\n"
    (check.cwd / "conftest.py").write_text(hook)
    ok, text = verified(tmp_path, console, check)
    assert not ok
    assert text.splitlines()[-1] == "1 passed, 1 failed, 0 skipped"


def test_a_program_that_fails_is_a_failure(tmp_path, console):
    ok, text = verified(tmp_path, console, program(tmp_path, "print('drifted'); exit(2)"))
    assert not ok
    assert "    drifted" in text
    assert "program: ended with exit code 2" in text


def test_a_check_that_hangs_is_ended(tmp_path, console):
    hang = program(tmp_path, "import time; time.sleep(600)")
    ok, text = verified(tmp_path, console, hang, timeout=0.3)
    assert not ok
    assert "program: took longer than 0 s" in text


def test_checks_do_not_see_what_the_reader_has_set(tmp_path, console, monkeypatch):
    for name in ("DATABASE_URL", "FLASK_APP", "PYTEST_ADDOPTS", "PODIUM_SECRET_KEY"):
        monkeypatch.setenv(name, "x")
    code = (
        "import os; "
        "exit(sum(n in os.environ for n in 'DATABASE_URL FLASK_APP PYTEST_ADDOPTS "
        "PODIUM_SECRET_KEY'.split()))"
    )
    assert verified(tmp_path, console, program(tmp_path, code))[0]


def test_two_checks_run_at_a_time(tmp_path, console):
    meet = """
import pathlib, time
pathlib.Path({mine!r}).touch()
deadline = time.monotonic() + 10
while not pathlib.Path({other!r}).exists():
    if time.monotonic() > deadline: exit("the other did not come")
    time.sleep(0.01)
"""
    one = program(tmp_path, meet.format(mine="a", other="b"), "one")
    two = program(tmp_path, meet.format(mine="b", other="a"), "two")
    assert verified(tmp_path, console, one, two)[0]


def test_the_plan_covers_each_step_and_the_courseware(checkout):
    steps = [checkout.step(1), checkout.step(2)]
    names = [check.name for check in verify.plan(checkout.root, steps)]
    assert names == [
        "drift",
        "ruff check",
        "ruff format",
        "course",
        "course: pages",
        "docs",
        "slow site",
        "slides",
        "class kit",
        "site: browser",
        "step 1: unit",
        "step 1: contract",
        "step 1: browser",
        "step 2: unit",
        "step 2: contract",
        "step 2: browser",
    ]
    one = verify.plan(checkout.root, steps[1:], whole=False)
    assert [check.name for check in one] == ["drift", *names[-3:]]


def test_the_console_sessions_of_each_page_are_in_one_check(checkout):
    for page in ("index.md", "steps/01-step.md", "questions.md", "steps/13-last.md"):
        checkout.write(checkout.root / "docs" / page, "# A page\n")
    # Decks are built into the docs.
    checkout.write(checkout.root / "docs" / "slides" / "deck.md", "# A deck\n")
    checks = verify.plan(checkout.root, [checkout.step(1)])
    pages = {
        c.name: [a for a in c.argv if a.endswith(".md")] for c in checks if "tests/docs" in c.argv
    }
    assert pages == {
        "other pages: sessions": ["docs/index.md", "docs/questions.md"],
        "chapter 1: sessions": ["docs/steps/01-step.md"],
        "chapter 13: sessions": ["docs/steps/13-last.md"],
    }


def test_every_test_of_the_tool_is_in_one_of_its_two_checks():
    first, second = (
        check for check in verify.plan(ROOT, []) if check.name in ("course", "course: pages")
    )
    left_out = {arg.partition("=")[2] for arg in first.argv if arg.startswith("--ignore=")}
    named = {arg for arg in second.argv if arg.startswith("tests/")}
    assert left_out == named
    assert {"tests/course/test_cascade.py", "tests/course/test_site_blocks.py"} < named


def test_the_console_sessions_of_slides_are_a_check_too(checkout):
    checkout.write(checkout.root / "slides" / "deck.md", "# A deck\n")
    names = [check.name for check in verify.plan(checkout.root, [checkout.step(1)])]
    assert "slides: sessions" in names


def test_a_second_run_beside_the_first_is_refused(tmp_path, console):
    with (
        leftovers.exclusive(tmp_path / ".data" / "test"),
        pytest.raises(CourseError, match="test is running already"),
    ):
        verify.run([], tmp_path, console)


RUN = """
import sys
from pathlib import Path
from course import console, verify
code = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
check = verify.Check("long", (sys.executable, "-c", code), Path(sys.argv[1]))
verify.run([check], Path(sys.argv[1]), console.output())
"""


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_run_leaves_no_check_running(tmp_path, signum):
    run = subprocess.Popen(
        [sys.executable, "-c", RUN, tmp_path], cwd=ROOT, stderr=subprocess.DEVNULL
    )
    log = tmp_path / ".data" / "test" / "long.log"
    assert wait_until(lambda: log.exists() and log.read_text().strip(), 10)
    pid = int(log.read_text())
    run.send_signal(signum)
    run.wait(10)
    assert wait_until(lambda: started_at(pid) is None, 10)


@pytest.mark.parametrize("fails,code", [(False, 0), (True, 1)])
def test_the_command_fails_when_a_check_fails(tmp_path, monkeypatch, fails, code):
    planted = program(tmp_path, f"raise SystemExit({int(fails)})")
    real = verify.run
    monkeypatch.setattr(verify, "plan", lambda *args, **options: [planted])
    monkeypatch.setattr(verify, "run", lambda checks, _, console: real(checks, tmp_path, console))
    assert CliRunner().invoke(cli.cli, ["test"]).exit_code == code
