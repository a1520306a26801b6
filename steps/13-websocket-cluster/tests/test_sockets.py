"""Push: who hears what and when, who may send what, and that nobody harms the others."""

import json
import re
import time
from contextlib import suppress
from unittest.mock import Mock

import pytest
import redis
from sqlalchemy.exc import OperationalError
from websocket import WebSocketBadStatusException
from wire import CLOSED, Wire

from podium.extensions import db, news
from podium.models import User
from podium.services import feed, jobs, users
from podium.sockets.halls import Hall, Halls
from podium.sockets.visitors import Visitors

VOTE = {"question": 1, "vote": True}


@pytest.fixture
def url(serve):
    return serve()


def token_of(headers):
    return headers["Authorization"].removeprefix("Bearer ")


@pytest.fixture
def connect(url):
    """Connect, as a guest, with the headers of a log-in, or with a cookie."""
    wires = []

    def connect(headers=None):
        headers = headers or {}
        auth = {"token": token_of(headers)} if "Authorization" in headers else None
        wires.append(Wire(url, auth, cookie=headers.get("Cookie")))
        return wires[-1]

    yield connect
    for wire in wires:
        wire.close()


@pytest.fixture
def watch(connect):
    """Connect and join the talk."""

    def watch(headers=None, after=None):
        wire = connect(headers)
        assert wire.emit("join", {"talk": "talk", "after": after}) == {"status": 200}
        return wire

    return watch


def sources(event):
    return [item["source"] for item in event["items"]]


def scores_of(event):
    return [(item["id"], item.get("score")) for item in event["items"]]


def test_who_joins_gets_what_is_there_and_then_what_happens(watch, ask, log_in):
    asker = log_in("asker")
    ask(asker, "Before?")
    wire = watch()
    assert sources(wire.hear("question")) == ["Before?"]
    ask(asker, "After?")
    assert sources(wire.hear("question")) == ["After?"]


def test_who_comes_back_gets_what_they_have_missed_and_nothing_twice(watch, ask, log_in):
    asker = log_in("asker")
    ask(asker, "Before?")
    wire = watch()
    cursor = wire.hear("question")["next"]
    wire.close()
    ask(asker, "Meanwhile?")
    wire = watch(after=cursor)
    assert sources(wire.hear("question")) == ["Meanwhile?"]


def test_who_comes_back_at_once_does_not_get_what_was_there_before(watch, ask, log_in):
    asker = log_in("asker")
    wire = watch()
    assert sources(wire.hear("question")) == []
    wire.close()
    ask(asker, "Meanwhile?")
    wire = watch()
    while "Meanwhile?" not in sources(wire.hear("question")):
        pass


@pytest.mark.parametrize("knows", [False, True], ids=["knows nothing", "knows it"])
def test_who_joins_between_a_change_and_its_news_is_told_once(
    app, client, watch, ask, log_in, monkeypatch, knows
):
    asker = log_in("asker")
    ask(asker, "First?")
    here = watch()
    before = here.hear("question")["next"]
    with monkeypatch.context() as silence:
        silence.setattr(news, "publish", lambda **message: None)
        id = ask(asker, "Which news?")["id"]
    after = client.get("/api/v2/talks/talk/questions").get_json()["next"]
    late = watch(after=after if knows else before)
    with app.app_context():
        version = feed.changes("talk", 0, 1).version
        news.publish(talk=1, question=id, kind="question", version=version)
    for wire, told in ((here, ["Which news?"]), (late, [] if knows else ["Which news?"])):
        heard = []
        while event := wire.hear("question", seconds=1):
            heard += sources(event)
        assert heard == told


def test_what_a_join_that_failed_could_not_push_is_pushed_later(app, ask, log_in, monkeypatch):
    ask(log_in("asker"))
    monkeypatch.setattr(Visitors, "is_here", lambda visitors: True)
    with app.app_context():
        halls, (id, version) = Halls(app), feed.look("talk", 0)
        halls[id] = hall = Hall("talk", version - 1)
        hall.kinds[1].add("question")
        away = OperationalError("SELECT 1", {}, Exception("the database is away"))
        monkeypatch.setattr(feed, "changes", Mock(side_effect=away))
        with pytest.raises(OperationalError):
            halls.enter("talk", version)
        assert hall.due() is not None and halls.news.is_set()


