"""From step 5 on: the pages do everything without JavaScript, and only for who means it."""

import re
from urllib.parse import urlsplit

import pytest
from guards import faults_in_page
from web_forms import Browser, Page

from tests.podium_api import PASSWORD, SEED_PASSWORD, is_error, unique

pytestmark = pytest.mark.since(5)

ELSEWHERE = [
    "https://192.0.2.1/",
    "//192.0.2.1/",
    "///192.0.2.1/",
    "/\\192.0.2.1/",
    "\\\\192.0.2.1/",
    "https:192.0.2.1",
    "https:/192.0.2.1/",
    "javascript:alert(1)",
    "data:text/html,x",
    " //192.0.2.1/",
    "\t//192.0.2.1/",
    "/\t/192.0.2.1/",
    "/\n/192.0.2.1/",
    "/%09/192.0.2.1",
    "http://[",
    "\0",
]


@pytest.fixture
def browser(podium):
    with Browser(podium).http as http:
        browser = Browser(podium)
        browser.http = http
        yield browser


@pytest.fixture(scope="module")
def carol(podium):
    """Somebody who is logged in with a browser; posts little."""
    browser = Browser(podium)
    browser.nickname = unique("carol")
    page = browser.register(browser.nickname, PASSWORD)
    assert page.whoami == browser.nickname
    return browser


def newest(podium, source):
    """Return the question with that source."""
    return next(each for each in podium.questions() if each["source"] == source)


def test_who_registers_is_logged_in_and_can_log_in_again(podium, browser):
    nickname = unique("Ζωή")
    page = browser.register(nickname, PASSWORD)
    assert (page.status, page.whoami) == (200, nickname)
    assert podium.http.get(f"/api/users/{nickname}").status_code == 200
    page = browser.submit(browser.open(browser.talk).form("logout"))
    assert not page.whoami
    assert browser.log_in(nickname, PASSWORD).whoami == nickname
    assert browser.open(browser.talk).whoami == nickname


def test_a_session_cookie_is_out_of_reach_for_scripts_and_other_sites(browser, carol):
    form = browser.open("/login").form("login")
    answer = browser.submit(form, nickname=carol.nickname, password=PASSWORD, follow=False)
    assert answer.status_code in (302, 303)
    cookies = [each for each in answer.headers.get_list("Set-Cookie") if "visitor=" not in each]
    assert cookies
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert re.search("SameSite=(Lax|Strict)", cookie)
        assert PASSWORD not in cookie


def test_a_wrong_password_is_told_next_to_the_form_and_keeps_the_nickname(browser, carol):
    page = browser.log_in(carol.nickname, "wrong horse battery")
    assert page.status in (400, 401, 403)
    assert not page.whoami
    assert page.form("login").values["nickname"] == carol.nickname
    assert page.form("login").values["password"] == ""
    assert re.search("wrong|not match|incorrect", page.answer.text, re.I)


@pytest.mark.parametrize("nickname", ["", "x", "two words", "<script>", "nul\0l", "x" * 99])
def test_a_bad_nickname_is_told_next_to_the_form(browser, nickname):
    page = browser.register(nickname, PASSWORD)
    assert page.status == 400
    assert not page.whoami
    assert page.has_form("register")
    assert "nickname" in page.answer.text
    assert faults_in_page(page.answer.text) == []


def test_a_nickname_that_is_taken_is_told_next_to_the_form(browser, carol):
    page = browser.register(carol.nickname, PASSWORD)
    assert page.status in (400, 409)
    assert "taken" in page.answer.text
    assert page.has_form("register")


def test_guessing_passwords_in_the_form_is_limited_as_in_the_api(podium, browser):
    nickname = podium.register().nickname
    form = browser.open("/login").form("login")
    statuses = [
        browser.submit(form, nickname=nickname, password=f"guess number {n}").status
        for n in range(22)
    ]
    assert set(statuses[:10]) <= {400, 401, 403}
    page = browser.log_in(nickname, PASSWORD)
    assert not page.whoami, "the right password was taken after 22 wrong ones in a minute"


def test_a_question_is_posted_and_shown(podium, carol):
    source = f"Posted by a **form** {unique()}?"
    page = carol.ask(source)
    assert page.status == 200
    question = newest(podium, source)
    assert question["author"] == carol.nickname
    assert question["html"].strip() in page.answer.text


