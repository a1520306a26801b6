"""What `make test` demands of an exercise: each fault is planted, and found."""

import pytest
from test_exercises import CHECK, SOLVED, STARTER, TOML, write_exercise

from course.exercises import catalog, guard, starters


@pytest.fixture
def work(tmp_path):
    return tmp_path / "work"


def test_an_exercise_in_order_is_found_in_order(checkout, work):
    exercise = write_exercise(checkout)
    assert guard.texts(exercise) == []
    assert guard.starter(exercise, work) == []
    assert guard.solution(exercise, work) == []


def test_a_starter_that_is_solved_already(checkout, work):
    exercise = write_exercise(checkout, starter=SOLVED.replace("return", "# TODO\n    return"))
    (finding,) = guard.starter(exercise, work)
    assert "the starter passes its check" in finding and "make reset-exercise-1" in finding


def test_a_starter_that_fails_by_an_import_error(checkout, work):
    exercise = write_exercise(checkout, starter="import nothing_like_it\n" + STARTER)
    findings = guard.starter(exercise, work)
    assert any("fails by more than an assertion" in finding for finding in findings)
    assert any("No module named 'nothing_like_it'" in finding for finding in findings)


def test_a_starter_that_fails_by_a_syntax_error(checkout, work):
    exercise = write_exercise(checkout, starter=STARTER + "(")
    assert "SyntaxError" in guard.starter(exercise, work)[0]


def test_a_starter_that_fails_for_another_reason_than_the_readme_gives(checkout, work):
    exercise = write_exercise(checkout, toml=TOML.replace("it says", "it whispers"))
    (finding,) = guard.starter(exercise, work)
    assert finding == "no assertion says 'it whispers'; they say: it says ''"
    (finding,) = guard.texts(exercise)
    assert finding == "exercises/01-hello/README.md does not say that it whispers"


def test_a_file_without_a_todo(checkout):
    exercise = write_exercise(checkout, starter=STARTER.replace("TODO", "later"))
    (finding,) = guard.texts(exercise)
    assert "hello.py has no line `# TODO ...`" in finding


def test_a_change_of_the_step_that_the_exercise_does_not_have(checkout):
    exercise = write_exercise(checkout)
    original = exercise.step.path / "hello.py"
    original.write_text(original.read_text("utf-8") + "# Mended.\n", encoding="utf-8")
    (finding,) = guard.texts(exercise)
    assert "exercises/01-hello/hello.py is not made from what the step has now" in finding
    starters.write(exercise)
    assert guard.texts(exercise) == []


def test_a_todo_that_the_check_does_not_reach(checkout, work):
    lonely = STARTER + "\ndef part(name):\n    # TODO: say goodbye\n    return ''\n"
    exercise = write_exercise(checkout, starter=lonely)
    (finding,) = guard.starter(exercise, work)
    assert finding == "exercises/01-hello/hello.py:7: the check does not reach this TODO"


def test_an_empty_hint(checkout):
    with pytest.raises(catalog.CatalogError, match="none empty"):
        write_exercise(checkout, toml=TOML.replace('"Two."', '" "'))


def test_a_solution_that_is_not_finished(checkout, work):
    exercise = write_exercise(checkout, solved=STARTER)
    assert guard.texts(exercise) == ["solutions/01-hello/hello.py still has a TODO"]
    (finding,) = guard.solution(exercise, work)
    assert finding.startswith("the solution fails: It greets: it says ''")


def test_a_solution_without_its_file_or_its_reasons(checkout):
    exercise = write_exercise(checkout)
    (exercise.solution / "hello.py").unlink()
    (exercise.solution / "README.md").unlink()
    assert guard.texts(exercise) == [
        "solutions/01-hello/hello.py is missing",
        "solutions/01-hello/README.md is missing",
    ]


def test_an_assertion_that_says_nothing_in_words(checkout):
    exercise = write_exercise(checkout, check=CHECK.replace(', "nobody is there"', ""))
    (finding,) = guard.texts(exercise)
    assert finding.endswith("test_hello.py, line 11: the assertion says nothing in words")


def test_a_solution_that_breaks_an_older_promise(checkout, work):
    exercise = write_exercise(checkout)
    step = exercise.step.path
    checkout.write(step / "pytest.ini", "[pytest]\npythonpath = .\n")
    checkout.write(
        step / "tests" / "test_talks.py",
        "from hello import greet\n\ndef test_it_is_short():\n    assert len(greet('you')) < 5\n",
    )
    (finding,) = guard.step_tests(exercise, work)
    assert "test_it_is_short" in finding
    checkout.write(step / "tests" / "test_talks.py", "def test_nothing():\n    pass\n")
    assert guard.step_tests(exercise, work) == []


def test_a_promise_that_the_task_itself_makes_untrue_is_left_out(checkout, work):
    exercise = write_exercise(checkout, toml=TOML + 'replaces = ["test_old"]\n')
    checkout.write(
        exercise.step.path / "tests" / "test_talks.py",
        "def test_old():\n    assert False\n\ndef test_new():\n    pass\n",
    )
    assert guard.step_tests(exercise, work) == []