def test_whatever_happens_news_are_pushed_again(app, monkeypatch):
    """The database may hang up on us even while we say that we are done."""

    class Over(BaseException):
        """The end of the test."""

    away = OperationalError("ROLLBACK", {}, Exception("the server closed the connection"))
    halls = Halls(app)
    halls.push = Mock(side_effect=[away, None, RuntimeError("what is that?"), None, Over])
    halls.news.set()
    monkeypatch.setattr("podium.sockets.halls.AGAIN_AFTER", 0)
    monkeypatch.setattr(db.session, "remove", Mock(side_effect=[None, away, None, away, None]))
    with pytest.raises(Over):
        halls.run()
    assert halls.push.call_count == 5


def test_nobody_keeps_a_connection_while_everybody_is_told(app, ask, log_in, monkeypatch):
    ask(log_in("asker"))
    kept = []

    def tell(*_, **__):
        kept.append(db.engine.pool.checkedout())

    monkeypatch.setattr("podium.sockets.halls.socketio.emit", tell)
    with app.app_context():
        Hall("talk", 0).push()
    assert kept == [0]


def test_who_waits_to_come_in_keeps_nobody_from_hearing_news(app, monkeypatch):
    """More may come at once than there are connections; who is here is told all the same."""
    kept = []

    def missed(*_):
        kept.append((db.engine.pool.checkedout(), halls.lock.locked()))

    monkeypatch.setattr(Visitors, "is_here", lambda visitors: not kept)
    monkeypatch.setattr(feed, "changes_in", missed)
    monkeypatch.setattr(Hall, "tell", lambda *_: None)
    with app.app_context():
        halls = Halls(app)
        halls.running = True
        halls.enter("talk", 0)
    assert kept == [(0, False)]


def test_a_hall_is_not_given_up_while_somebody_comes_in(app, monkeypatch):
    monkeypatch.setattr(Visitors, "is_here", lambda visitors: True)
    monkeypatch.setattr("podium.sockets.halls.join_room", lambda slug: None)
    with app.app_context():
        halls, (id, version) = Halls(app), feed.look("talk", 0)
        halls.running = True

        def news_meanwhile(*_):
            halls.push()
            return Mock(questions=[], next=version)

        monkeypatch.setattr(feed, "changes_in", news_meanwhile)
        monkeypatch.setattr(Hall, "tell", lambda hall, page: page.next)
        halls.enter("talk", 0)
        assert id in halls
        halls.push()
        assert id not in halls


def test_a_long_list_comes_in_parts_and_each_but_the_last_says_so(app, watch, ask, log_in):
    app.config["QUESTION_RATE"] = "1000/minute"
    asker = log_in("asker")
    for _ in range(101):
        ask(asker)
    wire = watch()
    parts = [wire.hear("question") for _ in range(2)]
    assert [(len(part["items"]), part["more"]) for part in parts] == [(100, True), (1, False)]


def test_votes_are_gathered(app, watch, client, ask, log_in):
    ids = [ask(log_in("asker"))["id"] for _ in range(2)]
    voters = [log_in(f"voter-{n}") for n in range(12)]
    wire = watch()
    wire.hear("question")
    began = time.monotonic()
    for voter in voters:
        for id in ids:
            client.put(f"/api/questions/{id}/vote", headers=voter)
    events, scores = [], {}
    while scores != dict.fromkeys(ids, 12):
        event = wire.hear("votes")
        events.append(event)
        scores |= {item["id"]: item["score"] for item in event["items"]}
    assert len(events) <= 2 + (time.monotonic() - began) / 0.25
    assert "next" in events[-1]


def test_a_question_does_not_wait_for_votes_and_no_vote_is_lost(watch, client, ask, log_in):
    """While votes wait to be sent, the cursor is one from before them."""
    asker, voter = log_in("asker"), log_in("voter")
    first = ask(asker, "First?")["id"]
    wire = watch()
    wire.hear("question")
    for number in range(3):
        client.put(f"/api/questions/{first}/vote", headers=voter)
        ask(asker, f"Next {number}?")
        event = wire.hear("question")
        while sources(event)[-1] != f"Next {number}?":  # one who joined was quicker than the news
            event = wire.hear("question")
        again = watch(after=event.get("next"))
        scores = {item["id"]: item["score"] for item in again.hear("question")["items"]}
        told = wire.hear("votes", seconds=1) or {"items": []}
        scores |= {item["id"]: item["score"] for item in told["items"]}
        assert scores.get(first, 1) == 1
        client.delete(f"/api/questions/{first}/vote", headers=voter)
        while (first, 0) not in scores_of(wire.hear("votes", "question")):
            pass


