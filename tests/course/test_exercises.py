"""The exercises' tool: what a check says, what it survives, and what begins afresh."""

import re
import signal
import subprocess
import sys
import textwrap

import pytest
from click.testing import CliRunner
from rich.console import Console

from course import cli as course_cli
from course.errors import CourseError
from course.exercises import catalog, checker, cli, overlay, starters, syntax, watch
from course.exercises.records import ASSERTION, ERROR, HANG, PASSED, START
from course.exercises.state import State
from course.paths import ROOT
from course.processes import wait_until

TOML = """
title = "Say hello"
minutes = 10
files = ["hello.py"]
fails = "it says"
hints = ["One.", "Two.", "Three."]
seconds = 4
"""
STARTER = """
def greet(name):
    # TODO: greet them
    return ""
"""
SOLVED = """
def greet(name):
    return f"Hello {name}"
"""
# A web process that answers with what the exercise's function returns.
WEB = """
import http.server
import os

from hello import greet


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = greet("you").encode() if self.path == "/hello" else b"ok"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)


address = ("127.0.0.1", int(os.environ["PORT"]))
http.server.ThreadingHTTPServer(address, Handler).serve_forever()
"""
CHECK = """
import httpx


def test_it_greets(running):
    text = httpx.get(running.url + "/hello", timeout=2, trust_env=False).text
    assert text == "Hello you", f"it says {text!r}"


def test_it_is_there(running):
    assert httpx.get(running.url, trust_env=False).status_code == 200, "nobody is there"
"""


def write_exercise(checkout, *, toml=TOML, starter=STARTER, solved=SOLVED, check=CHECK):
    """Add exercise 1 to a checkout, with its step and its solution; return it."""
    checkout.step(1, files={"hello.py": "def greet(name): return 'nothing'\n", "web.py": WEB})
    path = checkout.root / "exercises" / "01-hello"
    texts = {
        path / "exercise.toml": toml,
        path / "README.md": "# Say hello\n\nIt fails because it says nothing.\n",
        path / "hello.py": starter,
        path / "check" / "test_hello.py": check,
        checkout.root / "solutions" / "01-hello" / "hello.py": solved,
        checkout.root / "solutions" / "01-hello" / "README.md": "# Why\n",
    }
    for file, text in texts.items():
        checkout.write(file, textwrap.dedent(text))
    exercise = catalog.read(path)
    starters.write(exercise)
    return exercise


@pytest.fixture
def exercise(checkout):
    return write_exercise(checkout)


def edit(exercise, text, file="hello.py"):
    (exercise.path / file).write_text(textwrap.dedent(text), encoding="utf-8")


def kinds(outcome):
    return [record.kind for record in outcome.records]


def still_running(exercise):
    """Return the processes that name the exercise's directory in their arguments or directory."""
    listing = subprocess.run(["ps", "-axo", "args="], capture_output=True, text=True).stdout
    return [line for line in listing.splitlines() if str(exercise.data_dir) in line]


def test_each_test_of_a_check_is_told_as_a_sentence_with_what_is_missing(exercise):
    told = []
    outcome = checker.check(exercise, say=told.append)
    assert [record.sentence for record in told] == ["It greets", "It is there"]
    assert kinds(outcome) == [ASSERTION, PASSED]
    assert outcome.records[0].message == "it says ''"
    assert not outcome.passed


def test_a_solved_exercise_passes(exercise):
    edit(exercise, SOLVED)
    outcome = checker.check(exercise)
    assert outcome.passed, outcome
    assert not still_running(exercise)


def test_files_that_are_added_are_laid_over_the_step_too(exercise):
    edit(exercise, "from mine import greet\n")
    edit(exercise, SOLVED, "mine.py")
    assert checker.check(exercise).passed


def test_the_step_itself_is_not_touched(exercise):
    edit(exercise, SOLVED)
    checker.check(exercise)
    assert (exercise.step.path / "hello.py").read_text() == "def greet(name): return 'nothing'\n"


def test_a_syntax_error_is_told_before_anything_starts(exercise):
    edit(exercise, "def greet(name):\n    return (name\n")
    outcome = checker.check(exercise)
    assert outcome.problem.startswith("exercises/01-hello/hello.py, line 2: SyntaxError: ")
    assert not outcome.records
    assert not exercise.data_dir.exists()


def test_a_broken_template_is_told_with_its_line():
    found = syntax.problem({"a.html": b"<p>\n{% if x %}\n"})
    assert found[:2] == ("a.html", 2)


def test_an_endless_loop_in_a_request_is_told_with_its_line(exercise):
    edit(exercise, "def greet(name):\n    while True:\n        pass\n")
    outcome = checker.check(exercise)
    assert kinds(outcome) == [HANG]
    (note,) = outcome.records[0].notes
    assert re.search(r"exercises/01-hello/hello.py, line [23], in greet", note)
    assert outcome.seconds < 20
    assert not still_running(exercise)


