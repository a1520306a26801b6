"""The load of `make bench`, as a Locust file: one request, over and over, on kept connections.

BENCH_PATH names the path, BENCH_STATUS the status expected, BENCH_ETAG a version to ask against.
"""

from __future__ import annotations

import os

from locust import FastHttpUser, task

PATH = os.environ["BENCH_PATH"]
STATUS = int(os.environ["BENCH_STATUS"])
ETAG = os.environ.get("BENCH_ETAG")
HEADERS = {"If-None-Match": ETAG} if ETAG else {}


class Reader(FastHttpUser):
    """Asks again as soon as it has the answer."""

    @task
    def read(self) -> None:
        """Ask once; any other status than the expected one is a failure."""
        with self.client.get(PATH, headers=HEADERS, catch_response=True, name="read") as answer:
            if answer.status_code == STATUS:
                answer.success()
            else:
                answer.failure(f"status {answer.status_code}")