def test_line_ends_of_a_form_are_those_of_the_api(podium, carol):
    word = unique()
    carol.ask(f"{word}\r\n\r\n- one\r\n- two")
    assert newest(podium, f"{word}\n\n- one\n- two")


@pytest.mark.parametrize("source", ["", "   ", "\r\n", "x" * 2001, "nul\0l"])
def test_a_bad_question_is_told_next_to_the_form(podium, carol, source):
    before = len(podium.questions())
    page = carol.ask(source)
    assert page.status == 400
    assert page.has_form("ask")
    assert len(podium.questions()) == before
    assert re.search(r'role="?alert"?[^>]*>\s*[^<\s]', page.answer.text)
    if len(source) > 2000:
        assert page.form("ask").values["source"] == source, "what was typed is lost"


def test_a_vote_is_given_and_taken_back(podium, carol):
    question = podium.ask("A vote, please?")
    carol.press("vote", question["id"])
    assert podium.question(question["id"])["score"] == 1
    page = carol.open(carol.talk)
    assert page.form("vote", question["id"]).button("vote")["aria-pressed"] == "true"
    carol.press("vote", question["id"])
    assert podium.question(question["id"])["score"] == 0


def test_a_vote_in_the_browser_and_one_by_the_api_are_the_same_persons(podium, carol):
    question = podium.ask("How many are we?")
    carol.press("vote", question["id"])
    podium.log_in(carol.nickname, PASSWORD).vote(question)
    assert podium.question(question["id"])["score"] == 1


def test_a_question_is_edited(podium, carol):
    before, after = f"Before {unique()} & co?", f"After *{unique()}*?"
    carol.ask(before)
    question = newest(podium, before)
    form = edit_form(carol.press("edit", question["id"]))
    assert form.values["source"] == before
    assert carol.submit(form, source=after).status == 200
    assert podium.question(question["id"])["source"] == after


def test_an_edit_to_nothing_is_told_next_to_the_form(podium, carol):
    source = f"Stays {unique()}?"
    carol.ask(source)
    question = newest(podium, source)
    page = carol.submit(edit_form(carol.press("edit", question["id"])), source=" ")
    assert page.status == 400
    assert edit_form(page)
    assert podium.question(question["id"])["source"] == source


def test_a_question_is_deleted(podium, carol):
    source = f"Going {unique()}?"
    carol.ask(source)
    question = newest(podium, source)
    page = carol.press("delete", question["id"])
    assert page.status == 200
    assert is_error(podium.http.get(f"/api/questions/{question['id']}"), 404)


def test_only_the_author_sees_edit_and_delete_and_only_the_organiser_answered(
    podium, browser, carol
):
    source = f"Whose buttons {unique()}?"
    carol.ask(source)
    id = newest(podium, source)["id"]
    mine = carol.open(carol.talk)
    assert mine.has_form("delete", id) and not mine.has_form("answered", id)
    assert not browser.open(browser.talk).has_form("delete", id)
    browser.log_in(podium.talks[0]["organiser"], SEED_PASSWORD)
    theirs = browser.open(browser.talk)
    assert theirs.has_form("answered", id) and not theirs.has_form("delete", id)
    browser.press("answered", id)
    assert podium.question(id)["answered"] is True
    browser.press("answered", id)
    assert podium.question(id)["answered"] is False


@pytest.mark.until(6)
def test_the_organiser_finds_the_transcript_on_the_page(podium, browser, carol):
    browser.log_in(podium.talks[0]["organiser"], SEED_PASSWORD)
    url = browser.open(browser.talk).link("transcript")
    answer = browser.http.get(url)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert carol.http.get(url).status_code == 403


def test_the_address_of_the_transcript_is_for_the_organiser_only(podium, browser, carol):
    path = f"{browser.talk}/transcript.pdf"
    assert browser.http.get(path).url.path == "/login"
    browser.log_in(podium.talks[0]["organiser"], SEED_PASSWORD)
    answer = browser.http.get(path)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert carol.http.get(path).status_code == 403


