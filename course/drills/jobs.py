"""Transcripts ordered by the organiser of a talk, and what became of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from course.drills.people import Person, client, organiser
from course.drills.progress import Progress
from course.errors import CourseError

POLL = 0.25  # seconds between two questions how far a job is
TURN = 60  # seconds that one transcript may take


class Jobs:
    """The transcripts of one talk."""

    def __init__(self, url: str, talk: str) -> None:
        self.url = url
        self.talk = talk
        self.organiser: Person = organiser(url, talk)

    def order(self) -> httpx.Response:
        """Order a transcript and return the answer, whatever it is."""
        with self._client() as http:
            return http.post(f"/api/v2/talks/{self.talk}/transcripts")

    def accepted(self, count: int) -> list[str]:
        """Order so many transcripts, return the ids; CourseError when one is refused."""
        ids = []
        for _ in range(count):
            answer = self.order()
            if answer.status_code != 202:
                raise CourseError(f"A transcript was refused: {answer.status_code}.")
            ids.append(answer.json()["id"])
        return ids

    def status(self, id: str) -> str:
        """Return what a job is: queued, running, done, failed, lost or unknown (for now).

        Done is only what has a result that is a PDF.
        """
        try:
            with self._client() as http:
                answer = http.get(f"/api/v2/jobs/{id}")
                if answer.status_code == 303:
                    result = http.get(answer.headers["Location"])
                    is_pdf = result.status_code == 200 and result.content.startswith(b"%PDF")
                    return "done" if is_pdf else "lost"
        except httpx.HTTPError:
            return "unknown"
        if answer.status_code in (404, 410):
            return "lost"
        return answer.json()["status"] if answer.status_code == 200 else "unknown"

    def _client(self) -> httpx.Client:
        http = client(self.url, timeout=10)
        http.headers.update(self.organiser.headers)
        return http


@dataclass
class JobTally:
    """How many jobs were accepted and what became of them; `took` is in seconds."""

    accepted: int = 0
    done: int = 0
    failed: int = 0
    lost: int = 0
    pending: int = 0
    took: float = field(default=0, compare=False)


def job_tally(statuses: Sequence[str]) -> JobTally:
    """Sum up what `Jobs.status` said; what is not over is pending."""
    result = JobTally(
        len(statuses), *(statuses.count(status) for status in ("done", "failed", "lost"))
    )
    result.pending = result.accepted - result.done - result.failed - result.lost
    return result


def jobs_settled(progress: Progress, jobs: Jobs, ids: Sequence[str], patience: float) -> JobTally:
    """Wait until all jobs are over, `patience` seconds at most, and say what became of them."""
    began = time.monotonic()
    over: dict[str, str] = {}

    def all_over() -> bool:
        for id in ids:
            # Lost is no last word: a step that comes back may find it again.
            if over.get(id) not in ("done", "failed"):
                over[id] = jobs.status(id)
        return all(over[id] in ("done", "failed") for id in ids)

    def shown() -> str:
        return f"{list(over.values()).count('done')} of {len(ids)} transcripts done"

    progress.wait(all_over, patience, shown)
    result = job_tally([over.get(id, "unknown") for id in ids])
    result.took = time.monotonic() - began
    return result


@contextmanager
def ordering(jobs: Jobs, in_flight: int) -> Iterator[list[float]]:
    """Order one transcript after the other, so many at a time; yields how long each took.

    CourseError at the end when one was refused or failed.
    """
    took: list[float] = []
    stop = threading.Event()

    def turn() -> None:
        while not stop.is_set():
            began = time.monotonic()
            id, status = jobs.accepted(1)[0], "queued"
            while status not in ("done", "failed") and time.monotonic() < began + TURN:
                if stop.wait(POLL):
                    return
                status = jobs.status(id)
            if status != "done":
                raise CourseError(
                    f"A transcript is {status} after {time.monotonic() - began:.0f} s."
                )
            took.append(time.monotonic() - began)

    with ThreadPoolExecutor(in_flight) as several:
        turns = [several.submit(turn) for _ in range(in_flight)]
        try:
            yield took
        finally:
            stop.set()
    for each in turns:
        each.result()
