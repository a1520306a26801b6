"""Lets links fail in the running step 8, and plays the operator."""

import re
from urllib.parse import urlsplit

import pytest

from tests.podium_api import unique, wait_until

TRIES = 4  # that a worker makes


@pytest.fixture(scope="session")
def flask(stage, running):
    """Run a command beside the running step; return what it printed."""

    def flask(*command):
        done = stage.run("flask", "--app", "podium", *command, **running.variables)
        name = f"`flask {' '.join(command)}`"
        assert done.returncode == 0, f"{name} failed: {done.stdout[-400:]}"
        return done.stdout

    return flask


@pytest.fixture(scope="session")
def flaky(podium):
    """A link that comes when it is tried once more than a worker does."""
    return f"{podium.slow_site_url}/flaky/{unique()}?times={TRIES}"


@pytest.fixture(scope="session")
def question(podium, flaky):
    """A question with that link, and one to a page that is not there, once they are given up."""
    missing = f"{podium.slow_site_url}/status/404"
    question = podium.ask(f"Will {flaky} ever come, and {missing}?", podium.side_talk)
    path = f"/api/v2/questions/{question['id']}"
    wait_until(
        lambda: podium.http.get(path).json()["previews"]["status"] == "done",
        "the workers neither fill the previews nor give them up",
        20,
    )
    return question


def letters(listing):
    """Return the ids of the letters by the path of their link."""
    lines = re.findall(r"^(\d+)  (\S+)  ", listing, re.MULTILINE)
    return {urlsplit(url).path: id for id, url in lines}


def test_what_is_given_up_becomes_a_dead_letter(question, flask, flaky):
    listed = letters(flask("dead-letters"))
    assert listed, "the list of dead letters is empty"
    assert urlsplit(flaky).path in listed, f"the link that was given up is not in it: {listed}"


def test_a_page_that_is_not_there_does_not(question, flask):
    listed = letters(flask("dead-letters"))
    assert "/status/404" not in listed, "a page that answers 404 is a dead letter"


def test_a_replayed_letter_gets_its_preview(podium, question, flask):
    said = flask("replay")
    assert said.strip() == "Replayed: 1", f"`flask replay` says {said.strip()!r}"
    wait_until(
        lambda: podium.question(question["id"])["previews"],
        "the preview is still not there",
    )
    listed = letters(flask("dead-letters"))
    assert not listed, f"the replayed letter is still in the list: {listed}"


@pytest.fixture
def app(running, tmp_path):
    """The application in this process, with a database of its own and the sample data."""
    from podium import create_app
    from podium.config import Testing

    app = create_app(
        Testing,
        SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path}/podium.db",
        REDIS_URL=running.variables["REDIS_URL"].replace("/0", "/5"),
        PREVIEW_ALLOW_HOSTS=running.slow_site_url.removeprefix("http://"),
    )
    app.test_cli_runner().invoke(args=["seed"])
    with app.app_context():
        yield app


@pytest.fixture
def preview(app, running):
    """The id of a preview that waits, of a link that always fails for now."""
    from podium.extensions import db
    from podium.services import questions, talks, users

    source = f"Is {running.slow_site_url}/status/503 back?"
    question = questions.post(users.with_nickname("henrike"), talks.every()[0], source)
    id = question.previews[0].id
    db.session.commit()
    return id


def fill(id, last_try):
    """Try as a worker does; return whether it asks for another try."""
    from podium.questions.safe_fetch import TryLater
    from podium.services import previews

    try:
        previews.fill(id, last_try=last_try)
    except TryLater:
        return True
    return False


def buried():
    from podium.extensions import db
    from podium.services import dead_letters

    db.session.rollback()
    return dead_letters.every()


def test_before_the_last_try_nothing_is_given_up(preview):
    assert fill(preview, last_try=False), "a try that is not the last does not ask for another"
    assert not buried(), "it is a dead letter although there are tries left"


def test_a_task_that_is_delivered_twice_buries_once(preview):
    for _ in range(2):
        fill(preview, last_try=True)
    count = len(buried())
    assert count == 1, f"there are {count} dead letters of one link"


@pytest.fixture
def letter(preview):
    """The id of a dead letter, put there by hand, and of its question."""
    from podium.extensions import db
    from podium.models import DeadLetter, Preview

    found = db.session.get(Preview, preview)
    letter = DeadLetter(question_id=found.question_id, url=found.url, reason="by hand")
    db.session.add(letter)
    db.session.commit()
    return letter.id, found.question_id


def test_two_operators_replay_a_letter_once(letter):
    from podium.services import dead_letters

    id, _ = letter
    said = [dead_letters.replay(id), dead_letters.replay(id)]
    assert said == [True, False], f"replayed twice, `replay` says {said}"


def test_a_letter_of_a_deleted_question_is_only_dropped(letter):
    from podium.extensions import db
    from podium.models import DeadLetter
    from podium.services import dead_letters, questions, users

    id, question = letter
    questions.remove(users.with_nickname("henrike"), question)
    assert dead_letters.replay(id) is False, "a deleted question gets a preview"
    db.session.expire_all()
    assert db.session.get(DeadLetter, id) is None, "the letter of a deleted question stays for ever"
