"""The guards themselves: each is broken on purpose and has to notice."""

import socket
from concurrent.futures import Future

import httpx
import pytest
from guards import Decoy, faults_in_fragment, faults_in_page, traceback_in
from jobs import follow
from outages import Watcher
from test_api_versions import is_problem
from test_web_hosts import is_replay
from test_web_processes import assert_only_503
from waiting import Follower, News, assert_all_heard, assert_wait

from tests.podium_api import is_error, wait_until


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<p onclick=alert(1)>x</p>",
        "<img src=x>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href="java&#9;script:alert(1)">x</a>',
        '<a href=" &#1;JAVASCRIPT:alert(1)">x</a>',
        '<a href="data:text/html,x">x</a>',
        "<p style=color:red>x</p>",
        "<p id=questions>x</p>",
        "<svg/onload=alert(1)>",
        "<!-- x -->",
        "<!doctype html>",
        "<![CDATA[x]]>",
        "<?xml?>",
        "<form></form>",
        "<scr<b>ipt>",
    ],
)
def test_what_acts_in_a_fragment_is_found(html):
    assert faults_in_fragment(f"<p>Fine.</p>{html}")


def test_what_does_not_act_in_a_fragment_is_left_in_peace():
    html = (
        '<p><em>a</em> &lt;script&gt; <a href="https://example.com/?a&amp;b" rel="nofollow">b</a>'
    )
    assert faults_in_fragment(html + "<pre><code>c</code></pre>") == []


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<script type=module>alert(1)</script>",
        "<script src=//192.0.2.1/x.js></script>",
        "<script src=data:,alert(1)></script>",
        "<body onload=alert(1)>",
        "<a href=javascript:alert(1)>x</a>",
        "<button formaction=javascript:alert(1)>x</button>",
        "<iframe></iframe>",
        "<base href=/>",
        "<p style=color:red>",
    ],
)
def test_what_acts_on_a_page_is_found(html):
    assert faults_in_page(f"<!doctype html><p>Fine.</p>{html}")


def test_what_a_page_needs_is_left_in_peace():
    html = (
        "<!doctype html><script type=module src=/static/talk.js></script>"
        '<script type="application/json">{"talk": 1}</script><a href="/talks/x">x</a>'
    )
    assert faults_in_page(html) == []


@pytest.mark.parametrize(
    "log",
    [
        "GET / 200\nTraceback (most recent call last):\n  File x\nValueError: y\nGET / 200\n",
        "  + Exception Group Traceback (most recent call last):\n  |   File x\n",
    ],
)
def test_a_traceback_in_a_log_is_found(log):
    assert "Traceback" in traceback_in(log)


def test_a_log_without_a_traceback_is_left_in_peace():
    assert traceback_in("GET /?q=Traceback 200\nno preview of http://x: ValueError('y')\n") == ""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f000001"])
def test_the_decoy_notices_who_connects(host):
    decoy = Decoy()
    with socket.create_connection((host, decoy.port), timeout=5) as client:
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert b"<title>Secret</title>" in client.recv(4096) + client.recv(4096)
    assert decoy.connections == 1
    decoy.close()


@pytest.mark.parametrize(
    "status,headers,body",
    [
        (400, {}, {"status": 400, "reason": "x"}),
        (404, {"Content-Type": "text/html"}, {"status": 404, "reason": "x"}),
        (404, {}, {"status": 400, "reason": "x"}),
        (404, {}, {"status": 404, "reason": ""}),
        (404, {}, {"status": 404, "reason": "x", "traceback": "y"}),
        (404, {}, {"status": 404}),
    ],
)
def test_an_error_that_is_not_as_promised_is_found(status, headers, body):
    answer = httpx.Response(status, json=body)
    answer.headers.update(headers)
    with pytest.raises((AssertionError, KeyError)):
        is_error(answer, 404)


def test_an_error_without_the_header_it_needs_is_found():
    for status in (401, 405):
        with pytest.raises(KeyError):
            is_error(httpx.Response(status, json={"status": status, "reason": "x"}), status)


PROBLEM = {"type": "about:blank", "title": "x", "status": 404, "detail": "y"}
PROBLEM_TYPE = {"Content-Type": "application/problem+json"}


@pytest.mark.parametrize(
    "status,headers,body",
    [
        (400, PROBLEM_TYPE, PROBLEM),
        (404, {}, PROBLEM),
        (404, PROBLEM_TYPE, PROBLEM | {"status": 400}),
        (404, PROBLEM_TYPE, PROBLEM | {"reason": "z"}),
        (404, PROBLEM_TYPE, {"status": 404, "reason": "x"}),
    ],
)
def test_a_problem_that_is_not_as_promised_is_found(status, headers, body):
    assert is_problem(httpx.Response(404, json=PROBLEM, headers=PROBLEM_TYPE), 404)
    with pytest.raises(AssertionError):
        is_problem(httpx.Response(status, json=body, headers=headers), 404)


def test_what_does_not_happen_in_time_is_told():
    numbers = iter(range(100))
    assert wait_until(lambda: next(numbers) > 3, "it does not count", 5, every=0)
    with pytest.raises(AssertionError, match="it does not come"):
        wait_until(lambda: None, "it does not come", 0.02, every=0.001)