def test_on_a_busy_machine_a_test_may_take_longer(checkout):
    check = """
    import time

    def test_it_greets(running):
        time.sleep(3)
    """
    exercise = write_exercise(
        checkout, toml=TOML.replace("seconds = 4", "seconds = 2"), check=check
    )
    assert kinds(checker.check(exercise)) == [HANG]
    assert kinds(checker.check(exercise, patience=6)) == [PASSED]


def test_an_endless_loop_in_the_tests_own_process_is_told_with_its_line(checkout):
    check = """
    def test_it_greets():
        from hello import greet
        assert greet("you") == "Hello you", "it says something else"
    """
    exercise = write_exercise(checkout, check=check)
    edit(exercise, "def greet(name):\n    while True:\n        pass\n")
    outcome = checker.check(exercise)
    assert kinds(outcome) == [HANG]
    assert "exercises/01-hello/hello.py, line" in outcome.records[0].notes[0]


def test_what_does_not_react_to_anything_is_ended_after_the_limit(checkout):
    check = """
    def test_it_greets():
        from hello import greet
        greet("you")
    """
    exercise = write_exercise(checkout, check=check)
    # It catches even the alarm.
    loop = """
    def greet(name):
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass
    """
    edit(exercise, loop)
    outcome = checker.check(exercise, limit=6)
    assert "was ended after 6 seconds" in outcome.problem
    assert "exercises/01-hello/hello.py, line" in outcome.problem
    assert wait_until(lambda: not still_running(exercise), 5)


def test_a_server_that_does_not_start_is_told_with_the_line(exercise):
    edit(exercise, "import nothing_like_it\n")
    outcome = checker.check(exercise)
    assert kinds(outcome) == [START]
    (note,) = outcome.records[0].notes
    assert note == (
        "exercises/01-hello/hello.py, line 1: "
        "ModuleNotFoundError: No module named 'nothing_like_it'"
    )


def test_an_exception_in_a_request_is_told_with_its_line(exercise):
    edit(exercise, "def greet(name):\n    return name.nothing\n")
    outcome = checker.check(exercise)
    assert kinds(outcome)[0] == ERROR
    assert "exercises/01-hello/hello.py, line 2, in greet: AttributeError" in str(outcome.records)


def test_a_missing_file_is_told_with_what_to_do(exercise):
    (exercise.path / "hello.py").unlink()
    with pytest.raises(CourseError, match=r"hello.py is missing.*make reset-exercise-1"):
        checker.check(exercise)


def test_two_checks_of_the_same_exercise_do_not_mix(exercise):
    from course import leftovers

    with (
        leftovers.exclusive(exercise.data_dir),
        pytest.raises(CourseError, match="01-hello is running already"),
    ):
        checker.check(exercise)


