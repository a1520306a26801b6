"""What turns a view into a job."""

import functools

from flask import url_for

from podium.auth.identity import current_user
from podium.jobs.representations import SOON, job_json
from podium.services import jobs


def as_job(task):
    """Answer 202 Accepted, with the place to ask (RFC 9110, 15.3.3), and leave the work to `task`.

    The view says whether this may be done at all, while somebody waits for the answer. What it
    returns are the arguments of the task: plain values, since it runs in another process.
    """

    def decorate(view):
        @functools.wraps(view)
        def wrapper(*args, **kwargs):
            job = jobs.start(current_user(), task, *view(*args, **kwargs))
            location = url_for("v2.jobs.show_job", id=job.id)
            return job_json(job), 202, SOON | {"Location": location}

        return wrapper

    return decorate
