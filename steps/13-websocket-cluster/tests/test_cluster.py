"""Several servers are one to those who are connected, and workers and commands reach them all."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from wire import Wire

from podium import queue
from podium.extensions import db, presence, shared
from podium.models import User
from podium.presence import LEAVING, SECONDS
from podium.services import jobs, users


@pytest.fixture
def urls(serve):
    return [serve(), serve()]


@pytest.fixture
def watch(urls):
    """Connect to a server and join the talk."""
    wires = []

    def watch(url, auth=None, talk="talk"):
        wires.append(Wire(url, auth))
        assert wires[-1].emit("join", {"talk": talk}) == {"status": 200}
        return wires[-1]

    yield watch
    for wire in wires:
        wire.close()


@pytest.fixture
def everywhere(urls, watch, until, server):
    """Somebody at each server, both of which listen to the message queue by now."""
    wires = [watch(url) for url in urls]
    with redis.Redis.from_url(server["REDIS_URL"]) as valkey:
        queue = f"events:{valkey.get_connection_kwargs()['db']}"
        until(lambda: valkey.pubsub_numsub(queue)[0][1], lambda servers: servers == 2)
    for wire in wires:
        wire.hear("question")
    return wires


def test_what_happens_is_pushed_by_each_server_once(everywhere, ask, log_in):
    ask(log_in("asker"), "Everywhere?")
    for wire in everywhere:
        assert [item["source"] for item in wire.hear("question")["items"]] == ["Everywhere?"]
        assert wire.hear("question", seconds=1) is None


def test_a_worker_tells_who_ordered_the_job_wherever_they_are(app, urls, watch, everywhere):
    with app.app_context():
        token, _ = users.issue_token(db.session.get(User, 1))
        owners = [watch(url, {"token": token}) for url in urls]
        job = jobs.start(db.session.get(User, 1), "make_transcript", 1)
        jobs.end(job.id, result=b"%PDF-")
    for owner in owners:
        assert owner.hear("job") == {"id": job.id, "status": "done"}
        assert owner.hear("job", seconds=1) is None
    for other in everywhere:
        assert other.hear("job", seconds=0.1) is None


def test_a_job_goes_on_while_nobody_knows_how_far_it_is(app, monkeypatch):
    def away(id):
        raise redis.ConnectionError

    with app.app_context():
        job = jobs.start(db.session.get(User, 1), "make_transcript", 1)
        monkeypatch.setattr(queue, "look_up", away)
        jobs.push(job.id)
        jobs.end(job.id, result=b"%PDF-")
        assert jobs.result(db.session.get(User, 1), job.id) == b"%PDF-"


def announce(app, *arguments):
    return app.test_cli_runner().invoke(args=["announce", *arguments])


def test_an_announcement_reaches_everybody_and_who_watches_a_talk(app, urls, watch, everywhere):
    result = announce(app, "Coffee is ready.")
    assert result.exit_code == 0 and result.output.endswith(": 2\n"), result.output
    for wire in everywhere:
        assert wire.hear("announcement") == {"text": "Coffee is ready."}
    elsewhere = Wire(urls[0])
    assert announce(app, "Here only.", "--talk", "talk").exit_code == 0
    for wire in everywhere:
        assert wire.hear("announcement") == {"text": "Here only."}
    assert elsewhere.hear("announcement", seconds=0.5) is None
    elsewhere.close()


@pytest.mark.parametrize(
    "arguments", [[], ["x" * 201], ["Hello", "--talk", "none"], ["Hello", "there"]]
)
def test_an_announcement_that_will_not_do_says_why(app, arguments):
    result = announce(app, *arguments)
    assert result.exit_code == 2 and "Error: " in result.output
    assert "Traceback" not in result.output


def test_an_announcement_that_nobody_can_hear_is_an_error(app, valkey_away, database_away):
    with database_away():
        result = announce(app, "Hello?", "--talk", "talk")
    assert result.exit_code == 2 and "does not answer" in result.output
    valkey_away()
    result = announce(app, "Hello?")
    assert result.exit_code == 2 and "does not answer" in result.output


def test_who_leaves_one_server_is_counted_while_another_says_that_they_are_there(app):
    with app.test_request_context():
        presence.seen(["moves", "leaves"])
        presence.gone("moves")
        presence.gone("leaves")
        presence.gone("never came")
        presence.seen(["moves"])
        seen = shared.do(lambda valkey: dict(valkey.zrange("present", 0, -1, withscores=True)))
    assert seen.keys() == {"moves", "leaves"}
    assert seen["leaves"] < time.time() - SECONDS + LEAVING <= seen["moves"]


def test_a_server_that_is_to_stop_sends_its_clients_away_little_by_little(serve, tmp_path):
    drains = tmp_path / "draining"
    url = serve(PODIUM_DRAIN_FILE=str(drains))
    wires = [Wire(url) for _ in range(20)]

    def end(wire):
        assert wire.is_closed()
        return time.monotonic()

    with ThreadPoolExecutor(len(wires)) as pool:
        ends = [pool.submit(end, wire) for wire in wires]
        drains.touch()
        ends = sorted(each.result() for each in ends)
    assert ends[-1] - ends[0] > 0.1
