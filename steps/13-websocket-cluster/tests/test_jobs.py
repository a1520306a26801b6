import threading

import pytest
from sqlalchemy import select

from podium import queue, tasks
from podium.extensions import db
from podium.models import Job, Outbox, Question, Talk, User, find, now
from podium.services import jobs, outbox, users
from podium.services.errors import Busy

TRANSCRIPTS = "/api/v2/talks/talk/transcripts"
FEED = "/api/v2/talks/talk/questions"
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def organiser(app):
    """The headers of the talk's organiser."""
    with app.app_context():
        token, _ = users.issue_token(find(User, nickname="organiser"))
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def without_broker(app):
    """Every connection to the broker is refused."""
    queue.init_app(app_with(app, REDIS_URL=NOWHERE))


def app_with(app, **settings):
    app.config.update(settings)
    return app


def test_a_transcript_is_ordered_followed_and_fetched(
    client, worker, organiser, log_in, ask, until
):
    ask(log_in("asker"))
    answer = client.post(TRANSCRIPTS, headers=organiser)
    assert (answer.status_code, answer.json["status"]) == (202, "queued")
    assert answer.headers["Retry-After"] == "1"
    location = answer.headers["Location"]
    shown = until(lambda: client.get(location, headers=organiser), lambda a: a.status_code == 303)
    assert shown.json["status"] == "done"
    result = client.get(shown.headers["Location"], headers=organiser)
    assert result.content_type == "application/pdf" and result.data.startswith(b"%PDF")


def test_who_waits_for_a_transcript_gets_it(client, worker, organiser):
    answer = client.get("/api/v1/talks/talk/transcript.pdf", headers=organiser)
    assert answer.status_code == 200 and answer.data.startswith(b"%PDF")


def test_who_waits_too_long_is_told_to_come_back(app, client, organiser):
    app.config["WAIT_SECONDS"] = 0.2
    answer = client.get("/api/v2/talks/talk/transcript.pdf", headers=organiser)
    assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0


def test_a_job_tells_how_far_it_is_through_the_result_backend(app, client, organiser):
    job = client.post(TRANSCRIPTS, headers=organiser).headers["Location"]
    backend = app.extensions["celery"].backend
    backend.store_result(job.rpartition("/")[2], {"done": 1, "total": 2}, "PROGRESS")
    shown = client.get(job, headers=organiser).json
    assert (shown["status"], shown["progress"]) == ("running", {"done": 1, "total": 2})
    backend.store_result(job.rpartition("/")[2], TimeoutError("killed"), "FAILURE")
    assert client.get(job, headers=organiser).json["status"] == "failed"


def test_a_job_that_fails_says_so(app, client, organiser):
    job = client.post(TRANSCRIPTS, headers=organiser).headers["Location"]
    with app.app_context(), pytest.raises(ZeroDivisionError):
        jobs.finish(job.rpartition("/")[2], lambda: 1 / 0)
    shown = client.get(job, headers=organiser)
    assert shown.json["status"] == "failed" and "Retry-After" not in shown.headers
    assert client.get(f"{job}/result", headers=organiser).status_code == 404


def test_a_job_that_is_delivered_twice_is_done_once(app, client, organiser):
    id = client.post(TRANSCRIPTS, headers=organiser).json["id"]
    with app.app_context():
        jobs.finish(id, lambda: b"first")
        jobs.finish(id, lambda: pytest.fail("made again"))
        assert find(Job, id=id).result == b"first"


def test_a_job_is_its_owners(client, organiser, log_in):
    job = client.post(TRANSCRIPTS, headers=organiser).headers["Location"]
    for url in (job, f"{job}/result"):
        assert client.get(url).status_code == 401
        assert client.get(url, headers=log_in("other")).status_code == 403
    assert client.get("/api/v2/jobs/none", headers=organiser).status_code == 404


def test_a_result_expires(app, client, organiser):
    id = client.post(TRANSCRIPTS, headers=organiser).json["id"]
    with app.app_context():
        jobs.finish(id, lambda: b"%PDF")
        app.config["RESULT_SECONDS"] = -1
        jobs.tidy_up()
        assert find(Job, id=id).result is None
    for url in (f"/api/v2/jobs/{id}", f"/api/v2/jobs/{id}/result"):
        assert client.get(url, headers=organiser).status_code == 410
    with app.app_context():
        find(Job, id=id).created_at = now() - 2 * jobs.FORGOTTEN_AFTER
        jobs.tidy_up()
    assert client.get(f"/api/v2/jobs/{id}", headers=organiser).status_code == 404


def test_only_the_organiser_orders_a_transcript(client, log_in):
    assert client.post(TRANSCRIPTS).status_code == 401
    assert client.post(TRANSCRIPTS, headers=log_in("other")).status_code == 403
    unknown = client.post("/api/v2/talks/none/transcripts", headers=log_in("third"))
    assert unknown.status_code == 404


def test_without_a_broker_a_job_is_refused_and_leaves_nothing(
    app, client, organiser, without_broker
):
    answer = client.post(TRANSCRIPTS, headers=organiser)
    assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0
    with app.app_context():
        assert db.session.scalars(select(Job)).all() == []


