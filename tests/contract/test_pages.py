"""The pages that every step serves, and the headers that protect them."""

import re

import pytest
from guards import faults_in_page

from tests.podium_api import refusal


@pytest.fixture(params=["/", "/talks/{talk}", "/talks/nothing", "/nothing"])
def page(request, podium):
    return podium.http.get(request.param.format(talk=podium.talk))


def test_a_page_is_html_and_nothing_on_it_runs_but_its_own_files(page):
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.text.lstrip().lower().startswith("<!doctype html>")
    assert faults_in_page(page.text) == []


def test_a_page_has_a_language_a_title_and_a_viewport(page):
    assert re.search(r"<html[^>]* lang=\"?en", page.text)
    assert re.search(r"<title>\s*\S+", page.text)
    assert re.search(r"<meta[^>]* name=\"?viewport", page.text)


def test_a_page_allows_only_its_own_scripts_and_no_frames(page):
    policy = page.headers["Content-Security-Policy"]
    directives = {part.split()[0]: part.split()[1:] for part in policy.split(";") if part.strip()}
    scripts = directives.get("script-src", directives.get("default-src"))
    assert scripts == ["'self'"]
    assert directives["frame-ancestors"] == ["'none'"]
    assert "unsafe" not in policy and "*" not in policy


def test_no_answer_is_sniffed_for_another_type(podium, page):
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    for path in ("/api/talks", "/api/nothing", "/healthz"):
        assert podium.http.get(path).headers["X-Content-Type-Options"] == "nosniff"


def test_an_unknown_page_is_404_in_html(podium):
    for path in ("/nothing", "/talks/nothing", "/talks/%00", "/%ff", "/talks/" + "x" * 3000):
        answer = podium.http.get(path)
        assert answer.status_code == refusal(answer, path)
        assert answer.headers["Content-Type"].startswith("text/html")


def test_the_first_page_links_to_every_talk(podium):
    page = podium.http.get("/").text
    for talk in podium.talks:
        assert re.search(rf'href="[^"]*/talks/{talk["slug"]}"', page)


def test_a_talk_is_there_before_any_script_has_run(podium, question):
    page = podium.http.get(f"/talks/{podium.talk}").text
    assert re.search(rf'<li[^>]*data-id="{question["id"]}"', page)
    assert question["html"].strip() in page
    assert 'id="questions"' in page and 'id="present"' in page and 'id="notice"' in page


def test_a_visitor_gets_a_cookie_that_scripts_cannot_read(podium):
    cookie = podium.http.get("/").headers["Set-Cookie"]
    assert cookie.startswith("visitor=")
    assert "HttpOnly" in cookie
    assert re.search("SameSite=(Lax|Strict)", cookie)


def test_a_visitor_keeps_the_cookie(podium):
    answer = podium.http.get("/", headers={"Cookie": "visitor=someone"})
    assert "visitor=" not in answer.headers.get("Set-Cookie", "")


def test_every_file_that_a_page_needs_is_there_and_is_its_own(podium):
    page = podium.http.get(f"/talks/{podium.talk}").text
    files = re.findall(r'<(?:script|link)[^>]* (?:src|href)="([^"]+)"', page)
    assert files
    for file in files:
        assert file.startswith("/")
        assert podium.http.get(file).status_code == 200


def test_files_of_the_server_are_not_served(podium):
    for path in ("podium.py", "..%2fpodium.py", "%2e%2e/podium.py", "..%5cpodium.py", "%00"):
        answer = podium.http.get(f"/static/{path}")
        assert answer.status_code in (400, 404)


def test_the_debugger_is_off(podium):
    answer = podium.http.get("/?__debugger__=yes&cmd=resource&f=debugger.js")
    assert "Werkzeug" not in answer.text
    assert podium.http.get("/console").status_code == 404
