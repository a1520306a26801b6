"""Questions: posting, reading, editing, deleting, and their order."""

import json
import time

import pytest

from tests.podium_api import is_error, refusal, unique

FIELDS = {
    "id": int,
    "talk": str,
    "author": str,
    "source": str,
    "html": str,
    "score": int,
    "answered": bool,
    "created_at": int,
    "updated_at": int,
    "previews": list,
}
BAD_SOURCES = ["", " ", "\n\t \u2003", "x" * 2001, "nul\0l", None, True, 1.5, ["x"], {}]


def test_a_question_comes_back_rendered_and_its_location_resolves(podium):
    author = podium.author()
    before = int(time.time())
    body = {"talk": podium.talk, "source": "Is *this* **on**?"}
    answer = author.post("/api/questions", json=body)
    assert answer.status_code == 201
    question = answer.json()
    assert set(question) == set(FIELDS)
    assert all(type(question[name]) is kind for name, kind in FIELDS.items())
    assert question["author"] == author.nickname
    assert (question["talk"], question["source"]) == (podium.talk, body["source"])
    assert question["html"].strip() == "<p>Is <em>this</em> <strong>on</strong>?</p>"
    assert (question["score"], question["answered"], question["previews"]) == (0, False, [])
    assert before <= question["created_at"] <= question["updated_at"] <= time.time() + 1
    assert answer.headers["Location"].endswith(f"/api/questions/{question['id']}")
    assert podium.follow(answer).json() == question


def test_a_question_is_found_in_the_list_of_its_talk_only(podium, question):
    assert question in podium.questions()
    other = podium.questions(talk=podium.talks[1]["slug"])
    assert question["id"] not in [each["id"] for each in other]


def test_a_source_may_have_2000_characters_of_any_script(podium):
    source = "Ж" * 1999 + "🎤"
    assert podium.ask(source)["source"] == source


@pytest.mark.parametrize("source", BAD_SOURCES, ids=lambda source: repr(source)[:20])
def test_a_bad_source_is_refused_by_name(podium, alice, question, source):
    headers = {"Content-Type": "application/json"}
    body = json.dumps({"talk": podium.talk, "source": source})
    answer = alice.post("/api/questions", content=body, headers=headers)
    assert is_error(answer, 400, field="source")


def test_a_bad_source_does_not_replace_a_good_one(podium):
    author = podium.author()
    question = author.ask("The good one?")
    headers = {"Content-Type": "application/json"}
    for source in BAD_SOURCES:
        body = json.dumps({"source": source})
        answer = author.put(f"/api/questions/{question['id']}", content=body, headers=headers)
        assert is_error(answer, 400, field="source")
    assert podium.question(question["id"]) == question


@pytest.mark.parametrize("talk", ["nothing", "", "\0", None, 3, True, ["x"]])
def test_a_question_for_no_talk_is_refused_by_name(podium, talk):
    answer = podium.author().post("/api/questions", json={"talk": talk, "source": "Where?"})
    assert is_error(answer, 400, field="talk")


@pytest.mark.parametrize("field", ["talk", "source"])
def test_a_missing_field_of_a_question_is_refused_by_name(podium, field):
    body = {"talk": podium.talk, "source": "Whole?"}
    del body[field]
    assert is_error(podium.author().post("/api/questions", json=body), 400, field=field)


@pytest.mark.parametrize("name", ["score", "answered", "author", "html", "id", "created_at"])
def test_what_the_server_decides_cannot_be_sent(podium, name):
    author = podium.author()
    body = {"talk": podium.talk, "source": "Mine?", name: 99}
    assert is_error(author.post("/api/questions", json=body), 400, field=name)


def test_an_author_edits_an_own_question(podium, bob):
    author = podium.author()
    question = author.ask("Frist?")
    bob.vote(question)
    answer = author.put(f"/api/questions/{question['id']}", json={"source": "First `now`?"})
    assert answer.status_code == 200
    edited = answer.json()
    assert edited == podium.question(question["id"])
    assert edited["source"] == "First `now`?"
    assert edited["html"].strip() == "<p>First <code>now</code>?</p>"
    assert (edited["score"], edited["created_at"]) == (1, question["created_at"])
    assert edited["updated_at"] >= question["updated_at"]


def test_an_edit_cannot_move_a_question_to_another_talk(podium):
    author = podium.author()
    question = author.ask("Here or there?")
    body = {"source": "There?", "talk": podium.talks[1]["slug"]}
    answer = author.put(f"/api/questions/{question['id']}", json=body)
    assert is_error(answer, 400, field="talk")
    assert podium.question(question["id"]) == question


