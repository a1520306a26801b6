"""From step 11 on: who has seen everything may wait for news, and hears of it as it happens."""

import base64
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from crowd import WINDOW, stats
from feed import Feed
from jobs import organiser_of
from test_api_versions import is_problem
from test_web_hosts import HOSTS, served_by
from waiting import AT_ONCE, HEARS_WITHIN, LONG, Follower, Hall, assert_all_heard

from course.deploy import hosts, rolling_restart
from tests.podium_api import PREVIEWS_ARRIVE_WITHIN, unique, wait_until

pytestmark = pytest.mark.since(11)

QUIET = 2  # the number of a talk to which few other tests write
MANY = 200
DRAINED_WITHIN = 15  # seconds: less than somebody may wait


@pytest.fixture(scope="module")
def pool():
    with ThreadPoolExecutor(MANY + 20) as pool:
        yield pool


@pytest.fixture(scope="module")
def feed(podium):
    return Feed(podium, podium.talks[QUIET]["slug"])


@pytest.fixture(scope="module")
def hall(feed, pool):
    hall = Hall(feed, pool)
    yield hall
    hall.http.close()


@pytest.fixture
def own_hall(own, pool):
    """A hall on a server of our own, whose hosts may be killed."""
    hall = Hall(Feed(own, own.talks[QUIET]["slug"]), pool)
    yield hall
    hall.http.close()
    wait_until(lambda: own.http.get("/readyz").status_code == 200, "no host is ready", 20)


@pytest.fixture
def followers(own_hall):
    """Ten who follow the list, and end with the test."""
    after = own_hall.feed.end()
    followers = [Follower(own_hall, after, LONG) for _ in range(10)]
    running = [own_hall.pool.submit(each.run) for each in followers]
    yield followers
    for each in followers:
        each.stop.set()
    own_hall.feed.ask()  # the news for which they wait
    for each in running:
        each.result(LONG + 15)


def path_of(question):
    return f"/api/v2/questions/{question['id']}"


def test_what_is_new_already_is_answered_at_once(hall):
    end = hall.feed.end()
    question = hall.feed.ask()
    news = hall.ask(end)
    assert news.ids == [question["id"]]
    assert news.seconds < AT_ONCE
    assert news.answer.json() == hall.feed.read(end).json()
    assert news.answer.headers["ETag"] == hall.feed.read(end).headers["ETag"]


def test_without_a_cursor_everything_is_new(hall):
    answer = hall.http.get(hall.feed.path, params={"wait": LONG})
    assert answer.json() == hall.feed.read().json()
    assert answer.elapsed.total_seconds() < AT_ONCE


@pytest.mark.parametrize(
    "change", ["a post", "a vote", "a vote taken back", "an edit", "an answer", "a deletion"]
)
def test_who_waits_hears_what_happens_as_it_happens(podium, hall, bob, change):
    author, organiser = podium.author(), organiser_of(podium, QUIET)
    question = hall.feed.ask(author)
    if change == "a vote taken back":
        bob.vote(question)
    changes = {
        "a post": lambda: hall.feed.ask(author)["id"],
        "a vote": lambda: bob.vote(question),
        "a vote taken back": lambda: bob.unvote(question),
        "an edit": lambda: author.put(path_of(question), json={"source": f"{unique()}?"}),
        "an answer": lambda: organiser.put(f"{path_of(question)}/answered"),
        "a deletion": lambda: author.delete(path_of(question)),
    }
    (waiting,) = hall.begin()
    answer = changes[change]()
    news = waiting.result(HEARS_WITHIN)
    assert news.ids == [answer if change == "a post" else question["id"]]


def test_a_preview_that_arrives_is_news(podium, hall):
    after, statuses = hall.feed.end(), []
    question = hall.feed.ask(source=f"Does {podium.slow_site_url}/page/3?delay=1.2 arrive?")

    def arrived():
        nonlocal after
        news = hall.ask(after)
        after = news.answer.json()["next"]
        assert set(news.ids) == {question["id"]}
        statuses.extend(item["previews"]["status"] for item in news.answer.json()["items"])
        return statuses[-1] == "done"

    wait_until(arrived, f"only told of {statuses}", PREVIEWS_ARRIVE_WITHIN, every=0)


def test_news_come_from_each_host_to_each_host(podium, hall):
    """Who waits at one host hears what was posted at the other."""
    seen = set()

    def everywhere():
        waiting = hall.begin(6)
        body = {"source": f"{unique()}?"}
        posted = podium.author().post(hall.feed.path, json=body)
        for each in waiting:
            news = each.result(HEARS_WITHIN)
            assert news.ids == [posted.json()["id"]]
            seen.add((posted.headers["X-Served-By"], news.answer.headers["X-Served-By"]))
        return len(seen) == 4

    wait_until(everywhere, f"only seen from and to: {seen}", 30, every=0)


def test_another_talk_wakes_nobody(podium, hall):
    (waiting,) = hall.begin(wait=3)
    podium.ask("Elsewhere?", talk=podium.side_talk)
    news = waiting.result(HEARS_WITHIN)
    assert news.answer.status_code == 304
    assert news.seconds > 2.9


