"""Jobs: whose they are, how far they are, and what came out of them."""

import logging
import secrets
import time
from contextlib import suppress
from typing import NamedTuple

from sqlalchemy import delete, update

from podium import outages, queue
from podium.config import setting
from podium.extensions import db, socketio
from podium.jobs.representations import progress_of
from podium.models import Job, Token, now
from podium.services.errors import Busy, Forbidden, Gone, NotFound
from podium.sockets.rooms import of_user

log = logging.getLogger(__name__)
FORGOTTEN_AFTER = 24 * 60 * 60
FAILED = "It failed. Try again; if that does not help, tell the operator."


class State(NamedTuple):
    id: str
    status: str
    done: int = 0
    total: int | None = None
    reason: str | None = None


def start(user, task, *arguments):
    """Note a job for `user` and send its task. Raises Busy while the broker is away."""
    job = Job(id=secrets.token_urlsafe(16), owner_id=user.id)
    db.session.add(job)
    db.session.commit()
    try:
        queue.send(task, *arguments, id=job.id)
    except queue.UNREACHABLE as error:
        db.session.delete(job)
        db.session.commit()
        raise away(error) from None
    return State(job.id, "queued")


def away(error):
    log.warning("The broker is away: %s", error)
    return Busy("Jobs have to wait at the moment. Try again later.", wait=5)


def of_owner(user, id):
    """The job, for the one who ordered it, until its result has expired."""
    job = db.session.get(Job, id)
    if job is None:
        raise NotFound("There is no such job.")
    if job.owner_id != user.id:
        raise Forbidden("Only who ordered it may see that.")
    if job.ended_at is not None and job.ended_at < now() - setting("RESULT_SECONDS"):
        raise Gone("The result was kept for a while, and that is over. Order it again.")
    return job


def state(user, id):
    """How far it is: the database knows the end, the result backend what goes on before."""
    return state_of(of_owner(user, id))


def state_of(job):
    id = job.id
    if job.ended_at is not None:
        return State(id, "failed" if job.reason else "done", reason=job.reason)
    try:
        status, told = queue.look_up(id)
    except queue.UNREACHABLE as error:
        raise away(error) from None
    if status == "PROGRESS":
        return State(id, "running", told["done"], told["total"])
    if status == "FAILURE":  # killed at its time limit, with no chance to write it down
        return State(id, "failed", reason=FAILED)
    return State(id, "queued")


def result(user, id):
    job = of_owner(user, id)
    if job.result is None:
        raise NotFound("There is no result yet.")
    return job.result


def finish(id, make):
    """Make the result and keep it, unless that was done: a task may be delivered twice."""
    job = db.session.get(Job, id)
    if job is None or job.ended_at is not None:
        return
    db.session.rollback()
    try:
        end(id, result=make())
    except outages.DATABASE:  # the database is away: the task is tried again
        raise
    except Exception:
        end(id, reason=FAILED)
        raise


def end(id, **outcome):
    running = (Job.id == id, Job.ended_at.is_(None))
    db.session.execute(update(Job).where(*running).values(ended_at=now(), **outcome))
    db.session.commit()
    push(id)


def tell(task, **progress):
    """Say how far a running task is, to whoever asks and to the one who ordered it."""
    queue.tell(task, **progress)
    push(task.request.id)


def push(id):
    """From the worker to whichever server its owner is connected to; the job does not need it."""
    with suppress(Busy, *outages.DATABASE):
        job = db.session.get(Job, id)
        socketio.emit("job", progress_of(state_of(job)), to=of_user(job.owner_id))
    db.session.close()


def wait_for(id):
    """The result, for a caller who knows no other way than to wait for it."""
    deadline = time.monotonic() + setting("WAIT_SECONDS")
    while time.monotonic() < deadline:
        job = db.session.get(Job, id, populate_existing=True)
        db.session.rollback()
        if job.ended_at is not None:
            break
        time.sleep(0.1)
    if job.result is None:
        raise Busy("It is not ready in time. Try again later.", wait=5)
    return job.result


def tidy_up():
    """Drop results that have expired; forget, a day later, that they were there."""
    expired = now() - setting("RESULT_SECONDS")
    db.session.execute(update(Job).where(Job.ended_at < expired).values(result=None))
    db.session.execute(delete(Job).where(Job.created_at < expired - FORGOTTEN_AFTER))
    db.session.execute(delete(Token).where(Token.expires_at < now()))
    db.session.commit()