def test_what_others_own_cannot_be_changed_with_a_copied_form(podium, browser, carol):
    source = f"Carol's own {unique()}?"
    carol.ask(source)
    question = newest(podium, source)
    edit = edit_form(carol.press("edit", question["id"]))
    delete = carol.open(carol.talk).form("delete", question["id"])
    browser.register(unique("mallory"), PASSWORD)
    mine = browser.open(browser.talk).form("ask").values
    for form in (edit, delete):
        form.values |= {name: value for name, value in mine.items() if name != "source"}
        assert browser.submit(form).status == 403
    assert podium.question(question["id"]) == question


def test_nobody_votes_for_an_own_question_with_a_copied_form(podium, carol):
    source = f"Vote for me {unique()}?"
    carol.ask(source)
    own, other = newest(podium, source), podium.ask("Vote for the other?")
    form = carol.open(carol.talk).form("vote", other["id"])
    form.action = form.action.replace(f"/{other['id']}/", f"/{own['id']}/")
    assert carol.submit(form, "vote").status == 403
    assert podium.question(own["id"])["score"] == 0


def test_who_is_not_logged_in_is_sent_to_log_in(podium, browser, question):
    page = browser.open(browser.talk)
    form = page.form("vote", question["id"]) if page.has_form("vote", question["id"]) else None
    if form is None:
        assert any("/login" in (link.get("href") or "") for link in page.links)
        return
    answer = browser.submit(form, "vote", follow=False)
    assert answer.status_code in (302, 303, 401)
    assert "/login" in answer.headers.get("Location", "/login")
    assert podium.question(question["id"])["score"] == 0


TRANSCRIPT = pytest.param("transcript", marks=pytest.mark.since(7))


@pytest.mark.parametrize(
    "name", ["register", "login", "ask", "vote", "edit", "delete", "logout", TRANSCRIPT]
)
def test_a_form_without_its_csrf_token_is_refused(podium, browser, carol, name):
    who, form, values = form_called(podium, browser, carol, name)
    hidden = hidden_fields(form)
    assert hidden, f"the form {name} has no hidden field"
    state = podium.questions()
    for stolen in (None, "", "x", "é" * 20, "\0"):
        data = form.values | values | dict.fromkeys(hidden, stolen)
        data = {name: value for name, value in data.items() if value is not None}
        answer = who.http.post(form.action, data=data, follow_redirects=False)
        assert answer.status_code == 400, f"{name} with {stolen!r}: {answer.status_code}"
        assert answer.headers["Content-Type"].startswith("text/html")
    assert podium.questions() == state
    assert carol.open(carol.talk).whoami == carol.nickname


def test_the_csrf_token_of_another_session_is_refused(podium, browser, carol):
    browser.register(unique("mallory"), PASSWORD)
    theirs = browser.open(browser.talk).form("ask")
    mine = carol.open(carol.talk).form("ask")
    hidden = hidden_fields(mine)
    stolen = {name: theirs.values[name] for name in hidden}
    assert stolen != {name: mine.values[name] for name in hidden}
    assert carol.submit(mine, **stolen | {"source": "Cross-site?"}).status == 400


def test_a_csrf_token_is_not_sent_to_the_api_and_the_session_is_no_token(podium, carol):
    body = {"talk": podium.talk, "source": "By cookie?"}
    assert is_error(carol.http.post("/api/questions", json=body), 401)
    assert is_error(carol.http.put("/api/questions/1/vote"), 401)


def test_a_forged_session_is_nobody(podium, browser, carol):
    names = [name for name in carol.http.cookies if name != "visitor"]
    for value in ("x", "eyJ1c2VyX2lkIjoxfQ.x.x", "é".encode().decode("latin-1"), "." * 3000):
        header = "; ".join(f"{name}={value}" for name in names)
        page = Page(browser.http.get(browser.talk, headers={"Cookie": header.encode("latin-1")}))
        assert page.status == 200
        assert not page.whoami


@pytest.mark.parametrize("target", ELSEWHERE)
def test_after_logging_in_nobody_is_sent_to_another_site(podium, browser, target):
    person = podium.register()
    values = {"nickname": person.nickname, "password": person.password}
    answer = browser.http.get("/login", params={"next": target})
    assert faults_in_page(answer.text) == []
    form = Page(answer).form("login")
    assert_stays(podium, browser.submit(form, follow=False, **values | {"next": target}))
    browser.http.cookies.clear()
    form = browser.open("/login").form("login")
    # Also in the address of the form, where a crafted link would put it.
    form.action = str(browser.http.build_request("POST", "/login", params={"next": target}).url)
    assert_stays(podium, browser.submit(form, follow=False, without=("next",), **values))