def test_without_a_broker_a_running_job_cannot_be_followed(app, client, organiser):
    job = client.post(TRANSCRIPTS, headers=organiser).headers["Location"]
    queue.init_app(app_with(app, REDIS_URL=NOWHERE))
    assert client.get(job, headers=organiser).status_code == 503


def test_what_is_posted_without_a_broker_is_sent_later(app, server, log_in, client, monkeypatch):
    asker = log_in("asker")
    queue.init_app(app_with(app, REDIS_URL=NOWHERE))
    body = {"source": "See http://127.0.0.1:1/ and http://127.0.0.1:2/ then?"}
    answer = client.post(FEED, json=body, headers=asker)
    assert answer.status_code == 201 and answer.json["previews"] == {"status": "pending"}
    queue.init_app(app_with(app, REDIS_URL=server["REDIS_URL"]))
    sent = []
    monkeypatch.setattr(queue, "send", lambda *task: sent.append(task))
    with app.app_context():
        outbox.relay()
        assert sent == []  # whoever wrote it down may be about to send it
        db.session.execute(db.update(Outbox).values(created_at=now() - 10))
        db.session.commit()
        for _ in range(2):
            outbox.relay()
        assert [task for task, _ in sent] == ["fill_preview"] * 2
        assert db.session.scalars(select(Outbox)).all() == []


def test_what_is_sent_is_crossed_out(app, client, log_in):
    client.post(FEED, json={"source": "See http://127.0.0.1:1/ then?"}, headers=log_in("asker"))
    with app.app_context():
        assert db.session.scalars(select(Outbox)).all() == []


def test_a_preview_comes_later_as_a_change_of_the_feed(client, worker, log_in, pages, until):
    page = pages("<title>Found</title>")
    answer = client.post(FEED, json={"source": f"See {page}"}, headers=log_in("asker"))
    assert answer.json["previews"] == {"status": "pending"}
    cursor = client.get(FEED).json["next"]
    pages.open()
    change = until(
        lambda: client.get(f"{FEED}?after={cursor}").json["items"], lambda items: len(items) == 1
    )[0]
    item = {"url": page, "title": "Found", "description": ""}
    assert change["previews"] == {"status": "done", "items": [item]}
    assert client.get(f"/api/v1/questions/{change['id']}").json["previews"] == [item]


def test_a_site_that_fails_for_a_moment_is_asked_again(client, worker, log_in, pages, until):
    page = pages("<title>At last</title>", failures=2)
    pages.open()
    url = client.post(FEED, json={"source": f"See {page}"}, headers=log_in("asker")).headers[
        "Location"
    ]
    shown = until(lambda: client.get(url).json["previews"], lambda p: p["status"] == "done")
    assert [item["title"] for item in shown["items"]] == ["At last"] and pages.asked == 3


def test_a_site_that_fails_for_good_is_given_up(app, client, log_in, pages):
    page = pages("", failures=10)
    pages.open()
    client.post(FEED, json={"source": f"See {page}"}, headers=log_in("asker"))
    with app.app_context():
        id = db.session.scalar(select(Question)).previews[0].id
        assert tasks.fill_preview.apply((id,)).successful()
        assert db.session.scalar(select(Question)).previews == []
    assert pages.asked == 1 + tasks.fill_preview.max_retries


def test_a_preview_that_is_delivered_twice_is_one_change(app, client, log_in, pages):
    page = pages("<title>Once</title>")
    pages.open()
    client.post(FEED, json={"source": f"See {page}"}, headers=log_in("asker"))
    with app.app_context():
        id = db.session.scalar(select(Question)).previews[0].id
        both = [threading.Thread(target=tasks.fill_preview.apply, args=((id,),)) for _ in range(2)]
        for one in both:
            one.start()
        for one in both:
            one.join()
        version = find(Talk, slug="talk").version
        tasks.fill_preview.apply((id,))
        db.session.rollback()
        assert find(Talk, slug="talk").version == version
        assert len(db.session.scalar(select(Question)).previews) == 1


def test_the_answer_to_an_old_link_is_dropped(app, client, log_in, pages, until):
    asker, page = log_in("asker"), pages("<title>Old</title>")
    url = client.post(FEED, json={"source": f"See {page}"}, headers=asker).headers["Location"]
    with app.app_context():
        id = db.session.scalar(select(Question)).previews[0].id
    running = threading.Thread(target=tasks.fill_preview.apply, args=((id,),))
    running.start()
    until(lambda: pages.asked, lambda asked: asked == 1)
    client.put(url, json={"source": "No link any more."}, headers=asker)
    with app.app_context():
        version = find(Talk, slug="talk").version
    pages.open()
    running.join()
    with app.app_context():
        assert db.session.scalar(select(Question)).previews == []
        assert find(Talk, slug="talk").version == version


def test_nothing_secret_is_in_the_queue(app, client, organiser, log_in, server):
    client.post(TRANSCRIPTS, headers=organiser)
    with queue.redis.Redis.from_url(server["REDIS_URL"]) as broker:
        waiting = broker.lrange("transcripts", 0, -1)
    assert len(waiting) == 1
    token = organiser["Authorization"].split()[1]
    assert token.encode() not in waiting[0] and b"pickle" not in waiting[0]


def test_a_broker_that_is_away_is_not_waited_for(app, without_broker):
    with app.app_context(), pytest.raises(Busy):
        jobs.start(find(User, nickname="organiser"), "make_transcript", 1)