def test_a_check_that_is_interrupted_leaves_nothing_running(exercise):
    edit(exercise, "import time\n\ndef greet(name):\n    time.sleep(60)\n")
    code = (
        "import sys; from pathlib import Path; from course.exercises import catalog, checker; "
        "checker.check(catalog.read(Path(sys.argv[1])))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(exercise.path)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    web_log = checker.runs_dir(exercise.data_dir) / "1" / "logs" / "web.log"
    assert wait_until(web_log.exists, 15)
    process.send_signal(signal.SIGTERM)
    assert "KeyboardInterrupt" in process.communicate(timeout=15)[1]
    assert wait_until(lambda: not still_running(exercise), 5)


def test_an_overlay_is_brought_up_to_date(exercise):
    code = checker.code_dir(exercise.data_dir)
    overlay.build(exercise, code, {"hello.py": b"one", "extra.py": b"x"})
    before = (code / "web.py").stat().st_mtime_ns
    overlay.build(exercise, code, {"hello.py": b"two"})
    assert (code / "hello.py").read_text() == "two"
    assert not (code / "extra.py").exists()
    assert (code / "web.py").stat().st_mtime_ns == before


def test_reset_keeps_what_was_there_in_a_dated_directory(exercise):
    edit(exercise, "mine")
    edit(exercise, "added", "more.py")
    backup = starters.reset(exercise)
    assert re.fullmatch(r"yours-\d{4}-\d\d-\d\d-\d{6}", backup.name)
    assert (backup / "hello.py").read_text() == "mine"
    assert (backup / "more.py").read_text() == "added"
    assert (exercise.path / "hello.py").read_text() == textwrap.dedent(STARTER)
    assert not (exercise.path / "more.py").exists()
    assert starters.reset(exercise) is None
    edit(exercise, "mine again")
    assert starters.reset(exercise) != backup


def test_a_deleted_file_comes_back(exercise):
    (exercise.path / "hello.py").unlink()
    assert starters.changed(exercise) == ["hello.py"]
    assert starters.reset(exercise) is None
    assert not starters.changed(exercise)


def test_progress_is_kept_and_a_broken_file_counts_as_none(tmp_path):
    state = State(tmp_path)
    state.passed(3)
    first = state.of(3).passed
    state.hinted(3, 2)
    state.passed(3)
    again = State(tmp_path)
    assert (again.of(3).passed, again.of(3).hints) == (first, 2)
    again.forget(3)
    assert State(tmp_path).of(3).passed is None
    (tmp_path / ".data/exercises/progress.json").write_text("{ broken")
    assert State(tmp_path).of(3).hints == 0


def test_a_save_is_noticed_once_the_file_rests(exercise):
    seen = watch.stamp(exercise)
    looks = iter(["half", None, "whole", "whole"])

    def save(_):
        text = next(looks)
        file = exercise.path / "hello.py"
        if text is None:
            file.unlink()
        elif not file.exists() or file.read_text() != text:
            file.write_text(text)

    assert watch.wait(exercise, seen, save) == watch.stamp(exercise)
    assert not list(looks)


@pytest.fixture
def command(exercise, monkeypatch):
    """Run a command on the exercise of the checkout; return its exit code and output."""
    monkeypatch.setattr(catalog.find, "__defaults__", (exercise.root,))
    monkeypatch.setattr(catalog.load, "__defaults__", (exercise.root,))
    monkeypatch.setattr(catalog.existing, "__defaults__", (exercise.root,))
    monkeypatch.setattr(cli, "ROOT", exercise.root)
    for name in ("FORCE", "SIDE"):
        monkeypatch.delenv(name, raising=False)

    def command(*arguments):
        result = CliRunner().invoke(course_cli.cli, arguments)
        if isinstance(result.exception, CourseError):
            return 2, str(result.exception)
        return result.exit_code, result.output

    return command


def test_hints_come_one_by_one_and_end(command):
    assert command("hint", "1") == (0, "Hint 1 of 3: One.\n")
    assert command("hint", "1") == (0, "Hint 1 of 3: One.\nHint 2 of 3: Two.\n")
    last = command("hint", "1")[1]
    assert last.endswith("Hint 3 of 3: Three.\nThat was the last hint.\n")
    assert command("hint", "1")[1] == last


def test_the_solution_is_shown_after_a_pass_or_by_force(command, exercise, monkeypatch):
    code, said = command("solution", "1")
    assert code == 2 and "make check-1" in said and "FORCE=1" in said
    monkeypatch.setenv("FORCE", "1")
    code, said = command("solution", "1")
    assert code == 0 and '+     return f"Hello {name}"' in said
    monkeypatch.delenv("FORCE")
    State(exercise.root).passed(1)
    assert command("solution", "1")[0] == 0


def test_a_check_says_what_to_do_next_and_remembers_a_pass(command, exercise):
    code, said = command("check", "1")
    assert code == 1
    assert "✗ not yet  It greets\n             it says ''\n" in said
    assert "1 of 2 work" in said and "make hint-1 (3 hints left)" in said
    edit(exercise, SOLVED)
    code, said = command("check", "1")
    assert code == 0 and "make solution-1" in said
    assert "1 of 1 exercises done" in command("progress")[1]


def test_reset_says_where_the_old_files_are(command, exercise):
    assert "nothing to put back" in command("reset-exercise", "1")[1]
    edit(exercise, "mine")
    said = command("reset-exercise", "1")[1]
    assert "Put back: exercises/01-hello/hello.py" in said
    assert "Yours are kept in exercises/01-hello/yours-" in said


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("9", "There is no exercise 9; the exercises are 1."),
        ("x", "'x' is not an exercise's number; the exercises are 1."),
    ],
)
def test_a_wrong_number_is_one_line(command, number, message):
    for name in ("check", "hint", "solution", "run-exercise", "reset-exercise", "watch"):
        assert command(name, number) == (2, message)


@pytest.mark.parametrize(
    ("line", "replacement", "expected"),
    [
        ("minutes = 10", "minutes = 5", "key 'minutes' is 5; expected"),
        ('["One.", "Two.", "Three."]', '["One.", "", "Three."]', "a list of 3 texts, none empty"),
        ('["One.", "Two.", "Three."]', '["One."]', "a list of 3 texts, none empty"),
        ('["hello.py"]', '["../hello.py"]', "a list of paths inside the step"),
        ('title = "Say hello"', "", "key 'title' is missing"),
        ("seconds = 4", "second = 4", "key 'second' is unknown"),
        ("seconds = 4", "seconds =", "not valid TOML"),
    ],
)
def test_a_mistake_in_an_exercise_is_told_precisely(checkout, line, replacement, expected):
    with pytest.raises(catalog.CatalogError) as caught:
        write_exercise(checkout, toml=TOML.replace(line, replacement))
    assert expected in str(caught.value)
    assert str(caught.value).startswith("exercises/01-hello/exercise.toml: ")


def test_every_step_has_an_exercise():
    from course import catalog as steps

    assert [e.number for e in catalog.load(ROOT)] == [step.number for step in steps.load(ROOT)]


def test_output_is_plain_without_a_terminal(exercise, capsys):
    out = Console(file=sys.stdout, color_system=None)
    cli.checked(exercise, out)
    assert "\x1b" not in capsys.readouterr().out
