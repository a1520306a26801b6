from podium.extensions import db
from podium.models import Talk, find
from podium.services.questions import of
from podium.talks.transcript import transcript_pdf


def test_the_transcript_is_the_organisers(client, log_in):
    headers = log_in("curious")
    assert client.get("/api/talks/talk/transcript.pdf", headers=headers).status_code == 403


def test_the_transcript_is_a_pdf(app, log_in, ask):
    ask(log_in("asker"), "Does it hold *all*?")
    with app.app_context():
        talk = find(Talk, slug="talk")
        questions = db.session.scalars(of(talk)).all()
        assert transcript_pdf(talk, questions, dict).startswith(b"%PDF")


def test_the_page_shows_the_questions(client, log_in, ask):
    ask(log_in("asker"), "Is this on the page?")
    assert "Is this on the page?" in client.get("/talks/talk").text


def test_errors_of_the_api_are_json(client):
    assert client.get("/api/nothing").json["status"] == 404
    assert client.patch("/api/talks").json["status"] == 405
    assert client.post("/api/users", data="x").json["status"] == 415
    assert client.post("/api/users", json={"x": "y" * 70_000}).json["status"] == 413
