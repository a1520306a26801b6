"""From what processes log to the attendee's file and line."""

import pytest
from test_exercises import write_exercise

from course.exercises.blame import Blame


@pytest.fixture
def code(tmp_path):
    """Where the overlaid step is."""
    return tmp_path / "the code"


@pytest.fixture
def blame(checkout, code):
    return Blame(write_exercise(checkout), code)


def test_an_exception_is_blamed_on_the_innermost_line_of_the_attendee(blame, code):
    log = f"""
[2026-11-01 10:00:00] ERROR in app: Exception on / [GET]
Traceback (most recent call last):
  File "/venv/flask/app.py", line 1511, in wsgi_app
    response = self.full_dispatch_request()
  File "{code}/hello.py", line 3, in greet
    return part(name)
           ^^^^^^^^^^
  File "{code}/web.py", line 8, in part
    return name.nothing
AttributeError: 'str' object has no attribute 'nothing'
127.0.0.1 - - "GET / HTTP/1.1" 500 -
"""
    assert blame.errors(log) == [
        "exercises/01-hello/hello.py, line 3, in greet: "
        "AttributeError: 'str' object has no attribute 'nothing'"
    ]


def test_without_a_line_of_the_attendee_it_is_the_steps(blame, code):
    frame = f'  File "{code}/web.py", line 8\n    x = (\n'
    log = f"Traceback (most recent call last):\n{frame}SyntaxError: no\n"
    assert blame.errors(log) == ["steps/01-step/web.py, line 8: SyntaxError: no"]


def test_what_comes_again_is_told_once_and_what_came_last_first(blame, code):
    def raised(name):
        frame = f'  File "{code}/hello.py", line 3, in greet\n    x\n'
        return f"Traceback (most recent call last):\n{frame}{name}: it\n"

    log = raised("KeyError") + raised("ValueError") + raised("ValueError")
    assert [error.partition("greet: ")[2] for error in blame.errors(log)] == [
        "ValueError: it",
        "KeyError: it",
    ]


def test_of_each_thread_the_innermost_line_of_the_attendee_counts(blame, code):
    log = f"""
Thread 0x00007f01 (most recent call first):
  File "/usr/lib/python3.11/threading.py", line 320 in wait
  File "{code}/hello.py", line 5 in inner
  File "{code}/hello.py", line 9 in outer

Current thread 0x00007f02 (most recent call first):
  File "{code}/web.py", line 30 in <module>
"""
    assert list(map(str, blame.stacks(log))) == ["exercises/01-hello/hello.py, line 5, in inner"]


def test_a_log_names_the_files_as_the_attendee_knows_them(blame, code):
    log = f'File "{code}/hello.py" and "{code}/web.py" and "/usr/lib/x.py"'
    assert blame.translate(log) == (
        'File "exercises/01-hello/hello.py" and "steps/01-step/web.py" and "/usr/lib/x.py"'
    )
