"""A job as the JSON that clients see."""

from flask import url_for

SOON = {"Retry-After": 1}  # how soon it is worth to ask again


def job_json(job):
    shown = progress_of(job)
    if job.status == "done":
        shown["result"] = url_for("v2.jobs.show_result", id=job.id)
    return shown


def progress_of(job):
    """What can be said of it outside of a request, too."""
    shown = {"id": job.id, "status": job.status}
    if job.status == "running" and job.total:
        shown["progress"] = {"done": job.done, "total": job.total}
    if job.status == "failed":
        shown["reason"] = job.reason
    return shown
