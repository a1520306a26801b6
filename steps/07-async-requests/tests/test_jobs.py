import threading
import time

import pytest

from podium.extensions import db
from podium.jobs.pool import Pool
from podium.models import Question, Talk, User, find
from podium.services import jobs, users
from podium.services.errors import Busy

TRANSCRIPTS = "/api/v2/talks/talk/transcripts"


@pytest.fixture
def organiser(app):
    """The headers of the talk's organiser."""
    with app.app_context():
        token, _ = users.issue_token(find(User, nickname="organiser"))
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def hold(app):
    """A job that holds its thread until the test is over."""
    release = threading.Event()
    yield release.wait
    release.set()


def fill(app, pool, job):
    with app.app_context():
        places = app.config[f"{pool}_THREADS"] + app.config[f"{pool}_QUEUE"]
        with app.extensions["pools"][pool].places(places) as waiting:
            waiting += [job] * places


def test_a_transcript_is_ordered_followed_and_fetched(client, organiser, log_in, ask, until):
    ask(log_in("asker"))
    answer = client.post(TRANSCRIPTS, headers=organiser)
    assert answer.status_code == 202 and answer.json["status"] in ("queued", "running", "done")
    assert answer.headers["Retry-After"] == "1"
    location = answer.headers["Location"]
    shown = until(lambda: client.get(location, headers=organiser), lambda a: a.status_code == 303)
    assert shown.json["status"] == "done"
    result = client.get(shown.headers["Location"], headers=organiser)
    assert result.content_type == "application/pdf" and result.data.startswith(b"%PDF")


def test_a_job_says_how_far_it_is(app, client, organiser, until):
    half = threading.Event()

    def work(progress):
        progress(1, 2)
        half.wait()

    with app.app_context():
        job = jobs.start(find(User, nickname="organiser"), work)
    url = f"/api/v2/jobs/{job.id}"
    shown = until(lambda: client.get(url, headers=organiser).json, lambda j: "progress" in j)
    half.set()
    assert shown == {"id": job.id, "status": "running", "progress": {"done": 1, "total": 2}}


def test_a_job_that_fails_says_so(app, client, organiser, until):
    with app.app_context():
        job = jobs.start(find(User, nickname="organiser"), lambda progress: 1 / 0)
    url = f"/api/v2/jobs/{job.id}"
    shown = until(
        lambda: client.get(url, headers=organiser).json, lambda j: j["status"] == "failed"
    )
    assert shown["reason"] and "Retry-After" not in client.get(url, headers=organiser).headers
    assert client.get(f"{url}/result", headers=organiser).status_code == 404


def test_a_job_is_its_owners(client, organiser, log_in):
    job = client.post(TRANSCRIPTS, headers=organiser).headers["Location"]
    for url in (job, f"{job}/result"):
        assert client.get(url).status_code == 401
        assert client.get(url, headers=log_in("other")).status_code == 403
    assert client.get("/api/v2/jobs/none", headers=organiser).status_code == 404


def test_a_result_expires(app, client, organiser, until):
    job = client.post(TRANSCRIPTS, headers=organiser).headers["Location"]
    until(lambda: client.get(job, headers=organiser), lambda a: a.status_code == 303)
    app.config["RESULT_SECONDS"] = -1
    for url in (job, f"{job}/result"):
        assert client.get(url, headers=organiser).status_code == 410
    client.post(TRANSCRIPTS, headers=organiser)
    known = app.extensions["jobs"]
    assert [one.result for one in known.values() if one.id in job] == [None]


def test_only_the_organiser_orders_a_transcript(client, log_in):
    assert client.post(TRANSCRIPTS).status_code == 401
    assert client.post(TRANSCRIPTS, headers=log_in("other")).status_code == 403
    unknown = client.post("/api/v2/talks/none/transcripts", headers=log_in("third"))
    assert unknown.status_code == 404


def test_a_full_pool_says_so_at_once_and_keeps_nothing(app, client, log_in, organiser, hold):
    asker = log_in("asker")
    for pool in ("PREVIEW", "TRANSCRIPT"):
        fill(app, pool, hold)
    body = {"source": "What of http://127.0.0.1:1/ then?"}
    post = client.post("/api/v2/talks/talk/questions", json=body, headers=asker)
    for answer in (post, client.post(TRANSCRIPTS, headers=organiser)):
        assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0
    assert client.get("/api/v1/questions?talk=talk").json["questions"] == []
    body = {"source": "And without a link?"}
    post = client.post("/api/v2/talks/talk/questions", json=body, headers=asker)
    assert post.status_code == 201


def test_places_are_given_back(app, until):
    pool = Pool(app, threads=2, waiting=3)
    for _ in range(10):
        with pool.places(5) as waiting:
            waiting += [time.time, lambda: 1 / 0]
        until(lambda: pool.free, lambda free: free == 5)
    with pytest.raises(KeyError), pool.places(5):
        raise KeyError
    assert pool.free == 5
    with pytest.raises(Busy), pool.places(6):
        pass


def test_a_preview_comes_later_as_a_change_of_the_feed(app, client, log_in, pages, until):
    page = pages("<title>Found</title>")
    answer = client.post(
        "/api/v2/talks/talk/questions", json={"source": f"See {page}"}, headers=log_in("asker")
    )
    assert answer.json["previews"] == {"status": "pending"}
    feed = "/api/v2/talks/talk/questions"
    cursor = client.get(feed).json["next"]
    pages.open()
    change = until(
        lambda: client.get(f"{feed}?after={cursor}").json["items"], lambda items: len(items) == 1
    )[0]
    item = {"url": page, "title": "Found", "description": ""}
    assert change["previews"] == {"status": "done", "items": [item]}
    first = client.get(f"/api/v1/questions/{change['id']}").json
    assert first["previews"] == [item]


def test_the_answer_to_an_old_link_is_dropped(app, client, log_in, pages, until):
    asker, page = log_in("asker"), pages("<title>Old</title>")
    url = client.post(
        "/api/v2/talks/talk/questions", json={"source": f"See {page}"}, headers=asker
    ).headers["Location"]
    until(lambda: pages.asked, lambda asked: asked == 1)
    client.put(url, json={"source": "No link any more."}, headers=asker)
    with app.app_context():
        version = find(Talk, slug="talk").version
    pages.open()
    until(lambda: app.extensions["pools"]["PREVIEW"].free, lambda free: free == 108)
    with app.app_context():
        assert db.session.scalar(db.select(Question)).previews == []
        assert find(Talk, slug="talk").version == version
