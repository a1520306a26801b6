"""Each test builds an application of its own, and begins with empty tables.

The servers are real ones, at DATABASE_URL and REDIS_URL. Each process of the tests has a database
of its own on both, which it empties.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import pytest
import redis
from celery.contrib.testing.worker import start_worker
from sqlalchemy import text

from podium import create_app
from podium.config import Testing
from podium.extensions import db
from podium.models import Talk, User
from podium.services import feed
from podium.shared import PATIENCE

CONF = Path(__file__).parents[1] / "gunicorn.conf.py"


@pytest.fixture(scope="session")
def server(worker_id):
    """The settings of the servers for this process of the tests."""
    missing = {"DATABASE_URL", "REDIS_URL"} - os.environ.keys()
    if missing:
        pytest.exit(f"These tests need real servers: set {' and '.join(sorted(missing))}.", 2)
    number = int(worker_id.removeprefix("gw")) + 1 if worker_id != "master" else 0
    name = f"podium_test_{number}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as database:
        database.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        database.execute(f"CREATE DATABASE {name}")
    settings = {
        "SQLALCHEMY_DATABASE_URI": f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}",
        "REDIS_URL": f"{os.environ['REDIS_URL'].rpartition('/')[0]}/{number + 1}",
    }
    with create_app(Testing, **settings).app_context():
        db.create_all()
        db.engine.dispose()
    return settings


@pytest.fixture
def app(server):
    app = create_app(Testing, **server)
    feed.look.cache_clear()
    feed.changes_in.cache_clear()
    with redis.Redis.from_url(server["REDIS_URL"]) as valkey:
        valkey.flushdb()
    with app.app_context():
        tables = ", ".join(f'"{table.name}"' for table in db.metadata.sorted_tables)
        db.session.execute(text(f"TRUNCATE {tables} RESTART IDENTITY"))
        talk = Talk(slug="talk", title="A talk", speaker="Sol", description="About it.")
        talk.organiser = User(nickname="organiser", password_hash="")
        db.session.add(talk)
        db.session.commit()
    yield app
    with app.app_context():
        db.engine.dispose()


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


@pytest.fixture
def database_away(app):
    """Every connection is ended and a new one refused, until the block is left."""
    with app.app_context():
        name = db.engine.url.database

    @contextmanager
    def away():
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
            other.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            other.execute(ours, [name])
            yield
            other.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    return away


@pytest.fixture
def valkey_away(app):
    """Call it, and every connection to Valkey is refused from then on."""

    def away():
        app.extensions["shared"] = redis.Redis(port=1, **PATIENCE)

    return away


@pytest.fixture
def serve(app, server, until, tmp_path):
    """Serve the application with one process; the address."""
    processes = []

    def serve(conf=CONF, **settings):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        environment = os.environ | {
            "PORT": str(port),
            "WEB_CONCURRENCY": "1",
            "DATABASE_URL": server["SQLALCHEMY_DATABASE_URI"],
            "REDIS_URL": server["REDIS_URL"],
            **settings,
        }
        application = "tests.probe:create_probe()"
        command = [sys.executable, "-m", "gunicorn", "-c", str(conf), application]
        log = (tmp_path / "log").open("a")
        process = subprocess.Popen(command, env=environment, stderr=log, start_new_session=True)
        processes.append(process)
        url = f"http://127.0.0.1:{port}"
        until(lambda: is_there(url), bool, seconds=20)
        return url

    yield serve
    for process in processes:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def is_there(url):
    try:
        return urllib.request.urlopen(f"{url}/healthz", timeout=5).status == 200
    except OSError:
        return False