class Person:
    """Somebody for whom every GET is answered with the next of some answers, the last for ever."""

    def __init__(self, *answers):
        self.answers = [httpx.Response(status, json=body) for status, body in answers]

    def get(self, _path):
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def test_a_job_is_followed_to_its_end_and_one_that_has_none_is_found():
    queued, running = (200, {"status": "queued"}), (200, {"status": "running"})
    for end in ((303, {}), (410, {}), (200, {"status": "failed"})):
        answers = follow(Person(queued, running, end), "/jobs/x", every=0)
        assert [answer.status_code for answer in answers] == [200, 200, end[0]]
    with pytest.raises(AssertionError, match="is not finished"):
        follow(Person(queued, running), "/jobs/x", every=0, seconds=0.02)


def test_a_change_that_comes_twice_is_seen_twice():
    watcher = Watcher.__new__(Watcher)
    watcher.changes = [
        {"id": id, "previews": {"status": status}}
        for id, status in ((1, "pending"), (2, "pending"), (1, "done"), (1, "done"))
    ]
    assert watcher.statuses(1) == ["pending", "done", "done"]
    assert watcher.statuses(3) == []
    with pytest.raises(AssertionError, match="does not arrive"):
        watcher.wait_for({"id": 2, "source": "?"}, 0.02)
    watcher._error = ValueError("the list does not end")
    with pytest.raises(AssertionError, match="nobody watches"):
        watcher.wait_for({"id": 2, "source": "?"}, 0.02)


REPLAY = {"Location": "/questions/1", "Idempotent-Replayed": "true"}


@pytest.mark.parametrize(
    "status,headers,body",
    [
        (201, REPLAY | {"Idempotent-Replayed": "false"}, b"{}"),
        (201, {"Location": "/questions/1"}, b"{}"),
        (201, REPLAY | {"Location": "/questions/2"}, b"{}"),
        (201, REPLAY | {"Content-Type": "text/html"}, b"{}"),
        (200, REPLAY, b"{}"),
        (201, REPLAY, b"{} "),
    ],
)
def test_an_answer_that_is_not_the_one_before_is_found(status, headers, body):
    kind = {"Content-Type": "application/json"}
    first = httpx.Response(201, headers=kind | {"Location": "/questions/1"}, content=b"{}")
    assert is_replay(httpx.Response(201, headers=kind | REPLAY, content=b"{}"), first)
    with pytest.raises(AssertionError):
        is_replay(httpx.Response(status, headers=kind | headers, content=body), first)


def refusal(path="/api/talks", status=503, body=None, **headers):
    request = httpx.Request("GET", f"http://192.0.2.1{path}")
    body = {"status": 503, "reason": "Away."} if body is None else body
    return httpx.Response(status, headers=headers, json=body, request=request)


def test_an_outage_that_is_answered_as_promised_is_left_in_peace():
    well = [("call", refusal(**{"Retry-After": "2"})), ("health", refusal(status=200))]
    assert_only_503(well, {"call"})
    assert_only_503(well[1:], set())


@pytest.mark.parametrize(
    "answer",
    [
        refusal(),
        refusal(**{"Retry-After": "0"}),
        refusal(status=500, **{"Retry-After": "2"}),
        refusal(status=200, **{"Retry-After": "2"}),
        refusal(body={"error": "x"}, **{"Retry-After": "2"}),
        refusal("/api/v2/talks", **{"Retry-After": "2"}),
        refusal("/talks/x", **{"Retry-After": "2"}),
    ],
)
def test_an_outage_that_is_not_answered_as_promised_is_found(answer):
    with pytest.raises((AssertionError, KeyError)):
        assert_only_503([("call", answer)], {"call"})


def test_an_outage_where_nothing_may_fail_or_nothing_was_asked_is_found():
    for status in (500, 502, 503):
        with pytest.raises(AssertionError):
            assert_only_503([("call", refusal(status=status))], set())
    with pytest.raises(AssertionError):
        assert_only_503([], {"call"})


def future(result=None):
    future = Future()
    if result:
        future.set_result(result)
    return future


def test_who_was_answered_does_not_wait():
    assert_wait([future(), future()])
    with pytest.raises(AssertionError, match="1 of 2 do not wait"):
        assert_wait([future(), future(News(httpx.Response(304), 0.1))])


def test_an_answer_without_news_has_none():
    answer = httpx.Response(200, json={"items": [{"id": 3}, {"id": 5, "deleted": True}]})
    assert News(answer, 0.1).ids == [3, 5]
    for status in (304, 400, 503):
        with pytest.raises(AssertionError):
            _ = News(httpx.Response(status), 0.1).ids


class Hall:
    """Answers whoever waits with the next of some answers, and then tells them to stop."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def ask(self, after, wait):
        status, ids = self.answers.pop(0)
        if not self.answers:
            self.follower.stop.set()
        page = {"items": [{"id": id} for id in ids], "next": f"{after}+"}
        return News(httpx.Response(status, json=page), 0.1)

    def followed(self):
        self.follower = Follower(self, "0")
        self.follower.run()
        return self.follower


def test_a_follower_that_misses_something_or_is_refused_is_found():
    well = Hall((200, [1]), (304, []), (200, [2, 3])).followed()
    assert (well.told, well.after) == ([1, 2, 3], "0++")
    assert_all_heard([well], [1, 3], 0.02)
    behind = Hall((200, [1]), (200, [3])).followed()
    with pytest.raises(AssertionError, match="misses something"):
        assert_all_heard([well, behind], [1, 2, 3], 0.02)
    refused = Hall((200, [1]), (503, [])).followed()
    with pytest.raises(AssertionError, match=r"1 requests were refused: \[503\]"):
        assert_all_heard([well, refused], [1], 0.02)
