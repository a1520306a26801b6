"""The Procfile says what runs."""

import pytest

from course import procfile
from course.errors import CourseError


def test_release_is_apart_from_the_processes():
    parsed = procfile.parse(
        "# a comment\n\nrelease: flask init-db && flask seed\nweb: flask run --port $PORT\n"
        "worker:celery worker\n"
    )
    assert parsed.release == "flask init-db && flask seed"
    assert parsed.processes == {"web": "flask run --port $PORT", "worker": "celery worker"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("web: a\nworker\n", "Procfile, line 2: expected `name: command`, found 'worker'"),
        ("web: a\nweb:\n", "Procfile, line 2: expected `name: command`, found 'web:'"),
        ("web: a\n\nweb: b\n", "Procfile, line 3: there is a process 'web' already"),
        ("web: a\nslow: b\n", "Procfile, line 2: 'slow' is the name of a process of the course"),
        ("web: a\nvalkey: b\n", "Procfile, line 2: 'valkey' is the name of a process of the"),
        ("worker: a\n", "Procfile: there is no `web` process"),
    ],
)
def test_a_mistake_names_the_line(text, message):
    with pytest.raises(CourseError) as caught:
        procfile.parse(text)
    assert str(caught.value).startswith(message)


def test_the_process_that_answers_may_have_another_name():
    assert procfile.parse("lb: a\n", entry="lb").processes == {"lb": "a"}
    with pytest.raises(CourseError, match="there is no `lb` process"):
        procfile.parse("web: a\n", entry="lb")


def test_a_step_without_a_procfile_is_named(checkout):
    path = checkout.step().path / "Procfile"
    path.unlink()
    with pytest.raises(CourseError, match="steps/01-step/Procfile: the file is missing"):
        procfile.read(path)
