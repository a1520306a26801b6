"""The pages without JavaScript: forms, session, CSRF token, messages."""

import re

import pytest

from podium.extensions import db
from podium.models import Talk, User, find


@pytest.fixture
def browser(app):
    """A client that fills in forms: it sends the CSRF token of the page it looks at."""
    client = app.test_client()

    def submit(page, url, **fields):
        found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)
        return client.post(url, data={"csrf_token": found[1], **fields}, follow_redirects=True)

    client.submit = submit
    return client


@pytest.fixture
def member(browser):
    browser.submit("/register", "/register", nickname="member", password="correct horse")
    return browser


def test_registering_logs_in(browser):
    page = browser.submit("/register", "/register", nickname="ada", password="correct horse")
    assert "Welcome, ada." in page.text and 'id="whoami">ada<' in page.text


def test_a_mistake_is_shown_at_its_field_and_nothing_typed_is_lost(browser):
    page = browser.submit("/register", "/register", nickname="ada", password="short")
    assert page.status_code == 400
    assert 'id="password-error"' in page.text and 'value="ada"' in page.text


def test_a_wrong_password_is_refused(member):
    member.submit("/", "/logout")
    page = member.submit("/login", "/login", nickname="member", password="wrong")
    assert page.status_code == 400 and "Wrong nickname or password." in page.text


def test_logging_out_ends_the_token_that_the_cookie_holds(member):
    kept = member.get_cookie("session").value
    member.submit("/", "/logout")
    member.set_cookie("session", kept)
    assert "whoami" not in member.get("/").text


def test_asking_voting_editing_and_deleting(app, member, client, log_in, ask):
    other = ask(log_in("other"), "Theirs?")
    page = member.submit("/talks/talk", "/talks/talk/questions", source="Mine?")
    assert "Your question is on the list." in page.text and "Mine?" in page.text
    member.submit("/talks/talk", f"/questions/{other['id']}/vote", vote="1")
    assert client.get(f"/api/questions/{other['id']}").json["score"] == 1
    member.submit("/talks/talk", f"/questions/{other['id']}/vote", vote="0")
    assert client.get(f"/api/questions/{other['id']}").json["score"] == 0
    mine = other["id"] + 1
    member.submit("/talks/talk", f"/questions/{mine}/edit", source="Better?")
    assert "Better?" in member.get("/talks/talk").text
    member.submit("/talks/talk", f"/questions/{mine}/delete")
    assert "Better?" not in member.get("/talks/talk").text


def test_the_time_of_a_question_can_be_read(member):
    page = member.submit("/talks/talk", "/talks/talk/questions", source="When?")
    assert re.search(r"<time [^>]+>\d\d \w+, \d\d:\d\d UTC</time>", page.text)


def test_an_empty_question_is_refused_on_the_page(member):
    page = member.submit("/talks/talk", "/talks/talk/questions", source="  ")
    assert page.status_code == 400 and "must not be blank" in page.text


def test_others_are_kept_out(member, log_in, ask):
    other = ask(log_in("other"), "Theirs?")
    for action in ("edit", "delete", "answered"):
        page = member.submit("/talks/talk", f"/questions/{other['id']}/{action}", source="Mine?")
        assert page.status_code == 403, action


def test_who_is_not_logged_in_is_sent_to_log_in_and_back(browser, log_in, ask):
    question = ask(log_in("other"))
    here = {"from": "/talks/talk"}
    page = browser.submit("/talks/talk", f"/questions/{question['id']}/vote", **here)
    assert page.request.path == "/login" and 'value="/talks/talk"' in page.text


@pytest.mark.parametrize("url", ["/register", "/login", "/logout", "/talks/talk/questions"])
def test_a_form_without_its_token_is_refused(member, url):
    assert member.post(url, data={"source": "Forged?"}).status_code == 400


def test_a_form_that_is_too_large_is_refused_with_a_page(member):
    page = member.post("/login", data={"nickname": "x" * 70_000})
    assert page.status_code == 413 and "member" in page.text


@pytest.mark.parametrize(
    "target",
    ["//example.com", "https://example.com/", "/\\example.com", "//[", "/\t/example.com", "x"],
)
def test_nobody_is_sent_to_another_site(browser, target):
    page = browser.submit(
        "/register", "/register", nickname="ada", password="correct horse", next=target
    )
    assert page.request.url == "http://localhost/"


def test_the_cookie_of_the_session_is_out_of_reach(browser):
    cookie = browser.get("/login").headers.getlist("Set-Cookie")
    session = next(line for line in cookie if line.startswith("session="))
    assert "HttpOnly" in session and "SameSite=Lax" in session


def test_the_page_of_a_job_leads_to_its_file(app, worker, member, until):
    with app.app_context():
        find(Talk, slug="talk").organiser = find(User, nickname="member")
        db.session.commit()
    job = member.submit("/talks/talk", "/talks/talk/transcripts").request.path
    page = until(lambda: member.get(job).text, lambda text: 'class="result"' in text)
    assert 'http-equiv="refresh"' not in page
    assert member.get(f"{job}/result").data.startswith(b"%PDF")


def test_the_page_of_a_job_is_its_owners(member, log_in):
    page = member.submit("/talks/talk", "/talks/talk/transcripts")
    assert page.status_code == 403 and "organiser" in page.text
    assert member.get("/jobs/none").status_code == 404


def test_the_api_takes_no_cookie(member):
    body = {"talk": "talk", "source": "From another site?"}
    assert member.post("/api/questions", json=body).status_code == 401
