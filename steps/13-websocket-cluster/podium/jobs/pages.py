"""The page of a job: looks again by itself until there is something to take away."""

from flask import Blueprint, g, redirect, render_template, url_for

from podium.auth.session import log_in_first
from podium.services import jobs, talks

bp = Blueprint(
    "jobs",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/static/jobs",
)


@bp.post("/talks/<slug>/transcripts")
@log_in_first
def order_transcript(slug):
    job = jobs.start(g.user, "make_transcript", talks.of_organiser(g.user, slug).id)
    return redirect(url_for("jobs.show_job", id=job.id), 303)


@bp.get("/jobs/<id>")
@log_in_first
def show_job(id):
    return render_template("jobs/job.html", job=jobs.state(g.user, id))


@bp.get("/jobs/<id>/result")
@log_in_first
def show_result(id):
    file = {"Content-Disposition": "attachment; filename=transcript.pdf"}
    return jobs.result(g.user, id), file | {"Content-Type": "application/pdf"}
