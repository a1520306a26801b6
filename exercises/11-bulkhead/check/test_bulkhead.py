"""Lets threads compete for a bulkhead, then a crowd for the running step 11."""

import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.podium_api import wait_until

CALLS = 3


class Contest:
    """Threads that want a place in a bulkhead, and how it went."""

    def __init__(self, calls, patience=5):
        from podium.bulkhead import Bulkhead
        from podium.services.errors import Busy

        self.busy = Busy
        self.bulkhead = Bulkhead(calls, patience)
        self.served, self.refused = [], []
        self.inside = self.most = 0
        self.go_on = threading.Event()
        self.threads = []
        self._counting = threading.Lock()

    def enter(self, name):
        """Let one more thread ask for a place; return when it is in, waits, or was refused."""
        thread = threading.Thread(target=self._enter, args=(name,), daemon=True)
        thread.start()
        self.threads.append(thread)
        wait_until(
            lambda: name in [*self.served, *self.refused] or waits(thread),
            f"{name} neither gets a place nor waits for one",
        )

    def _enter(self, name):
        try:
            with self.bulkhead.place():
                with self._counting:
                    self.served.append(name)
                    self.inside += 1
                    self.most = max(self.most, self.inside)
                self.go_on.wait(8)
                with self._counting:
                    self.inside -= 1
        except self.busy:
            self.refused.append(name)

    def end(self):
        self.go_on.set()
        for thread in self.threads:
            thread.join(8)
        stuck = sum(thread.is_alive() for thread in self.threads)
        assert not stuck, f"{stuck} still wait although every place is free"


def waits(thread, looks=5):
    """Whether a thread stands still, and not in this file."""
    places = set()
    for _ in range(looks):
        frame = sys._current_frames().get(thread.ident)
        if frame is None:
            return False
        places.add((frame.f_code, frame.f_lasti))
        time.sleep(0.005)
    return len(places) == 1 and frame.f_code.co_filename != __file__


@pytest.fixture
def contest():
    made = []

    def contest(*arguments):
        made.append(Contest(*arguments))
        return made[-1]

    yield contest
    for each in made:
        each.go_on.set()


def test_there_are_never_more_than_so_many(contest):
    crowd = contest(CALLS)
    for n in range(10):
        crowd.enter(n)
    crowd.end()
    assert crowd.most <= CALLS, (
        f"there are {crowd.most} calls at the same time where {CALLS} are allowed"
    )
    assert crowd.most == CALLS, f"only {crowd.most} of {CALLS} places are ever used"
    assert len(crowd.served) == 10, f"only {len(crowd.served)} of 10 were served in the end"


def test_who_waits_is_served_in_turn(contest):
    crowd = contest(1)
    for n in range(6):
        crowd.enter(n)
    crowd.end()
    assert crowd.served == list(range(6)), f"they came as 0 to 5 and were served as {crowd.served}"


def test_nobody_overtakes_who_waits(contest):
    crowd, order = contest(1), []

    def ask(name):
        with crowd.bulkhead.place():
            order.append(name)

    with crowd.bulkhead.place():
        waiting = threading.Thread(target=ask, args=("who waits",), daemon=True)
        waiting.start()
        wait_until(lambda: waits(waiting) or order, "a second call neither waits nor passes")
    # The place was free for less than a moment, and this asks in the same breath.
    ask("who comes")
    waiting.join(8)
    assert order == ["who waits", "who comes"], f"the order was {order}"


def test_patience_ends(contest):
    crowd = contest(1, 0.2)
    crowd.enter("first")
    crowd.enter("second")
    wait_until(lambda: crowd.refused, "who waits in vain waits for ever", 4)
    assert crowd.refused == ["second"], f"refused were {crowd.refused}"
    crowd.end()


def test_who_gave_up_takes_no_place_along(contest):
    crowd = contest(1, 0.2)
    crowd.enter("first")
    crowd.enter("second")
    wait_until(lambda: crowd.refused, "who waits in vain waits for ever", 4)
    crowd.end()
    crowd.enter("third")
    wait_until(lambda: "third" in crowd.served, "nobody gets the place any more", 4)


def test_a_failed_call_gives_its_place_back(contest):
    crowd = contest(1, 0.2)
    for _ in range(2):
        try:
            with crowd.bulkhead.place():
                raise RuntimeError("the site is gone")
        except RuntimeError:
            pass
        except crowd.busy:
            raise AssertionError("after a call that failed its place is taken") from None


class Site(ThreadingHTTPServer):
    """A web site that takes its time, and counts who is there at the same time."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Page)
        self.now = self.most = 0
        self.counting = threading.Lock()


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        site = self.server
        with site.counting:
            site.now += 1
            site.most = max(site.most, site.now)
        # What a slow site does; nothing here waits for it.
        threading.Event().wait(0.3)
        with site.counting:
            site.now -= 1
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>A slow page</title>")

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def site():
    with Site() as site:
        threading.Thread(target=site.serve_forever, args=(0.05,), daemon=True).start()
        yield site
        site.shutdown()


@pytest.fixture(scope="session")
def running(stage, site):
    """Two hosts of one process each."""
    return stage.start(
        WEB_CONCURRENCY="1",
        UPSTREAM_CALLS=str(CALLS),
        UPSTREAM_PATIENCE="1",
        PREVIEW_ALLOW_HOSTS=f"127.0.0.1:{site.server_port}",
    )


def test_a_crowd_does_not_pull_down_the_site_nor_us(podium, site):
    somebody = podium.register()
    url = f"http://127.0.0.1:{site.server_port}/"

    def look_up(n):
        return somebody.get("/api/v2/lookup", params={"url": f"{url}{n}"})

    with ThreadPoolExecutor(60) as pool:
        answers = list(pool.map(look_up, range(60)))
    statuses = Counter(answer.status_code for answer in answers)
    assert site.most <= 2 * CALLS, (
        f"the site had {site.most} calls at once, of 2 processes with {CALLS} each"
    )
    assert set(statuses) <= {200, 503} and statuses[200], f"the answers were {dict(statuses)}"
    refused = [answer for answer in answers if answer.status_code == 503]
    assert refused, "nobody was told to come back later, although 60 came for 6 places"
    assert refused[0].headers.get("Retry-After"), "a refusal does not say when to come back"
    status = look_up("later").status_code
    assert status == 200, f"after the crowd has gone a call is answered {status}"