def test_an_edit_a_mark_and_a_deletion_are_pushed(app, watch, client, ask, log_in):
    asker = log_in("asker")
    id = ask(asker)["id"]
    wire = watch()
    wire.hear("question")
    client.put(f"/api/questions/{id}", json={"source": "Better?"}, headers=asker)
    assert sources(wire.hear("question")) == ["Better?"]
    client.delete(f"/api/questions/{id}", headers=asker)
    assert wire.hear("question")["items"] == [{"id": id, "deleted": True}]


def test_what_nobody_heard_of_is_pushed_when_the_subscription_is_back(server, watch, ask, log_in):
    asker, wire = log_in("asker"), watch()
    wire.hear("question")
    with redis.Redis.from_url(server["REDIS_URL"]) as valkey:
        ours = str(valkey.get_connection_kwargs()["db"])
        for client in valkey.client_list(_type="pubsub"):
            if client["db"] == ours:
                valkey.client_kill_filter(_id=client["id"])
    ask(asker, "Is anybody listening?")
    assert sources(wire.hear("question")) == ["Is anybody listening?"]


def test_nobody_hears_of_another_talk(app, watch, connect, ask, log_in):
    wire = connect()
    ask(log_in("asker"), "Who hears that?")
    assert wire.hear("question", seconds=1) is None


def test_a_job_is_told_to_who_ordered_it_and_to_nobody_else(app, connect, log_in):
    with app.app_context():
        owner = db.session.get(User, 1)
        token, _ = users.issue_token(owner)
    wire, other = connect({"Authorization": f"Bearer {token}"}), connect(log_in("other"))
    with app.app_context():
        job = jobs.start(db.session.get(User, 1), "make_transcript", 1)
        jobs.end(job.id, result=b"%PDF-")
    assert wire.hear("job") == {"id": job.id, "status": "done"}
    assert other.hear("job", seconds=1) is None


def test_who_is_connected_is_present_and_who_leaves_is_not(watch):
    def expect(count):
        while one.hear("presence", seconds=20)["present"] != count:
            pass

    one = watch(headers={"Cookie": "visitor=one"})
    others = [watch(headers={"Cookie": f"visitor={n}"}) for n in range(3)]
    expect(4)
    for other in others:
        other.close()
    expect(1)


def test_guests_watch_and_do_nothing(connect):
    guest = connect()
    assert guest.emit("ask", {"talk": "talk", "source": "?"})["status"] == 401
    assert guest.emit("vote", {"question": 1, "vote": True})["status"] == 401


def test_people_ask_and_vote_and_the_acknowledgement_says_what_came_of_it(
    watch, client, ask, log_in
):
    id = ask(log_in("asker"))["id"]
    wire = watch(log_in("voter"))
    answer = wire.emit("ask", {"talk": "talk", "source": "Heard?"})
    assert answer["status"] == 201 and answer["question"]["author"] == "voter"
    for vote, score in ((True, 1), (True, 1), (False, 0)):
        assert wire.emit("vote", {"question": id, "vote": vote}) == {"status": 204}
        assert client.get(f"/api/questions/{id}").json["score"] == score


WRONG = [
    ("ask", [{"talk": "talk"}], 400),
    ("ask", [{"talk": "talk", "source": "x" * 2001}], 400),
    ("ask", [{"talk": "none", "source": "?"}], 404),
    ("ask", [{"talk": "talk", "source": "?"}, 2], 400),
    ("ask", [], 400),
    ("ask", [None], 400),
    ("vote", [{"question": "1", "vote": True}], 400),
    ("vote", [{"question": 10**12, "vote": True}], 400),
    ("vote", [{"question": 99, "vote": True}], 404),
    ("join", [{"talk": "none"}], 404),
    ("join", [{"talk": "talk", "after": "x"}], 400),
    ("leave", [{}], 400),
    ("no such event", [{}], 404),
]


def test_what_is_wrong_is_acknowledged_as_the_api_answers_it(connect, log_in):
    voter = log_in("voter")
    for event, data, status in WRONG:
        wire = connect(voter)
        answer = wire.emit(event, *data)
        assert answer["status"] == status and answer["detail"] and answer["title"], (event, data)
        assert wire.emit("leave", {"talk": "talk"}) == {"status": 200}


