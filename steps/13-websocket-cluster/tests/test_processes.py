"""Several processes serve one application: what each has for itself, and what they share."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request

import pytest
from celery.signals import task_retry
from sqlalchemy import select, text

from podium import outages
from podium.extensions import db
from podium.models import Question, User, Vote
from podium.services import questions

GUNICORN = [sys.executable, "-m", "gunicorn", "podium:create_app()"]


@pytest.fixture
def gunicorn(app, server, until):
    """The address of a real server with two processes, on the database of this test."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {
        "PORT": str(port),
        "WEB_CONCURRENCY": "2",
        "DATABASE_URL": server["SQLALCHEMY_DATABASE_URI"],
        "REDIS_URL": server["REDIS_URL"],
        "PODIUM_PASSWORD_HASH": "scrypt:1024:8:1",
    }
    process = subprocess.Popen(GUNICORN, env=environment, start_new_session=True)
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: answers(url), lambda yes: yes, seconds=20)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)  # gunicorn itself waits 20 s for a process that does not end


def answers(url):
    try:
        return get(f"{url}/api/talks")
    except OSError:
        return None


def get(url, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        return json.load(answer)


def test_each_process_has_objects_of_its_own(gunicorn, until):
    seen = {}

    def look():
        me = get(f"{gunicorn}/whoami")
        seen.setdefault(me["pid"], []).append(me)
        return len(seen) == 2 and min(map(len, seen.values())) >= 2

    until(look, lambda enough: enough)
    for answers in seen.values():
        assert [me["requests"] for me in answers] == list(range(1, len(answers) + 1))
    one, other = seen.values()
    assert {me["backend"] for me in one}.isdisjoint(me["backend"] for me in other)
    shared = sorted(me["requests_of_all"] for me in one + other)
    assert shared == list(range(1, len(one + other) + 1))


def test_a_browser_sees_the_same_as_a_page(gunicorn):
    request = urllib.request.Request(f"{gunicorn}/whoami", headers={"Accept": "text/html"})
    with urllib.request.urlopen(request) as answer:
        assert "<h1>Process" in answer.read().decode()


def test_in_production_nobody_asks_whoami(app, client):
    app.config["WHOAMI"] = False
    assert client.get("/whoami").status_code == 404


def test_the_processes_count_people_together(gunicorn, until):
    pids = set()

    def visit(n):
        pids.add(get(f"{gunicorn}/whoami", Cookie=f"visitor=v{n % 10}")["pid"])
        return len(pids)

    for n in range(10):
        visit(n)
    until(lambda: visit(0), lambda count: count == 2)
    counts = {get(f"{gunicorn}/api/stats", Cookie="visitor=v1")["present"] for _ in range(10)}
    assert counts == {11}  # ten browsers, and whoever asked whether the server answers


def test_more_connections_than_the_database_has_are_refused_at_the_start():
    crowded = os.environ | {"WEB_CONCURRENCY": "20"}
    done = subprocess.run(GUNICORN, env=crowded, capture_output=True, text=True, timeout=20)
    assert done.returncode != 0 and "WEB_CONCURRENCY" in done.stderr


def test_voters_who_come_at_once_are_all_counted(app, client, log_in, ask):
    id = ask(log_in("asker"))["id"]
    with app.app_context():
        db.session.add_all(User(nickname=f"voter-{n}", password_hash="") for n in range(40))
        db.session.commit()
        voters = db.session.scalars(select(User.id).where(User.nickname.like("voter-%"))).all()

    def vote(user_id):
        with app.app_context():
            questions.vote(db.session.get(User, user_id), id)

    threads = [threading.Thread(target=vote, args=(voter,)) for voter in voters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        votes = db.session.scalars(select(Vote)).all()
        assert db.session.get(Question, id).score == len(votes) == 40


def test_a_process_that_hangs_in_a_transaction_loses_its_locks(app, client, log_in, ask):
    asker = log_in("asker")
    with app.app_context():
        hanging = db.engine.connect()
        hanging.execute(text("UPDATE talk SET version = version"))  # and then nothing more
    began = time.monotonic()
    assert ask(asker)["id"] and time.monotonic() - began < 5
    with pytest.raises(outages.DATABASE):
        hanging.execute(text("SELECT 1"))


def test_without_valkey_people_are_served_but_not_counted(client, log_in, valkey_away):
    asker = log_in("asker")
    valkey_away()
    assert client.get("/api/v2/talks/talk/questions", headers=asker).status_code == 200
    assert client.get("/talks/talk").status_code == 200
    for version in ("v1", "v2"):
        answer = client.get(f"/api/{version}/stats")
        assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0
        assert answer.json["status"] == 503


def test_without_valkey_each_process_limits_for_itself(app, client, log_in, server):
    app.config["TOKEN_RATE"] = "3/minute"
    valkey = app.extensions["rates"].storage.storage.connection_pool
    valkey.connection_kwargs["port"] = 1
    valkey.disconnect()
    statuses = [client.post("/api/tokens", auth=("guessed", f"{n}")).status_code for n in range(5)]
    assert statuses == [401] * 3 + [429] * 2


def test_a_database_that_is_away_is_503_and_comes_back(client, database_away):
    assert client.get("/api/talks").status_code == 200
    with database_away():
        for url in ("/api/talks", "/api/v2/talks", "/talks/talk"):
            answer = client.get(url)
            assert answer.status_code == 503 and answer.headers["Retry-After"]
    assert client.get("/api/talks").status_code == 200


def test_a_task_waits_for_a_database_that_is_away(
    client, worker, log_in, pages, until, database_away
):
    tried_again = threading.Event()
    task_retry.connect(lambda **_: tried_again.set(), weak=False)
    source = {"source": f"See {pages('<title>At last</title>')}"}
    url = client.post("/api/v2/talks/talk/questions", json=source, headers=log_in("asker")).headers[
        "Location"
    ]
    until(lambda: pages.asked, lambda asked: asked == 1)
    with database_away():
        pages.open()
        assert tried_again.wait(10)
    until(lambda: client.get(url).json["previews"], lambda previews: previews.get("items"))


@pytest.mark.parametrize("path", ["/talks/a%00b", "/api/talks/%00", "/api/users/a%00"])
def test_a_null_byte_is_not_found(client, path):
    assert client.get(path).status_code == 404
    assert client.post("/api/tokens", auth=("a\0b", "x")).status_code == 401


def test_a_database_that_goes_away_behind_an_answer_does_not_spoil_it(app):
    with app.app_context():
        assert db.session.scalar(select(Question.id)) is None
        backend = db.session.scalar(text("SELECT pg_backend_pid()"))
        with db.engine.begin() as another:
            another.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": backend})
    with app.app_context():
        assert db.session.scalar(select(Question.id)) is None