def test_after_logging_in_one_is_back_where_one_was(browser, carol):
    form = Page(browser.http.get("/login", params={"next": browser.talk})).form("login")
    page = browser.submit(form, nickname=carol.nickname, password=PASSWORD)
    assert page.whoami == carol.nickname
    assert urlsplit(page.url).path == browser.talk


@pytest.mark.parametrize("target", ['"><script>alert(1)</script>', "' onfocus=alert(1) '"])
def test_what_comes_in_an_address_does_not_act_on_the_page(browser, target):
    for path in ("/login", "/register", "/nothing", browser.talk):
        page = browser.http.get(path, params={"next": target, "nickname": target, "error": target})
        assert faults_in_page(page.text) == []


@pytest.mark.parametrize("name", ["vote", "delete", "logout", TRANSCRIPT])
def test_a_link_cannot_change_anything(podium, browser, carol, name):
    who, form, _ = form_called(podium, browser, carol, name)
    assert form.method == "POST"
    answer = who.http.get(form.action)
    assert answer.status_code in (404, 405)
    assert carol.open(carol.talk).whoami == carol.nickname


@pytest.mark.parametrize(
    "body,status",
    [
        (b"x" * 70_000, 413),
        (b"nickname=%ff%fe&password=%00", 400),
        (b"\xff\xfe=\xff", 400),
        (b"&".join(b"a%d=1" % n for n in range(5000)), 400),
        (b"", 400),
    ],
)
def test_a_garbled_form_is_refused_with_a_page(browser, body, status):
    browser.open("/login")
    # A server need not read what it refuses, and then it hangs up after the answer (RFC 9110,
    # section 15.5.14): without saying so, which makes the next request on that connection fail.
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Connection": "close"}
    for path in ("/login", "/register", "/logout"):
        answer = browser.http.post(path, content=body, headers=headers)
        assert answer.status_code in (status, 400, 413)
        assert answer.headers["Content-Type"].startswith("text/html")


def test_a_page_of_somebody_is_not_kept_by_caches(carol):
    answer = carol.http.get(carol.talk)
    policy = answer.headers.get("Cache-Control", "")
    assert "Cookie" in answer.headers.get("Vary", "") or "private" in policy or "no-st" in policy


def edit_form(page):
    """Return the form in which a question is edited, wherever it is."""
    return next(form for form in page.forms if "source" in form.values and form.id != "ask")


def hidden_fields(form):
    """Return the names of the fields that nobody types into and that are secret: tokens."""
    return [name for name in form.values if re.search("csrf|token|xsrf", name, re.I)]


def form_called(podium, browser, carol, name):
    """Return who submits the form of that name, the form, and good values for it."""
    if name in ("register", "login"):
        values = {"nickname": unique(), "password": PASSWORD}
        return browser, browser.open(f"/{name}").form(name), values
    if name in ("ask", "logout"):
        return carol, carol.open(carol.talk).form(name), {"source": "Forged?"}
    if name == "transcript":
        browser.log_in(podium.talks[0]["organiser"], SEED_PASSWORD)
        return browser, browser.open(browser.talk).form("transcript"), {}
    if name == "vote":
        question = podium.ask("Forged votes?")
        return carol, carol.open(carol.talk).form("vote", question["id"]), {}
    source = f"Forged changes {unique()}?"
    carol.ask(source)
    id = newest(podium, source)["id"]
    if name == "edit":
        return carol, edit_form(carol.press("edit", id)), {"source": "Forged."}
    return carol, carol.open(carol.talk).form("delete", id), {}


def assert_stays(podium, answer):
    """Assert that somebody who has logged in is sent to a page of the step."""
    assert answer.status_code in (302, 303), answer.text
    # As a browser reads it: backslashes are slashes, tabs and line ends are nothing.
    location = re.sub(r"[\x00-\x20]", "", answer.headers["Location"]).replace("\\", "/")
    parts = urlsplit(location)
    assert parts.netloc in ("", urlsplit(podium.url).netloc), location
    assert parts.scheme in ("", "http"), location
    assert not location.startswith("//"), location
