"""Each test builds an application of its own on a database of its own, so they can run at once."""

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
