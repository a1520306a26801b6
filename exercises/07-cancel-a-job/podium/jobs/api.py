"""Calls about jobs, new in version 2: order, ask, fetch."""

from flask import Blueprint

from podium.auth.identity import current_user
from podium.extensions import token_auth
from podium.jobs.decorators import as_job
from podium.jobs.representations import SOON, job_json
from podium.services import jobs, talks

bp = Blueprint("jobs", __name__)


@bp.post("/talks/<slug>/transcripts")
@token_auth.login_required
@as_job(talks.make_transcript)
def order_transcript(slug):
    return (talks.of_organiser(current_user(), slug).id,)


@bp.get("/jobs/<id>")
@token_auth.login_required
def show_job(id):
    """How far it is; once it is done, 303 See Other (RFC 9110, 15.4.4) to the result."""
    job = jobs.of_owner(current_user(), id)
    shown = job_json(job)
    if job.status == "done":
        return shown, 303, {"Location": shown["result"]}
    return shown, 200, SOON if job.status in ("queued", "running") else {}


@bp.delete("/jobs/<id>")
@token_auth.login_required
def cancel_job(id):
    return job_json(jobs.cancel(current_user(), id))


@bp.get("/jobs/<id>/result")
@token_auth.login_required
def show_result(id):
    return jobs.result(current_user(), id), {"Content-Type": "application/pdf"}