@pytest.mark.parametrize("seconds", [1, 2])
def test_where_nothing_happens_the_answer_is_304_when_the_time_is_up(hall, seconds):
    end = hall.feed.end()
    news = hall.ask(end, seconds)
    assert (news.answer.status_code, news.answer.content) == (304, b"")
    assert news.answer.headers["ETag"] == hall.feed.read(end).headers["ETag"]
    assert seconds - 0.1 < news.seconds < seconds + AT_ONCE


def test_who_does_not_wait_is_answered_as_before(hall):
    end = hall.feed.end()
    before = hall.feed.read(end)
    for headers in ({}, {"If-None-Match": before.headers["ETag"]}):
        news = hall.ask(end, 0, **headers)
        assert news.answer.status_code == (304 if headers else 200)
        assert news.answer.headers["ETag"] == before.headers["ETag"]
        assert headers or news.answer.json() == {"items": [], "next": end, "more": False}


@pytest.mark.parametrize("wait", ["-1", "26", "x", "1.5", "", "9" * 30, "٣", "%00"])
def test_a_wait_that_is_none_is_refused_by_name(hall, wait):
    answer = hall.http.get(f"{hall.feed.path}?wait={wait}&after={hall.feed.end()}")
    assert is_problem(answer, 400, field="wait")


def test_nobody_waits_for_a_talk_that_is_none(hall):
    answer = hall.http.get(f"/api/v2/talks/nothing/questions?wait={LONG}")
    assert is_problem(answer, 404)
    assert answer.elapsed.total_seconds() < AT_ONCE


def test_nobody_waits_with_a_cursor_that_is_none(podium, hall):
    text = f"{2**62}:{hall.feed.talk}"  # further than the list, as after a loss of data
    future = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    foreign = Feed(podium, podium.side_talk).end()
    for after in ("x", "", foreign, future):
        news = hall.ask(after)
        assert is_problem(news.answer, 400, field="after")
        assert news.seconds < AT_ONCE


def test_many_who_wait_hear_the_same_and_nobody_waits_for_them(podium, hall):
    waiting = hall.begin(MANY)
    for path in ("/api/talks", hall.feed.path, f"/talks/{podium.talk}"):
        began = time.monotonic()
        assert podium.http.get(path).status_code == 200
        assert time.monotonic() - began < AT_ONCE
    question = hall.feed.ask()
    answers = [each.result(HEARS_WITHIN) for each in waiting]
    assert {tuple(news.ids) for news in answers} == {(question["id"],)}
    assert {news.answer.headers["X-Served-By"] for news in answers} == HOSTS


def test_who_waits_is_present_all_the_while(own, own_hall):
    wait_until(lambda: stats(own)["present"] <= 1, "the hall is not empty", WINDOW + 5)
    (waiting,) = own_hall.begin(Cookie=f"visitor={unique()}")
    began, seen = time.monotonic(), []

    def longer_than_others_are_remembered():
        seen.append(stats(own)["present"])
        return time.monotonic() - began > WINDOW + 2

    wait_until(longer_than_others_are_remembered, "time stands still", LONG, every=0.5)
    assert not waiting.done(), waiting.result()
    assert set(seen) == {2}, "one who waits, and us"
    own_hall.feed.ask()
    waiting.result(HEARS_WITHIN)


def test_who_follows_through_a_storm_misses_nothing(podium, hall):
    end = hall.feed.end()
    followers = [Follower(hall, end) for _ in range(5)]
    running = [hall.pool.submit(each.run) for each in followers]
    people = [podium.register() for _ in range(4)]

    def post(person):
        return [hall.feed.ask(person)["id"] for _ in range(15)]

    posted = [id for ids in hall.pool.map(post, people) for id in ids]
    assert len(set(posted)) == 60
    assert_all_heard(followers, posted)
    for each in followers:
        each.stop.set()
    for each in running:
        each.result(HEARS_WITHIN)
    final = hall.feed.ids_after(end)
    assert all(set(final) == set(each.told) for each in followers)


def test_when_a_host_is_killed_who_waited_there_goes_on_waiting_and_misses_nothing(own, own_hall):
    running = own.server.running
    waiting = own_hall.begin(20)
    running.kill("host-a")
    try:
        question = own_hall.feed.ask()
        answers = [each.result(HEARS_WITHIN) for each in waiting]
    finally:
        running.start("host-a")
    assert {tuple(news.ids) for news in answers} == {(question["id"],)}
    assert {news.answer.headers["X-Served-By"] for news in answers} == {"host-b"}
    wait_until(lambda: served_by(own) == "host-a", "host-a does not come back", 20)


def test_a_rolling_restart_waits_for_nobody_who_waits_and_nobody_is_refused(
    own, own_hall, followers
):
    posted, steps = [own_hall.feed.ask()["id"]], []
    assert_all_heard(followers, posted)

    def say(line):
        steps.append((line, time.monotonic()))
        posted.append(own_hall.feed.ask()["id"])

    rolling_restart(own.server.running, say)
    assert_all_heard(followers, posted)
    took = {line: ended - began for (line, began), (_, ended) in pairwise(steps)}
    drained = [seconds for line, seconds in took.items() if "finishes what it has" in line]
    assert len(drained) == len(hosts(own.server.running.step)), took
    assert max(drained) < DRAINED_WITHIN, took
    assert max(took.values()) < LONG, took
