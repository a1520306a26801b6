"""Cancels jobs of a queue that the check holds, and of the running step 7."""

import threading

import pytest

from tests.podium_api import wait_until


@pytest.fixture
def app(tmp_path):
    """The application in this process: one thread for jobs, one place in the queue."""
    from podium import create_app
    from podium.config import Testing

    database = f"sqlite:///{tmp_path}/podium.db"
    sizes = {"TRANSCRIPT_THREADS": 1, "TRANSCRIPT_QUEUE": 1}
    app = create_app(Testing, SQLALCHEMY_DATABASE_URI=database, **sizes)
    app.test_cli_runner().invoke(args=["seed"])
    with app.app_context():
        yield app


class Work:
    """Work that waits for a signal, and notes who has done it."""

    def __init__(self):
        self.signal = threading.Event()
        self.begun = threading.Event()
        self.done = []

    def __call__(self, name, progress):
        self.begun.set()
        self.signal.wait(8)
        self.done.append(name)


@pytest.fixture
def work():
    work = Work()
    yield work
    work.signal.set()


@pytest.fixture
def user(app):
    from podium.services import users

    return users.with_nickname("marisol")


@pytest.fixture
def queue(user, work):
    """A job that runs, and one that waits behind it."""
    from podium.services import jobs

    running = jobs.start(user, work, "first")
    assert work.begun.wait(5), "the first job does not begin"
    return running, jobs.start(user, work, "second")


def cancelled(user, job):
    from podium.services import jobs

    return jobs.cancel(user, job.id)


def ordered(user, work, name):
    """Order one more; None when there is no place."""
    from podium.services import jobs
    from podium.services.errors import Busy

    try:
        return jobs.start(user, work, name)
    except Busy:
        return None


def conflict(user, job):
    """Return whether the job cannot be cancelled."""
    from podium.services.errors import Conflict

    try:
        cancelled(user, job)
    except Conflict:
        return True
    return False


def test_a_job_that_waits_is_cancelled(user, queue):
    _, waiting = queue
    job = cancelled(user, waiting)
    assert job is not None, "jobs.cancel returns nothing: the view needs the job"
    assert job.status == "cancelled", f"its status is {job.status!r}"


def test_its_work_is_never_done(user, queue, work):
    first, waiting = queue
    cancelled(user, waiting)
    work.signal.set()
    assert first.over.wait(5), "the job before it does not end any more"
    pool_is_idle(user, work)
    assert "second" not in work.done, "the cancelled job was done all the same"


def pool_is_idle(user, work):
    """Wait until the pool has done something that was ordered later."""
    last = ordered(user, work, "last")
    assert last and last.over.wait(5), "the pool does not work any more"


def test_its_place_is_free_at_once(user, queue, work):
    _, waiting = queue
    cancelled(user, waiting)
    third = ordered(user, work, "third")
    assert third, "the queue is as full as before"
    work.signal.set()
    assert third.over.wait(5), "the job in the free place is not done"
    assert third.status == "done", f"the job in the free place is {third.status!r}"


def test_no_place_is_free_twice(user, queue, work):
    _, waiting = queue
    cancelled(user, waiting)
    both = ordered(user, work, "third") and ordered(user, work, "fourth")
    assert not both, "after one job was cancelled there is room for two"


def test_a_job_that_runs_goes_on(user, queue, work):
    running, _ = queue
    assert conflict(user, running), "a job that has begun was cancelled without a Conflict"
    work.signal.set()
    assert running.over.wait(5), "the job that could not be cancelled does not end"
    assert running.status == "done", f"the job that could not be cancelled is {running.status!r}"
    assert conflict(user, running), "a job that is done was cancelled without a Conflict"


def test_nobody_cancels_the_job_of_another(queue):
    from podium.services import users
    from podium.services.errors import Forbidden

    _, waiting = queue
    try:
        cancelled(users.with_nickname("henrike"), waiting)
    except Forbidden:
        assert waiting.status == "queued", f"and yet its status is {waiting.status!r}"
        return
    raise AssertionError("somebody else may cancel it")


def test_the_api_cancels_a_real_transcript(stage, speak):
    podium = speak(stage.start(TRANSCRIPT_THREADS="1", TRANSCRIPT_QUEUE="8"))
    organiser = podium.log_in(podium.talks[0]["organiser"], "podium-demo")
    path = f"/api/v2/talks/{podium.talk}/transcripts"
    locations = [organiser.post(path).headers["Location"] for _ in range(8)]
    answer = organiser.delete(locations[-1])
    assert answer.status_code == 200, f"DELETE answers {answer.status_code}: {answer.text[:200]}"
    status = organiser.get(locations[-1]).json()["status"]
    assert status == "cancelled", f"afterwards its status is {status!r}"
    wait_until(
        lambda: organiser.get(locations[-2]).status_code == 303,
        "the job before the cancelled one does not end",
    )
