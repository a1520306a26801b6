"""Each exercise has something to do, can be done, and what was there before stays."""

import pytest

from course.exercises import guard, starters


@pytest.fixture
def work(tmp_path):
    return tmp_path / "work"


def test_the_exercise_is_as_it_is_handed_out(exercise):
    changed = starters.changed(exercise)
    assert not changed, (
        f"{changed} differ from .starter/: make reset-exercise-{exercise.number} puts them back, "
        "python -m course starters --write hands them out as they are"
    )


def test_its_words_fit(exercise):
    assert guard.texts(exercise) == []


def test_the_starter_fails_for_the_reason_that_is_given(exercise, work):
    assert guard.starter(exercise, work) == []


def test_the_solution_passes(exercise, work):
    assert guard.solution(exercise, work) == []


def test_the_solution_keeps_what_the_step_tests(exercise, work):
    assert guard.step_tests(exercise, work) == []


def test_the_solution_keeps_what_the_step_promises(exercise, work):
    assert guard.promises(exercise, work) == []
