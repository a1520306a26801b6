"""Takes the CSV home, by the API and by a browser without JavaScript."""

import csv
import io
import re

import httpx
import pytest

from tests.podium_api import SEED_PASSWORD


@pytest.fixture(scope="session")
def evil(podium):
    """A question that a spreadsheet would run."""
    return podium.ask('=HYPERLINK("http://evil.example"), "really"?\nA second line.')


@pytest.fixture(scope="session")
def path(podium):
    return f"/talks/{podium.talk}/questions.csv"


@pytest.fixture(scope="session")
def browser(podium):
    """The organiser's browser, logged in."""
    with httpx.Client(base_url=podium.url, timeout=8, trust_env=False) as http:
        token = re.search('name="csrf_token" value="([^"]+)"', http.get("/login").text)[1]
        form = {
            "csrf_token": token,
            "nickname": podium.talks[0]["organiser"],
            "password": SEED_PASSWORD,
        }
        http.post("/login", data=form)
        yield http


@pytest.fixture
def app(tmp_path):
    """The application in this process, with the sample data."""
    from podium import create_app
    from podium.config import Testing

    app = create_app(Testing, SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path}/podium.db")
    app.test_cli_runner().invoke(args=["seed"])
    return app


def rows(answer):
    assert answer.status_code == 200, f"{answer.request.url.path} answers {answer.status_code}"
    return list(csv.reader(io.StringIO(answer.text)))


def test_the_service_returns_a_header_and_the_questions_in_order(app):
    from podium.extensions import db
    from podium.services import questions, talks

    with app.app_context():
        talk = talks.every()[0]
        text = talks.export(talk.organiser, talk.slug)
        expected = [str(question.id) for question in db.session.scalars(questions.of(talk))]
    first = text.partition("\r\n")[0]
    assert first == "id,author,score,answered,source", f"the first line is {first!r}"
    ids = [row[0] for row in csv.reader(io.StringIO(text))][1:]
    assert ids == expected, f"the questions are {ids[:5]} ..., the list has {expected[:5]} ..."


def test_the_service_refuses_whoever_does_not_organise(app):
    from podium.services import talks
    from podium.services.errors import Forbidden

    with app.app_context():
        first, second = talks.every()[:2]
        try:
            talks.export(second.organiser, first.slug)
        except Forbidden:
            return
    raise AssertionError("the organiser of another talk may have the CSV")


def test_the_api_answers_the_organiser(organiser, path, evil):
    answer = organiser.get(f"/api{path}")
    named = {row[0]: row for row in rows(answer)}
    kind = answer.headers["Content-Type"]
    assert kind.startswith("text/csv"), f"the answer is {kind}"
    assert "questions.csv" in answer.headers.get("Content-Disposition", ""), "no name to save it as"
    assert str(evil["id"]) in named, "the last question is missing"
    assert named[str(evil["id"])][3] == "no", f"answered is {named[str(evil['id'])][3]!r}"


def test_a_question_is_no_formula(organiser, path, evil):
    cell = {row[0]: row for row in rows(organiser.get(f"/api{path}"))}[str(evil["id"])][4]
    assert cell == f"'{evil['source']}", f"the cell is {cell!r}"


def test_a_browser_gets_the_same(organiser, browser, path, evil):
    answer = browser.get(path)
    assert answer.status_code == 200, f"{path} answers the organiser's browser {answer.status_code}"
    same = answer.content == organiser.get(f"/api{path}").content
    assert same, "a browser and the API do not get the same"


def test_others_are_refused(podium, path, evil):
    answers = {
        "somebody else": podium.register().get(f"/api{path}").status_code,
        "nobody": podium.http.get(f"/api{path}").status_code,
        "a browser that is not logged in": podium.http.get(path).status_code,
    }
    expected = dict(zip(answers, (403, 401, 303), strict=True))
    assert answers == expected, f"the answers are {answers}, not {expected}"


def test_both_views_ask_the_one_service(app, monkeypatch):
    from podium.services import talks, users

    monkeypatch.setattr(talks, "export", lambda user, slug: "one service")
    with app.app_context():
        talk = talks.every()[0]
        slug, organiser = talk.slug, talk.organiser
        token = users.issue_token(organiser)[0]
    client = app.test_client()
    with client.session_transaction() as session:
        session["token"] = token
    headers = {"Authorization": f"Bearer {token}"}
    for where in (f"/talks/{slug}/questions.csv", f"/api/talks/{slug}/questions.csv"):
        text = client.get(where, headers=headers).text
        assert text == "one service", f"{where} does not answer what talks.export returns"


def test_the_openapi_document_names_the_call(podium):
    paths = podium.http.get("/api/openapi.json").json()["paths"]
    assert "/talks/{slug}/questions.csv" in paths, "/talks/{slug}/questions.csv is not described"
