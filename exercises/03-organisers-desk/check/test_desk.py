"""Opens desks in the running step 3."""

import html
import re

import pytest


@pytest.fixture(scope="session")
def visit(podium):
    """Open a page; return its status and its text, without tags' attributes in the way."""

    def visit(path):
        answer = podium.http.get(path)
        return answer.status_code, html.unescape(answer.text)

    return visit


@pytest.fixture(scope="session")
def talk(podium):
    return podium.talks[0]


@pytest.fixture(scope="session")
def desk(talk):
    return f"/organisers/{talk['organiser']}"


def test_an_organiser_has_a_desk(visit, desk):
    status, _ = visit(desk)
    assert status != 404, f"there is no page {desk}"
    assert status == 200, f"{desk} answers {status}"


def test_the_desk_links_to_the_talks_of_that_organiser_only(visit, podium, desk, talk):
    status, text = visit(desk)
    assert status == 200, f"{desk} answers {status}"
    assert f'href="/talks/{talk["slug"]}"' in text, "the desk has no link to the talk"
    assert talk["title"] in text, "the desk does not show the talk's title"
    for other in podium.talks[1:]:
        assert other["title"] not in text, f"the desk shows {other['title']!r}, of somebody else"


def test_the_desk_counts_the_questions_that_are_not_answered(visit, podium, organiser, desk):
    before = sum(not question["answered"] for question in podium.questions())
    status, text = visit(desk)
    assert status == 200, f"{desk} answers {status}"
    assert re.search(rf"\b{before} open\b", text), f"the desk does not say `{before} open`"
    question = next(each for each in podium.questions() if not each["answered"])
    organiser.put(f"/api/questions/{question['id']}/answered")
    _, text = visit(desk)
    assert re.search(rf"\b{before - 1} open\b", text), "the count is the same after an answer"


def test_the_desk_has_the_frame_of_all_pages(visit, desk):
    status, text = visit(desk)
    assert status == 200, f"{desk} answers {status}"
    assert 'class="brand"' in text, "the desk does not extend site/base.html"


def test_who_organises_nothing_is_told_so_by_a_page_of_the_area(visit, podium, desk):
    status, text = visit("/organisers/nobody.i.know")
    assert status == 404, f"/organisers/nobody.i.know answers {status} and not 404"
    links = [f'href="/organisers/{each["organiser"]}"' in text for each in podium.talks]
    assert all(links), "its page does not link to all the desks that there are"
    assert 'class="brand"' in text, "its page does not extend site/base.html"


def test_a_name_is_text_and_no_html(podium):
    answer = podium.http.get("/organisers/<b>nobody<b>")
    assert "<b>nobody" not in answer.text, "the page shows a name from the URL as HTML"


def test_the_other_areas_answer_as_before(visit, podium):
    status, text = visit("/talks/no-such-talk")
    assert status == 404 and podium.talks[0]["title"] in text, "talks lost their own 404 page"
    status, text = visit("/nothing-here")
    assert status == 404 and "organisers" not in text, "a page of no area has a page of yours"
    assert podium.http.get("/api/nothing").json()["status"] == 404, "the API's 404 is no JSON"
