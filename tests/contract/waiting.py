"""Clients that wait for news of a talk, each in a thread."""

import threading
import time
from dataclasses import dataclass

import httpx

from tests.podium_api import wait_until

LONG = 25  # seconds: the most that a client may wait
AT_ONCE = 10  # seconds, on a busy machine; far less than LONG
NOT_YET = 0.5  # seconds after which somebody without an answer can be said to wait
HEARS_WITHIN = 20  # seconds


@dataclass
class News:
    """An answer to somebody who waited, and how many seconds they did."""

    answer: httpx.Response
    seconds: float

    @property
    def ids(self):
        assert self.answer.status_code == 200, f"{self.answer.status_code} {self.answer.text[:300]}"
        return [item["id"] for item in self.answer.json()["items"]]


class Hall:
    """Waits for news of a talk; `pool` has a thread for each who waits."""

    def __init__(self, feed, pool):
        self.feed, self.pool = feed, pool
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        # A client's connections are no more than its threads; the tests' own has too few.
        self.http = httpx.Client(
            base_url=feed.podium.url, timeout=LONG + 15, trust_env=False, limits=limits
        )

    def ask(self, after, wait=LONG, **headers):
        """Ask for what comes after a cursor; returns when it has come, or the time is up."""
        began = time.monotonic()
        params = {"after": after, "wait": wait, "limit": 100}
        answer = self.http.get(self.feed.path, params=params, headers=headers)
        return News(answer, time.monotonic() - began)

    def begin(self, count=1, after=None, wait=LONG, **headers):
        """Let so many begin to wait; return their News as futures when it is sure that they do."""
        after = after or self.feed.end()
        waiting = [self.pool.submit(self.ask, after, wait, **headers) for _ in range(count)]
        began = time.monotonic()
        wait_until(
            lambda: time.monotonic() - began > NOT_YET or any(each.done() for each in waiting),
            "time stands still",
        )
        assert_wait(waiting)
        return waiting


def assert_wait(waiting):
    """Assert that none of some futures has its answer."""
    early = [each.result() for each in waiting if each.done()]
    assert early == [], f"{len(early)} of {len(waiting)} do not wait: {early[:2]}"


class Follower:
    """Follows a talk's list from a cursor on, waiting for news, and keeps what it was told."""

    def __init__(self, hall, after, wait=5):
        self.hall, self.after, self.wait = hall, after, wait
        self.told, self.refused = [], []
        self.stop = threading.Event()

    def run(self):
        """Follow until told to stop; what it asks for last is answered first."""
        while not self.stop.is_set():
            answer = self.hall.ask(self.after, self.wait).answer
            if answer.status_code == 200:
                page = answer.json()
                self.told += [item["id"] for item in page["items"]]
                self.after = page["next"]
            elif answer.status_code != 304:
                self.refused.append(answer.status_code)
            # As the page does: where it is sent home early, it does not come back at once.
            self.stop.wait(0.1)

    def missed(self, ids):
        """Return which of some questions it was never told of."""
        return sorted(set(ids) - set(self.told))


def assert_all_heard(followers, ids, seconds=HEARS_WITHIN):
    """Assert that every follower hears of all these questions and is never refused."""

    def missed():
        return {id for each in followers for id in each.missed(ids)}

    wait_until(lambda: not missed(), "somebody misses something", seconds)
    refused = [status for each in followers for status in each.refused]
    assert refused == [], f"{len(refused)} requests were refused: {refused[:5]}"
