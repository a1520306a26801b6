"""Jobs: whose they are, and what may be known of them."""

import time

from podium.config import setting
from podium.extensions import jobs
from podium.services.errors import Busy, Conflict, Forbidden, Gone, NotFound


def start(user, work, *arguments):
    return jobs.start(user, work, *arguments)


def of_owner(user, id):
    """The job, for the one who ordered it, until its result has expired."""
    job = jobs.get(id)
    if job is None:
        raise NotFound("There is no such job.")
    if job.owner_id != user.id:
        raise Forbidden("Only who ordered it may see that.")
    if job.ended_before(time.time() - setting("RESULT_SECONDS")):
        raise Gone("The result was kept for a while, and that is over. Order it again.")
    return job


def cancel(user, id):
    """Take back a job that waits for its turn; Conflict when it has begun."""
    job = of_owner(user, id)
    if not job.cancel():
        raise Conflict("It has begun or is over: there is nothing left to cancel.")
    return job


def result(user, id):
    job = of_owner(user, id)
    if job.status != "done":
        raise NotFound("There is no result yet.")
    return job.result


def wait_for(job):
    """The result, for a caller who knows no other way than to wait for it."""
    if not job.over.wait(setting("WAIT_SECONDS")) or job.status != "done":
        raise Busy("It is not ready in time. Try again later.", wait=5)
    return job.result
