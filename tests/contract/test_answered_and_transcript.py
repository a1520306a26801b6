"""What only the organiser of a talk may do: mark questions answered, take the transcript away."""

import io

import pypdf
import pytest

from tests.podium_api import SEED_PASSWORD, is_error, unique


def test_the_organiser_marks_a_question_answered_and_back(podium, organiser, question):
    path = f"/api/questions/{question['id']}/answered"
    for _ in range(2):
        assert organiser.put(path).status_code == 204
        assert podium.question(question["id"])["answered"] is True
    for _ in range(2):
        assert organiser.delete(path).status_code == 204
        assert podium.question(question["id"])["answered"] is False


def test_nobody_else_marks_a_question_answered(podium, alice):
    question = alice.ask("Did I answer it myself?")
    others = [who["organiser"] for who in podium.talks if who["organiser"] != organiser_of(podium)]
    elsewhere = [podium.log_in(nickname, SEED_PASSWORD) for nickname in others[:1]]
    for person in [alice, *elsewhere]:
        for method in (person.put, person.delete):
            assert is_error(method(f"/api/questions/{question['id']}/answered"), 403)
    assert podium.question(question["id"])["answered"] is False


def test_only_the_organiser_gets_the_transcript(podium, alice):
    path = f"/api/talks/{podium.talk}/transcript.pdf"
    assert is_error(podium.http.get(path), 401)
    assert is_error(alice.get(path), 403)


@pytest.fixture(scope="module")
def transcript(podium, organiser, alice, bob):
    """The text of a transcript after three questions with known words, and what was asked."""
    words = {name: unique(name).replace("-", "") for name in ("first", "second", "third")}
    asked = {name: podium.ask(f"Is {word} a word, or **two**?") for name, word in words.items()}
    for voter in (alice, bob):
        voter.vote(asked["first"])
    bob.vote(asked["second"])
    podium.ask("Кириллица, ελληνικά, 日本語, العربية, हिन्दी, 🎤👩🏽‍🚀, \u202eright to left\u202c?")
    podium.ask("<script>alert(1)</script> & <b>bold</b> `a < b`\n\n- one\n- two\n\n> quoted")
    podium.ask("A line without a blank: " + "x" * 1900)
    before = text_of(organiser, podium.talk)
    organiser.put(f"/api/questions/{asked['second']['id']}/answered")
    return before, text_of(organiser, podium.talk), words


def test_the_transcript_has_the_title_and_every_question(podium, transcript):
    _, text, words = transcript
    assert squeezed(podium.talks[0]["title"]) in squeezed(text)
    assert podium.talks[0]["speaker"].split()[0] in text
    assert all(word in text for word in words.values())


def test_the_transcript_is_in_the_order_of_votes(transcript):
    _, text, words = transcript
    places = [text.index(words[name]) for name in ("first", "second", "third")]
    assert places == sorted(places)


def test_the_transcript_marks_what_was_answered(transcript):
    before, after, _ = transcript
    assert after.lower().count("answered") == before.lower().count("answered") + 1


def test_the_transcript_shows_text_and_not_markup(transcript):
    _, text, words = transcript
    line = squeezed(f"Is {words['first']} a word, or two?")
    assert line in squeezed(text)
    assert "alert(1)" in text
    assert "&lt;" not in text and "&amp;" not in text and "**" not in text


def test_the_transcript_can_hold_letters_of_other_scripts(transcript):
    _, text, _ = transcript
    assert "Кириллица" in text
    assert "ελληνικά" in text


def text_of(organiser, talk):
    """Download a transcript and return its text."""
    answer = organiser.get(f"/api/talks/{talk}/transcript.pdf")
    assert answer.status_code == 200, answer.text[:300]
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    pages = pypdf.PdfReader(io.BytesIO(answer.content)).pages
    return "\n".join(page.extract_text() for page in pages)


def squeezed(text):
    """Return text without blanks, as a PDF breaks lines where it likes."""
    return "".join(text.split())


def organiser_of(podium):
    return podium.talks[0]["organiser"]
