"""All tests share one application and one database: each has to find names that no other uses."""

import socket

import pytest

import podium


@pytest.fixture(scope="session", autouse=True)
def talk():
    with podium.app.app_context():
        organiser = podium.User(nickname="organiser", password_hash="")
        talk = podium.Talk(slug="talk", title="A talk", speaker="Sol", description="About it.")
        talk.organiser = organiser
        podium.db.session.add(talk)
        podium.db.session.commit()


@pytest.fixture
def client():
    return podium.app.test_client()


@pytest.fixture
def log_in(client):
    def log_in(nickname):
        client.post("/api/users", json={"nickname": nickname, "password": "correct horse"})
        answer = client.post("/api/tokens", auth=(nickname, "correct horse"))
        return {"Authorization": f"Bearer {answer.json['token']}"}

    return log_in


@pytest.fixture
def ask(client):
    def ask(headers, source="Why?"):
        body = {"talk": "talk", "source": source}
        return client.post("/api/questions", json=body, headers=headers).json

    return ask


def test_a_nickname_is_taken_once(client):
    body = {"nickname": "once", "password": "correct horse"}
    assert client.post("/api/users", json=body).status_code == 201
    assert client.post("/api/users", json=body).status_code == 409


def test_a_bad_field_is_named(client):
    answer = client.post("/api/users", json={"nickname": "x", "password": "correct horse"})
    assert (answer.status_code, answer.json["field"]) == (400, "nickname")


def test_guessing_a_password_is_limited(client, log_in):
    log_in("guessed")
    statuses = [client.post("/api/tokens", auth=("guessed", f"{n}")).status_code for n in range(6)]
    assert statuses == [401] * 4 + [429] * 2


def test_a_revoked_token_is_refused(client, log_in):
    headers = log_in("leaver")
    assert client.delete("/api/tokens", headers=headers).status_code == 204
    assert client.delete("/api/tokens", headers=headers).status_code == 401


def test_a_vote_counts_once(client, log_in, ask):
    question, voter = ask(log_in("asker")), log_in("voter")
    for _ in range(2):
        client.put(f"/api/questions/{question['id']}/vote", headers=voter)
    assert client.get(f"/api/questions/{question['id']}").json["score"] == 1
    for _ in range(2):
        client.delete(f"/api/questions/{question['id']}/vote", headers=voter)
    assert client.get(f"/api/questions/{question['id']}").json["score"] == 0


def test_only_the_author_edits(client, log_in, ask):
    question, other = ask(log_in("author")), log_in("other")
    url = f"/api/questions/{question['id']}"
    assert client.put(url, json={"source": "Mine."}, headers=other).status_code == 403
    assert client.delete(url, headers=other).status_code == 403


@pytest.mark.parametrize(
    "source",
    ["<script>alert(1)</script>", "[x](javascript:alert(1))", "![x](http://example.com/x)"],
)
def test_markdown_cannot_act(source):
    html = podium.render(source)
    assert "<script" not in html and "javascript:" not in html and "<img" not in html


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "0x7f000001", "[::1]"])
def test_a_private_address_is_not_even_connected_to(host, listener):
    url = f"http://{host}:{listener.getsockname()[1]}/"
    assert podium.previews(f'<a href="{url}">x</a>') == []
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_the_transcript_is_the_organisers(client, log_in):
    headers = log_in("curious")
    assert client.get("/api/talks/talk/transcript.pdf", headers=headers).status_code == 403
    with podium.app.app_context():
        talk = podium.find(podium.Talk, slug="talk")
        questions = podium.db.session.scalars(podium.questions_of(talk)).all()
        assert podium.transcript_pdf(talk, questions).startswith(b"%PDF")


def test_errors_of_the_api_are_json(client):
    assert client.get("/api/nothing").json["status"] == 404
    assert client.patch("/api/talks").json["status"] == 405
    assert client.post("/api/users", data="x").json["status"] == 415
    assert client.post("/api/users", json={"x": "y" * 70_000}).json["status"] == 413
