"""Who waits for news gets them at once, costs nothing meanwhile, and is never left waiting."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from sqlalchemy import event

from podium.extensions import db, news, shared
from podium.models import Question, Talk
from podium.news import channel
from podium.services.feed import touch
from podium.shared import POOL

LIST = "/api/v2/talks/talk/questions"


@pytest.fixture
def asker(log_in):
    return log_in("asker")


@pytest.fixture
def cursor(client):
    return client.get(LIST).json["next"]


@pytest.fixture
def pool():
    with ThreadPoolExecutor(30) as pool:
        yield pool


@pytest.fixture
def wait(app, pool, until, cursor):
    """Begin to wait for news; the answer as a future."""
    listener = app.extensions["news"]

    def wait(seconds=20, after=cursor):
        waiting = len(listener.waiting[1])
        query = {"after": after, "wait": seconds}
        answer = pool.submit(app.test_client().get, LIST, query_string=query)
        until(lambda: answer.done() or len(listener.waiting[1]), lambda now: now > waiting)
        return answer

    return wait


@pytest.fixture
def queries(app):
    """The statements that have been sent to the database."""
    statements = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    return statements


def sources(answer):
    return [item["source"] for item in answer.result(10).json["items"]]


def test_what_is_new_already_is_answered_at_once(client, asker, ask, cursor):
    ask(asker, "Now?")
    answer = client.get(LIST, query_string={"after": cursor, "wait": 20})
    assert [item["source"] for item in answer.json["items"]] == ["Now?"]


def test_who_waits_hears_what_happens(wait, asker, ask):
    answer = wait()
    assert not answer.done()
    ask(asker, "Then?")
    assert sources(answer) == ["Then?"]


def test_where_nothing_happens_the_answer_is_304(client, cursor):
    began = time.monotonic()
    answer = client.get(LIST, query_string={"after": cursor, "wait": 1})
    assert answer.status_code == 304
    assert 1 <= time.monotonic() - began < 5


def test_another_talk_wakes_nobody(app, wait, asker, ask):
    with app.app_context():
        organiser_id = db.session.query(Talk).one().organiser_id
        other = Talk(slug="other", title="", speaker="", description="", organiser_id=organiser_id)
        question = Question(talk=other, author_id=organiser_id, source="", html="")
        db.session.add_all([other, question])
        db.session.flush()
        answer = wait()
        touch(question)
        db.session.commit()
    ask(asker, "Here?")
    assert sources(answer) == ["Here?"]


def test_who_waits_holds_no_connection_and_asks_nothing(app, wait, queries, asker, ask):
    answers = [wait() for _ in range(20)]
    asked = len(queries)
    assert asked <= 20
    with app.app_context():
        assert db.engine.pool.checkedout() == 0
    ask(asker, "And then?")
    assert {tuple(sources(answer)) for answer in answers} == {("And then?",)}
    woken = [each for each in queries[asked:] if "LEFT OUTER JOIN preview" in each]
    assert len(woken) == 1, "the same was asked once for each of them"


def test_nobody_hears_of_what_was_not_committed(app, server, asker, ask):
    valkey = redis.Redis.from_url(server["REDIS_URL"])
    with valkey, valkey.pubsub() as heard:
        heard.subscribe(channel(valkey))
        assert heard.get_message(timeout=5)["type"] == "subscribe"
        id = ask(asker)["id"]
        with app.app_context():
            question = db.session.get(Question, id)
            touch(question)
            db.session.rollback()
            version = question.talk.version
            db.session.commit()
        ask(asker)
        said = [json.loads(heard.get_message(timeout=5)["data"]) for _ in range(2)]
        assert [(each["talk"], each["version"]) for each in said] == [
            (1, version),
            (1, version + 1),
        ]


def test_who_is_told_finds_it_in_the_database(app, asker, ask, monkeypatch):
    found = []

    def look(version, **_):
        with db.engine.connect() as other:
            found.append(other.exec_driver_sql("SELECT version FROM talk").scalar() == version)

    monkeypatch.setattr(news, "publish", look)
    ask(asker)
    assert found == [True]


def test_a_cursor_that_is_none_is_refused_at_once(client, cursor):
    for query in ({"after": "x", "wait": 20}, {"after": cursor, "wait": 26}, {"wait": -1}):
        assert client.get(LIST, query_string=query).status_code == 400
    assert client.get("/api/v2/talks/none/questions?wait=20").status_code == 404


def test_who_waits_is_present(app, client, wait):
    wait(seconds=2)
    valkey = app.extensions["shared"]
    assert max(score for _, score in valkey.zrange("present", 0, -1, withscores=True)) > time.time()


def test_without_valkey_nobody_is_left_waiting(app, client, cursor):
    app.extensions["news"].client = redis.Redis(port=1)
    answer = client.get(LIST, query_string={"after": cursor, "wait": 20})
    assert answer.status_code == 304


def test_who_waits_is_sent_home_when_the_subscription_breaks_and_it_comes_back(
    app, server, wait, until, asker, ask
):
    answer = wait()
    with redis.Redis.from_url(server["REDIS_URL"]) as valkey:
        for client in valkey.client_list(_type="pubsub"):
            if client["db"] == str(valkey.connection_pool.connection_kwargs["db"]):
                valkey.client_kill_filter(_id=client["id"])
    assert answer.result(10).status_code == 304
    until(lambda: app.extensions["news"].hears.is_set(), bool)
    answer = wait()
    ask(asker, "Again?")
    assert sources(answer) == ["Again?"]


def test_who_waits_is_sent_home_when_the_host_is_about_to_stop_and_not_if_it_stays(
    app, wait, until, asker, ask, tmp_path
):
    app.config["DRAIN_FILE"] = str(tmp_path / "draining")
    answer = wait()
    (tmp_path / "draining").touch()
    assert answer.result(10).status_code == 304
    (tmp_path / "draining").unlink()
    until(lambda: app.extensions["news"].hears.is_set(), bool)
    answer = wait()
    ask(asker, "Still there?")
    assert sources(answer) == ["Still there?"]


def test_many_changes_at_once_leave_nobody_behind(app, wait, asker, client):
    """Each reader follows its cursor through a storm of posts and ends with all of them."""
    app.config["QUESTION_RATE"] = "1000/minute"
    seen = [set() for _ in range(5)]
    done = threading.Event()

    def read(mine):
        after, reader = None, app.test_client()
        while not done.is_set() or len(mine) < 30:
            page = reader.get(LIST, query_string={"wait": 1} | ({"after": after} if after else {}))
            if page.status_code == 200:
                mine.update(item["id"] for item in page.json["items"])
                after = page.json["next"]

    with ThreadPoolExecutor(5) as readers:
        results = [readers.submit(read, mine) for mine in seen]
        for n in range(30):
            client.post(LIST, json={"source": f"{n}?"}, headers=asker)
        done.set()
        for result in results:
            result.result(20)
    assert all(len(mine) == 30 for mine in seen)


def test_what_cannot_be_said_now_is_said_later(app, wait, asker, ask):
    answer = wait()
    shared.again_at = time.monotonic() + 0.5
    ask(asker, "Who hears that?")
    assert sources(answer) == ["Who hears that?"]


def test_more_at_once_than_there_are_connections_wait_for_one(app):
    def ask_slowly(number):
        with app.app_context():
            return shared.do(lambda valkey: valkey.blpop("nothing", 0.05))

    with ThreadPoolExecutor(150) as many:
        assert set(many.map(ask_slowly, range(150))) == {None}
    valkey = app.extensions["shared"]
    ours = str(valkey.get_connection_kwargs()["db"])
    served = [each for each in valkey.client_list() if (each["db"], each["cmd"]) == (ours, "blpop")]
    assert len(served) <= POOL["max_connections"]
