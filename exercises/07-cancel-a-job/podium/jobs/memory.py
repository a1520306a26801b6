"""The jobs of this process, in its memory: they end with it, and no other process knows them."""

import secrets
import threading
import time
from functools import partial

from flask import current_app

from podium.jobs.pool import Pool

FORGOTTEN_AFTER = 24 * 60 * 60


class Job:
    """Something that a person ordered, and whose `result` is theirs."""

    def __init__(self, owner_id):
        self.id, self.owner_id = secrets.token_urlsafe(16), owner_id
        self.status, self.done, self.total = "queued", 0, None
        self.result = self.reason = self.ended_at = None
        self.over = threading.Event()

    def run(self, work, *arguments):
        self.status = "running"
        try:
            self.result = work(*arguments, progress=self.progress)
            self.end("done")
        except Exception:
            self.reason = "It failed. Try again; if that does not help, tell the operator."
            self.end("failed")
            raise

    def progress(self, done, total):
        self.done, self.total = done, total

    def end(self, status):
        self.status, self.ended_at = status, time.time()
        self.over.set()

    def ended_before(self, moment):
        return self.ended_at is not None and self.ended_at < moment


class Jobs:
    """The pools and the jobs of the application at hand."""

    def init_app(self, app):
        app.extensions["jobs"] = {}
        app.extensions["pools"] = {
            name: Pool(app, app.config[f"{name}_THREADS"], app.config[f"{name}_QUEUE"])
            for name in ("PREVIEW", "TRANSCRIPT")
        }

    def places(self, pool, count):
        return current_app.extensions["pools"][pool].places(count)

    def start(self, owner, work, *arguments):
        """Let `work` make what `owner` ordered; the Job to ask about it."""
        job = Job(owner.id)
        # TODO: a job has to know what can take it back.
        with self.places("TRANSCRIPT", 1) as waiting:
            self.tidy_up()
            current_app.extensions["jobs"][job.id] = job
            waiting.append(partial(job.run, work, *arguments))
        return job

    def get(self, id):
        return current_app.extensions["jobs"].get(id)

    def tidy_up(self):
        """Drop results that have expired; forget, a day later, that they were there."""
        expired = time.time() - current_app.config["RESULT_SECONDS"]
        known = current_app.extensions["jobs"]
        for job in list(known.values()):
            if job.ended_before(expired):
                job.result = None
            if job.ended_before(expired - FORGOTTEN_AFTER):
                known.pop(job.id, None)
