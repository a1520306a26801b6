"""Each test builds an application of its own on a database of its own, so they can run at once.

The broker is a real one, at REDIS_URL; each process of
the tests empties and uses a database of its own there.
"""

import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from celery.contrib.testing.worker import start_worker
from redis import Redis

from podium import create_app
from podium.config import Testing
from podium.extensions import db
from podium.models import Talk, User


@pytest.fixture
def redis_url(worker_id):
    if "REDIS_URL" not in os.environ:
        pytest.fail("These tests need a Valkey or Redis server: set REDIS_URL.")
    server = os.environ["REDIS_URL"].rpartition("/")[0]
    url = f"{server}/{int(worker_id.removeprefix('gw')) + 1 if worker_id != 'master' else 1}"
    with Redis.from_url(url) as redis:
        redis.flushdb()
    return url


@pytest.fixture
def app(tmp_path, redis_url):
    database = f"sqlite:///{tmp_path}/test.db"
    app = create_app(Testing, SQLALCHEMY_DATABASE_URI=database, REDIS_URL=redis_url)
    with app.app_context():
        db.create_all()
        talk = Talk(slug="talk", title="A talk", speaker="Sol", description="About it.")
        talk.organiser = User(nickname="organiser", password_hash="")
        db.session.add(talk)
        db.session.commit()
    return app


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def log_in(client):
    """Register and log in: the headers that prove it."""

    def log_in(nickname):
        client.post("/api/users", json={"nickname": nickname, "password": "correct horse"})
        answer = client.post("/api/tokens", auth=(nickname, "correct horse"))
        return {"Authorization": f"Bearer {answer.json['token']}"}

    return log_in


@pytest.fixture
def ask(client):
    """Post a question: its JSON."""

    def ask(headers, source="Why?"):
        body = {"talk": "talk", "source": source}
        return client.post("/api/questions", json=body, headers=headers).json

    return ask


@pytest.fixture
def until():
    """Ask until the answer is as wanted, and return it."""

    def until(ask, wanted, seconds=10):
        deadline = time.monotonic() + seconds
        while not wanted(answer := ask()):
            assert time.monotonic() < deadline, answer
            time.sleep(0.01)
        return answer

    return until


@pytest.fixture
def worker(app):
    """A worker that runs all tasks, in a thread of the test."""
    celery = app.extensions["celery"]
    celery.conf.task_default_queue = "upkeep"
    queues = ["previews", "transcripts", "upkeep"]
    options = {"perform_ping_check": False, "queues": queues, "shutdown_timeout": 30}
    with start_worker(celery, pool="threads", concurrency=2, **options) as worker:
        yield worker


class Pages(ThreadingHTTPServer):
    """A web site with one page, which it shows when the test opens it."""

    def __init__(self, app):
        super().__init__(("127.0.0.1", 0), Page)
        self.opened, self.asked = threading.Event(), 0
        app.config["PREVIEW_ALLOW_HOSTS"] = f"127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def __call__(self, text, failures=0):
        self.text, self.failures = text.encode(), failures
        return f"http://127.0.0.1:{self.server_port}/"

    def open(self):
        self.opened.set()


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked += 1
        self.server.opened.wait()
        self.send_response(503 if self.server.asked <= self.server.failures else 200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.server.text)

    def log_message(self, *_):
        pass


@pytest.fixture
def pages(app):
    site = Pages(app)
    yield site
    site.open()
    site.shutdown()
    site.server_close()