def test_an_author_deletes_an_own_question(podium):
    author = podium.author()
    question = author.ask("Never mind?")
    path = f"/api/questions/{question['id']}"
    answer = author.delete(path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert is_error(podium.http.get(path), 404)
    assert is_error(author.delete(path), 404)
    assert is_error(author.put(path, json={"source": "Back?"}), 404)
    assert is_error(author.put(f"{path}/vote"), 404)
    assert question["id"] not in [each["id"] for each in podium.questions()]


def test_the_id_of_a_deleted_question_is_not_given_again(podium):
    author = podium.author()
    question = author.ask("First?")
    author.delete(f"/api/questions/{question['id']}")
    assert author.ask("Second?")["id"] != question["id"]


def test_nobody_else_edits_or_deletes_a_question_not_even_the_organiser(
    podium, bob, organiser, question
):
    path = f"/api/questions/{question['id']}"
    for other in (bob, organiser):
        assert is_error(other.put(path, json={"source": "Mine now?"}), 403)
        assert is_error(other.delete(path), 403)
    assert podium.question(question["id"]) == question


@pytest.mark.parametrize(
    "id", ["0", "999999999", "2147483648", "9" * 30, "-1", "1.5", "abc", "٣", "1%00", "%00", "1e3"]
)
def test_an_unknown_or_impossible_id_is_not_found(alice, id):
    for method, path, body in [
        ("GET", f"/api/questions/{id}", None),
        ("PUT", f"/api/questions/{id}", {"source": "?"}),
        ("DELETE", f"/api/questions/{id}", None),
        ("PUT", f"/api/questions/{id}/vote", None),
        ("DELETE", f"/api/questions/{id}/answered", None),
    ]:
        answer = alice.request(method, path, json=body)
        assert is_error(answer, refusal(answer, path))


def test_the_list_is_sorted_by_score_then_oldest_first(podium, alice, bob):
    low, high, middle = (podium.ask(f"Which place is mine, {n}?") for n in range(3))
    alice.vote(high)
    bob.vote(high)
    bob.vote(middle)
    listed = podium.questions()
    key = [(-each["score"], each["created_at"], each["id"]) for each in listed]
    assert key == sorted(key)
    ids = [each["id"] for each in listed]
    assert ids.index(high["id"]) < ids.index(middle["id"]) < ids.index(low["id"])


def test_since_leaves_out_what_has_not_changed_after_that_second(podium):
    author = podium.author()
    question = author.ask("When was that?")
    changed = question["updated_at"]
    assert question["id"] in ids_since(podium, changed - 1)
    assert question["id"] not in ids_since(podium, changed)
    assert ids_since(podium, changed + 3600) == []
    assert ids_since(podium, 0) == [each["id"] for each in podium.questions()]


def test_since_shows_a_question_that_was_voted_for_edited_or_answered(podium, bob, organiser):
    author = podium.author()
    voted, edited, answered, untouched = (author.ask(f"Changing, {n}?") for n in range(4))
    second = untouched["updated_at"]
    wait_for_second_after(second)
    bob.vote(voted)
    author.put(f"/api/questions/{edited['id']}", json={"source": "Changed?"})
    organiser.put(f"/api/questions/{answered['id']}/answered")
    listed = ids_since(podium, second)
    assert {voted["id"], edited["id"], answered["id"]} <= set(listed)
    assert untouched["id"] not in listed


@pytest.mark.parametrize(
    "since", ["abc", "-1", "1e400", "10" * 15, "٣", "1.5", "0x10", "nan", "\0", "1\0", "9" * 5000]
)
def test_a_since_that_is_no_time_is_refused_by_name(podium, since):
    answer = podium.http.get("/api/questions", params={"talk": podium.talk, "since": since})
    assert is_error(answer, 400, field="since")


def test_a_list_needs_a_talk_that_exists(podium):
    assert is_error(podium.http.get("/api/questions"), 400, field="talk")
    assert is_error(podium.http.get("/api/questions?talk=nothing"), 404)
    for talk in ("%00", "a%00b", "%FF", "x" * 3000):
        answer = podium.http.get(f"/api/questions?talk={talk}")
        assert answer.status_code in (400, 404)
        assert is_error(answer, answer.status_code)


def test_an_unknown_parameter_of_a_list_is_ignored(podium):
    assert podium.questions(colour="red", page="x\0y") == podium.questions()


def test_reading_needs_no_token_and_a_bad_one_does_not_hinder(podium, question):
    headers = {"Authorization": f"Bearer {unique('bad')}"}
    for path in (f"/api/questions/{question['id']}", "/api/talks", "/api/stats"):
        assert podium.http.get(path, headers=headers).status_code == 200


def test_thirty_questions_a_minute_are_enough_for_anybody(podium):
    eager, other = podium.register(), podium.register()
    body = {"talk": podium.side_talk, "source": "And another thing?"}
    answers = [eager.post("/api/questions", json=body) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [201] * 30 + [429]
    assert is_error(answers[-1], 429)
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert other.ask("May I?")
    question = answers[0].json()
    assert eager.delete(f"/api/questions/{question['id']}").status_code == 204


def ids_since(podium, since):
    return [each["id"] for each in podium.questions(since=since)]


def wait_for_second_after(second):
    """Wait until the clock shows a later second, at most a bit more than one."""
    deadline = time.monotonic() + 3
    while int(time.time()) <= second:
        assert time.monotonic() < deadline, "the clock of this machine stands still"
        time.sleep(0.02)