def test_a_limit_is_that_of_the_api(app, connect, log_in, serve):
    wire = Wire(serve(PODIUM_QUESTION_RATE="2/minute"), {"token": token_of(log_in("asker"))})
    answers = [wire.emit("ask", {"talk": "talk", "source": "?"}) for _ in range(3)]
    assert [answer["status"] for answer in answers] == [201, 201, 429]
    assert answers[-1]["retry_after"] >= 1


def test_who_proves_nothing_is_refused(url):
    for auth in ({"token": "guessed"}, {"token": 5}, {"who": "me"}, [1], "token"):
        wire = Wire(url, auth)
        assert wire.answer.startswith("44{"), auth
        refusal = json.loads(wire.answer[2:])
        assert refusal["message"] and refusal["data"]["status"] in (400, 401), auth


def test_the_session_of_a_browser_is_as_good_as_a_token(app, client, connect, log_in):
    log_in("ada")
    page = client.get("/login").text
    csrf = re.search('name="csrf_token" value="([^"]+)"', page)[1]
    form = {"nickname": "ada", "password": "correct horse", "csrf_token": csrf}
    client.post("/login", data=form)
    cookie = client.get_cookie("session").value
    wire = connect(headers={"Cookie": f"session={cookie}"})
    assert wire.emit("ask", {"talk": "talk", "source": "?"})["question"]["author"] == "ada"


def test_a_token_that_is_revoked_closes_its_sockets_and_no_others(client, watch, log_in):
    ada, other = log_in("ada"), log_in("other")
    socket, theirs = watch(ada), watch(other)
    assert client.delete("/api/tokens", headers=ada).status_code == 204
    assert socket.is_closed()
    assert theirs.emit("leave", {"talk": "talk"}) == {"status": 200}


def test_another_site_cannot_connect(url):
    with pytest.raises(WebSocketBadStatusException, match="400"):
        Wire(url, origin="https://elsewhere.example")


MALFORMED = """
    x 9 4 4x 42 42[] 42{} 42[ 42[1] 42[[1]] 43 43[1] 451-[1] 45x 42/other,[1] 40 41 44 5 6 421[null]
    42["connect"] 420["disconnect",{}]
""".split()


def test_what_is_no_protocol_harms_nobody_else(app, watch, connect, ask, log_in, tmp_path):
    app.config["QUESTION_RATE"] = "1000/minute"
    other, asker = watch(), log_in("asker")
    other.hear("question")
    for frame in ["", *MALFORMED, "42" + "[" * 20_000, b"", b"\x00\xff"]:
        connect().send(frame)
        ask(asker, "Well?")
        assert sources(other.hear("question")) == ["Well?"], frame
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_who_is_gone_again_before_they_are_let_in_harms_nobody(url, watch, log_in, tmp_path):
    token = {"token": token_of(log_in("hasty"))}
    for _ in range(20):
        hasty = Wire(url, say_hello=False)
        hasty.send(f"40{json.dumps(token)}")
        hasty.close()
        hasty = Wire(url, token)
        hasty.send('42["join",{"talk":"talk"}]')
        hasty.close()
    assert watch().emit("leave", {"talk": "talk"}) == {"status": 200}
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_events_before_the_connect_are_not_heard(url, watch, ask, log_in):
    early, other = Wire(url, say_hello=False), watch()
    other.hear("question")
    early.send('420["join",{"talk":"talk"}]')
    ask(log_in("asker"), "Well?")
    assert sources(other.hear("question"))
    assert early.read(1) is None


def test_what_is_too_large_is_not_even_read(watch):
    other = watch()
    for size in (100_000, 1_000_000, 20_000_000):
        wire = watch()
        with suppress(*CLOSED):
            wire.send(f'42["ask",{{"talk":"talk","source":"{"x" * size}"}}]')
        assert wire.is_closed(), size
        assert other.emit("leave", {"talk": "talk"}) == {"status": 200}


def test_a_flood_is_cut_off_and_the_others_are_served(watch, ask, log_in):
    flooder, other = watch(), watch()
    other.hear("question")
    with suppress(*CLOSED):
        for n in range(10_000):
            flooder.send(f'42{n}["vote",{{"question":1,"vote":true}}]')
    began = time.monotonic()
    ask(log_in("asker"), "Still there?")
    assert sources(other.hear("question")) == ["Still there?"]
    assert time.monotonic() - began < 5
    assert flooder.is_closed()
