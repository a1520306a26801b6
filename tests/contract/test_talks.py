"""Talks."""

from urllib.parse import quote

import pytest

from tests.podium_api import is_error, unique

FIELDS = {"slug", "title", "speaker", "description", "organiser", "questions"}


def test_there_are_three_talks_with_questions_worth_reading(podium):
    talks = podium.http.get("/api/talks").json()["talks"]
    assert len(talks) == 3
    for talk in talks:
        assert set(talk) == FIELDS
        assert all(isinstance(talk[name], str) and talk[name] for name in FIELDS - {"questions"})
    assert sum(talk["questions"] for talk in talks) >= 100


def test_a_talk_is_found_by_its_slug(podium):
    for talk in podium.http.get("/api/talks").json()["talks"]:
        answer = podium.http.get(f"/api/talks/{talk['slug']}")
        assert answer.status_code == 200
        assert answer.json() == talk


def test_a_talk_counts_its_questions(podium):
    before = podium.http.get(f"/api/talks/{podium.talk}").json()["questions"]
    assert before == len(podium.questions())
    podium.ask("One more?")
    assert podium.http.get(f"/api/talks/{podium.talk}").json()["questions"] == before + 1


@pytest.mark.parametrize(
    "slug", ["nothing", "x" * 5000, "%00", "a%00b", "%ff", "%F0%9F%8E%A4", "..", "'%20OR%201=1"]
)
def test_an_unknown_talk_is_not_found(podium, slug):
    answer = podium.http.get(f"/api/talks/{slug}x")
    # Whether a null byte is a mistake or merely the name of nothing is for the step to say.
    assert is_error(answer, 400 if answer.status_code == 400 and "%00" in slug else 404)


def test_an_organiser_is_somebody(podium):
    for talk in podium.talks:
        assert podium.http.get(f"/api/users/{quote(talk['organiser'])}").status_code == 200


def test_nobody_is_no_organiser(podium, alice):
    assert alice.nickname not in {talk["organiser"] for talk in podium.talks}
    assert is_error(alice.get(f"/api/talks/{unique('none')}/transcript.pdf"), 404)
