import re

from podium.extensions import db
from podium.models import Talk, find, questions_of
from podium.talks.transcript import transcript_pdf


def test_the_transcript_is_the_organisers(client, log_in):
    headers = log_in("curious")
    assert client.get("/api/talks/talk/transcript.pdf", headers=headers).status_code == 403


def test_the_transcript_is_a_pdf(app, log_in, ask):
    ask(log_in("asker"), "Does it hold *all*?")
    with app.app_context():
        talk = find(Talk, slug="talk")
        questions = db.session.scalars(questions_of(talk)).all()
        assert transcript_pdf(talk, questions).startswith(b"%PDF")


def test_the_page_shows_the_questions(client, log_in, ask):
    ask(log_in("asker"), "Is this on the page?")
    assert "Is this on the page?" in client.get("/talks/talk").text


def test_errors_of_the_api_are_json(client):
    assert client.get("/api/nothing").json["status"] == 404
    assert client.patch("/api/talks").json["status"] == 405
    assert client.post("/api/users", data="x").json["status"] == 415
    assert client.post("/api/users", json={"x": "y" * 70_000}).json["status"] == 413


def test_a_page_of_a_talk_that_is_not_there_lists_those_that_are(client):
    answer = client.get("/talks/none")
    assert answer.status_code == 404
    assert "/talks/talk" in answer.text


def test_every_file_that_the_pages_name_is_served(client):
    for page in ("/", "/talks/talk"):
        for url in re.findall(r'(?:href|src)="(/static/[^"]+)"', client.get(page).text):
            assert client.get(url).status_code == 200, url
