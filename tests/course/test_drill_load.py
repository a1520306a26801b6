"""The load of the drills: what it counts as failed and as sent again, and what it says of itself.

The servers are tiny and real, each with one fault.
"""

import contextlib
import http.server
import json
import math
import threading
import time
from collections import Counter
from urllib.parse import parse_qs, urlsplit

import pytest

from course.drills import throughput
from course.drills.load import Load, bottleneck, percentile, problems, times
from course.drills.plan import Effort, Record, Stream
from course.drills.report import counts
from course.errors import CourseError
from course.processes import wait_until


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers 200 to GET and 201 to POST; `fault` may do something else, and then returns true."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.read()
        if not self.server.fault(self):
            self.answer(200, b"{}")

    def do_POST(self):
        self.read()
        if not self.server.fault(self):
            self.answer(201, b'{"id": 7}')

    def read(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.server.counting:
            self.server.seen.append((self.command, self.headers["Idempotency-Key"], self.body))
            self.number = len(self.server.seen)

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def hang_up(self):
        self.close_connection = True
        return True

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024


@contextlib.contextmanager
def serving(fault=lambda handler: False):
    server = Server(("127.0.0.1", 0), Handler)
    server.fault, server.seen, server.counting = fault, [], threading.Lock()
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def load(server, *streams, seconds=None):
    with Load(server.url, *streams, seconds=seconds) as load:
        assert wait_until(lambda: not load.running, 60), "the load does not end"
    return load


def record(**values):
    usual = {"stream": "read", "key": "k", "due": 0, "late": 0, "seconds": 0.1, "status": 200}
    return Record(**usual | {"ok": values.get("status", 200) == 200} | values)


def posts(**options):
    return Stream("post", "/", method="POST", body={"a": "{key}"}, expect=[201], **options)


def test_a_percentile_is_one_of_the_values():
    values = [float(n) for n in range(1, 101)]
    assert percentile(values, 95) == 95
    assert percentile(values, 50) == 50
    assert percentile([3.0], 95) == 3
    assert percentile([1.0, 2.0, 9.0], 95) == 9


def test_of_nothing_there_is_no_percentile():
    assert math.isnan(percentile([], 95))


def test_what_failed_has_no_part_in_the_times():
    slow = record(seconds=5, status=500)
    assert times([record(seconds=0.2), slow]) == [0.2]


def test_every_request_of_a_total_is_sent_once():
    with serving() as server:
        done = load(server, posts(users=3, total=20))
        assert len(server.seen) == 20
    assert counts(done.records) == {"sent": 20, "failed": 0, "retried": 0}
    assert [one.id for one in done.records] == [7] * 20
    sent = Counter(json.loads(body)["a"] for _, _, body in server.seen)
    assert sent == Counter(one.key for one in done.records)


def test_of_a_total_each_client_sends_its_share_however_slow_the_others_are():
    asked = Counter()

    def slow_for_one(handler):
        token = handler.headers["Authorization"]
        asked[token] += 1
        if token == "Bearer slow":
            # The other one has the time to send too many.
            wait_until(lambda: asked["Bearer quick"] > 2, 0.5)
        return False

    with serving(slow_for_one) as server:
        load(server, posts(tokens=["quick", "slow"], users=2, total=4))
    assert asked == {"Bearer quick": 2, "Bearer slow": 2}


def test_a_server_that_fails_now_and_then_is_found_out():
    def every_third(handler):
        if handler.number % 3 == 0:
            handler.answer(500)
            return True

    with serving(every_third) as server:
        done = load(server, Stream("read", "/", users=2, total=30))
    assert counts(done.records) == {"sent": 30, "failed": 10, "retried": 0}
    assert problems(done.records) == "10 x status 500"


def test_a_post_without_an_answer_is_sent_again_under_its_key():
    with serving(lambda handler: handler.number <= 2 and handler.hang_up()) as server:
        done = load(server, posts(total=1, keyed=True, retries=2))
    assert counts(done.records) == {"sent": 1, "failed": 0, "retried": 2}
    assert [key for _, key, _ in server.seen] == [done.records[0].key] * 3


def test_a_post_is_given_up_after_its_retries():
    with serving(Handler.hang_up) as server:
        done = load(server, posts(total=1, keyed=True, retries=2))
        assert len(server.seen) == 3
    assert counts(done.records) == {"sent": 1, "failed": 1, "retried": 2}


def test_a_read_without_an_answer_is_not_sent_again_by_anybody():
    with serving(lambda handler: handler.number == 2 and handler.hang_up()) as server:
        done = load(server, Stream("read", "/", total=3))
        assert len(server.seen) == 3
    assert counts(done.records) == {"sent": 3, "failed": 1, "retried": 0}


def test_an_answer_that_is_an_error_is_not_asked_for_again():
    with serving(lambda handler: handler.answer(503, Retry_After="7") or True) as server:
        done = load(server, posts(total=1, keyed=True, retries=2))
        assert len(server.seen) == 1
    assert [(one.status, one.retry_after, one.ok) for one in done.records] == [(503, "7", False)]


def test_who_never_answers_fails_in_time():
    release = threading.Event()
    with serving(lambda handler: release.wait(60) and handler.hang_up()) as server:
        done = load(server, Stream("read", "/", total=1, timeout=0.3))
        release.set()
    assert problems(done.records) == "1 x no answer within 0.3 s"
    assert 0.3 <= done.records[0].seconds < Stream("read", "/").timeout


def test_arrivals_do_not_wait_for_answers():
    release = threading.Event()
    with (
        serving(lambda handler: release.wait(60) and None) as server,
        Load(server.url, Stream("read", "/", rate=50, timeout=60)) as running,
    ):
        assert wait_until(lambda: len(server.seen) >= 10, 20), "they wait for the first answer"
        release.set()
    assert not problems(running.records)
    # Counted from when they were due: the first waited for all others to arrive.
    assert max(times(running.records)) > 8 / 50


def test_a_poll_asks_with_the_version_that_it_has():
    def version(handler):
        same = handler.headers["If-None-Match"] == '"4"'
        handler.answer(304 if same else 200, ETag='"4"')
        return True

    with serving(version) as server:
        done = load(server, Stream("poll", "/", total=4, conditional=True, expect=[200, 304]))
    assert [one.status for one in done.records] == [200, 304, 304, 304]


QUESTIONS = [f"Drill {n:016x}: what?" for n in range(3)]


def list_after(handler):
    """A talk's list with one more question for each cursor; at its end, one waits."""
    query = parse_qs(urlsplit(handler.path).query)
    after = int(query["after"][0])
    if after == len(QUESTIONS):
        handler.server.over.wait(20)
        return handler.hang_up()
    part = {"items": [{"source": QUESTIONS[after]}], "next": str(after + 1), "more": False}
    handler.answer(200, json.dumps(part).encode())
    return True


def follow(server, stream, enough):
    """Let clients follow until there are so many records; the load, and how long its end took."""
    server.over, pass_time = threading.Event(), threading.Event()
    with Load(server.url, stream) as load:
        while len(load.records) < enough:
            assert load.running
            pass_time.wait(0.02)
        began = time.monotonic()
        load.stop()
    server.over.set()
    return load, time.monotonic() - began


def following(**options):
    return Stream("follow", "/", wait=20, after="0", **options)


def test_a_follower_asks_for_what_came_after_its_cursor():
    with serving(list_after) as server:
        done, _ = follow(server, following(users=2), 6)
    for user in range(2):
        mine = [one for one in done.records if one.user == user]
        assert [one.heard for one in mine] == [[f"{n:016x}"] for n in range(3)]


def test_nobody_awaits_a_follower_that_waits_at_the_end():
    with serving(list_after) as server:
        done, took = follow(server, following(), 3)
    assert took < 10
    assert not problems(done.records)


def test_a_follower_that_is_told_nonsense_has_failed():
    with serving() as server:
        done, _ = follow(server, following(every=0.05), 2)
    assert "x the answer is no part of a list" in problems(done.records)


def test_each_client_has_its_number_in_its_headers():
    seen = set()
    with serving(lambda handler: seen.add(handler.headers["Cookie"])) as server:
        load(server, Stream("read", "/", users=3, total=9, headers={"Cookie": "visitor={user}"}))
    assert seen == {"visitor=0", "visitor=1", "visitor=2"}


def test_a_generator_that_cannot_keep_up_makes_the_run_invalid():
    with serving() as server:
        done = load(server, Stream("read", "/", rate=100_000), seconds=0.3)
    assert "the load generator" in bottleneck(done)


def test_a_generator_that_has_time_is_no_bottleneck():
    idle = Load("http://127.0.0.1:1", Stream("read", "/", rate=20))
    idle.effort = Effort(cpu=0.2, wall=1)
    idle.records = [record(late=0.01)] * 20
    assert bottleneck(idle) is None


def test_a_generator_that_is_busy_is_the_bottleneck():
    busy = Load("http://127.0.0.1:1", Stream("read", "/"))
    busy.effort = Effort(cpu=0.9, wall=1)
    assert bottleneck(busy) == "the load generator was the bottleneck: it used 90% of a core"


def test_requests_that_are_sent_late_make_the_run_invalid():
    late = Load("http://127.0.0.1:1", Stream("read", "/", rate=10))
    late.effort = Effort(cpu=0.1, wall=1)
    late.records = [record(late=0.5), *(record() for _ in range(9))]
    assert "1 of 10 requests were sent more than 0.1 s late" in bottleneck(late)


def test_a_generator_that_dies_is_an_error():
    broken = Stream("read", "/", users="three")
    with pytest.raises(CourseError, match="generator failed"), Load("http://127.0.0.1:1", broken):
        pass


@pytest.mark.parametrize("how", [{"users": 2}, {"rate": 1000}])
def test_a_request_of_which_there_is_no_record_is_an_error(how):
    broken = posts(headers={"X-Nothing": None}, total=300, **how)
    with serving() as server, pytest.raises(CourseError, match="AttributeError"):
        load(server, broken)


WRK = "Running 1s test\nRequests/sec:   1234.56\nTransfer/sec:      1.20MB\n"


def test_the_rate_of_wrk_is_read():
    assert throughput.wrk_rate(WRK) == 1234.56


@pytest.mark.parametrize(
    "error",
    ["  Socket errors: connect 0, read 3, write 0, timeout 0", "  Non-2xx or 3xx responses: 7"],
)
def test_a_rate_with_errors_is_no_rate(error):
    assert throughput.wrk_rate(f"{error}\n{WRK}") is None


@pytest.mark.parametrize(
    ("requests", "failures", "rate"), [(9, 0, 3.0), (9, 1, None), (0, 0, None)]
)
def test_the_rate_of_locust_counts_only_without_failures(tmp_path, requests, failures, rate):
    file = tmp_path / "stats.csv"
    head = "Name,Request Count,Failure Count,Requests/s"
    file.write_text(f"{head}\nread,9,0,3\nAggregated,{requests},{failures},3.0\n")
    assert throughput.locust_rate(file) == rate


def test_without_a_table_locust_has_no_rate(tmp_path):
    assert throughput.locust_rate(tmp_path / "none.csv") is None
