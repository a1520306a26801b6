"""Each test builds an application of its own on a database of its own, so they can run at once."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from podium import create_app
from podium.config import Testing
from podium.extensions import db
from podium.models import Talk, User


@pytest.fixture
def app(tmp_path):
    app = create_app(Testing, SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path}/test.db")
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


class Pages(ThreadingHTTPServer):
    """A web site with one page, which it shows when the test opens it."""

    def __init__(self, app):
        super().__init__(("127.0.0.1", 0), Page)
        self.opened, self.asked = threading.Event(), 0
        app.config["PREVIEW_ALLOW_HOSTS"] = f"127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def __call__(self, text):
        self.text = text.encode()
        return f"http://127.0.0.1:{self.server_port}/"

    def open(self):
        self.opened.set()


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked += 1
        self.server.opened.wait()
        self.send_response(200)
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
