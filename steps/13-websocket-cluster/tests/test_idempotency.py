import threading

import pytest
from sqlalchemy import func, select

from podium.extensions import db
from podium.models import Answer, Question, Talk, User, find, now
from podium.services import answers

FEED = "/api/v2/talks/talk/questions"


@pytest.fixture
def post(app, log_in):
    """Post a question with a key, as the same person each time."""
    asker = log_in("asker")

    def post(key, source="Why?", headers=asker, url=FEED):
        headers = headers | {"Idempotency-Key": key}
        return app.test_client().post(url, json={"source": source}, headers=headers)

    return post


def count(app, model=Question):
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model))


def test_the_same_request_is_carried_out_once(app, post):
    first, again = post("key"), post("key")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json == first.json and again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert count(app) == 1


def test_the_same_request_at_the_same_time_is_carried_out_once(app, post):
    results = []
    threads = [threading.Thread(target=lambda: results.append(post("key"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.status_code for result in results] == [201] * 8
    assert len({result.json["id"] for result in results}) == count(app) == 1


def test_the_answer_is_repeated_as_it_was(app, client, log_in, post):
    first = post("key")
    client.put(f"{first.headers['Location']}/vote", headers=log_in("voter"))
    assert post("key").json["score"] == 0


def test_a_key_is_for_one_request(app, post):
    post("key")
    with app.app_context():
        organiser = find(User, nickname="organiser")
        db.session.add(
            Talk(slug="other", title="x", speaker="x", description="x", organiser=organiser)
        )
        db.session.commit()
    assert post("key", "Something else?").status_code == 422
    assert post("key", url="/api/v2/talks/other/questions").status_code == 422
    assert count(app) == 1


def test_a_key_is_its_users(app, log_in, post):
    assert post("key").json["id"] != post("key", headers=log_in("other")).json["id"]


@pytest.mark.parametrize("key", ["", "x" * 201, "a b", "ü"])
def test_a_key_that_is_none_is_refused(app, post, key):
    assert post(key).status_code == 400
    assert count(app) == 0


def test_what_was_refused_may_be_sent_again(app, post):
    assert post("key", " ").status_code == 400
    assert post("key", "Better?").status_code == 201


def test_a_change_that_fails_leaves_no_answer(app, post, monkeypatch):
    def fail(*_):
        raise RuntimeError

    monkeypatch.setattr("podium.services.questions.outbox.send", fail)
    monkeypatch.setattr("podium.services.questions.touch", fail)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert post("key").status_code == 500
    assert count(app) == count(app, Answer) == 0


def test_answers_are_dropped_after_a_day(app, post):
    post("key")
    with app.app_context():
        db.session.execute(db.update(Answer).values(created_at=now() - 2 * answers.KEPT))
        answers.tidy_up()
    assert count(app, Answer) == 0
