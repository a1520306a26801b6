"""From step 7 on: what takes long is ordered, followed and fetched, in version 2 and by pages."""

import re
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import quote, urlsplit

import pytest
from guards import faults_in_page
from jobs import JOB_ENDS_WITHIN, follow, is_unfinished, order, organiser_of, path_of, text_of
from test_api_versions import is_problem
from web_forms import Browser

from tests.podium_api import PASSWORD, SEED_PASSWORD, is_error, unique, wait_until

pytestmark = pytest.mark.since(7)

TALK = 2  # the number of a talk to which few other tests write
BACKLOG = 4  # so many orders at once that the last has to wait
REFRESH = re.compile(r'<meta[^>]*http-equiv="?refresh"?[^>]*content="?1\b', re.I)


@dataclass
class Backlog:
    """Some orders at once, and what the last of them told until it was done."""

    words: list
    questions: int
    orders: list
    early_result: object
    answers: list

    @property
    def path(self):
        return path_of(self.orders[-1])


@pytest.fixture(scope="module")
def talk(podium):
    return podium.talks[TALK]["slug"]


@pytest.fixture(scope="module")
def host(podium):
    """The organiser of the talk."""
    return organiser_of(podium, TALK)


@pytest.fixture(scope="module")
def backlog(podium, talk, host):
    words = [unique().replace("-", "") for _ in range(3)]
    for word in words:
        podium.ask(f"Is **{word}** a word?", talk)
    for n in range(20):
        podium.ask(f"{n}: " + "Why is that so long? " * 80, talk)
    size = len(podium.questions(talk=talk))
    orders = [order(host, talk) for _ in range(BACKLOG)]
    early = host.get(f"{path_of(orders[-1])}/result")
    return Backlog(words, size, orders, early, follow(host, path_of(orders[-1])))


def test_an_order_is_accepted_and_says_where_to_ask(backlog):
    for answer in backlog.orders:
        assert (answer.status_code, answer.headers["Retry-After"]) == (202, "1")
        job = answer.json()
        assert path_of(answer) == f"/api/v2/jobs/{job['id']}"
        assert job == {"id": job["id"], "status": "queued"} or job["status"] == "running"
    ids = [answer.json()["id"] for answer in backlog.orders]
    assert len(set(ids)) == len(ids) and all(len(id) >= 16 for id in ids)


def test_a_job_says_how_far_it_is_until_it_is_done(podium, talk, backlog):
    *unfinished, done = backlog.answers
    id = backlog.orders[-1].json()["id"]
    order_of = {"queued": 0, "running": 1}
    progress = []
    for answer in unfinished:
        job = answer.json()
        assert (answer.status_code, answer.headers["Retry-After"]) == (200, "1")
        assert set(job) - {"progress"} == {"id", "status"} and job["id"] == id
        assert "progress" not in job or job["status"] == "running"
        progress += [job["progress"]] if "progress" in job else []
    statuses = [order_of[answer.json()["status"]] for answer in unfinished]
    assert statuses == sorted(statuses), "it was queued again after it had run"
    assert progress, "it never said how far it is"
    assert all(set(each) == {"done", "total"} for each in progress)
    assert len({each["total"] for each in progress}) == 1
    now = len(podium.questions(talk=talk))
    assert backlog.questions <= progress[0]["total"] <= now
    assert all(0 <= each["done"] <= each["total"] for each in progress)
    assert all(one["done"] <= next["done"] for one, next in pairwise(progress))
    assert done.status_code == 303
    assert "Retry-After" not in done.headers


def test_a_finished_job_leads_to_its_result(backlog):
    done = backlog.answers[-1]
    result = f"{backlog.path}/result"
    assert (done.status_code, urlsplit(done.headers["Location"]).path) == (303, result)
    assert done.json() == {
        "id": backlog.orders[-1].json()["id"],
        "status": "done",
        "result": result,
    }


def test_the_result_is_a_transcript_with_the_words_of_the_questions(podium, host, backlog):
    for _ in range(2):
        answer = host.get(f"{backlog.path}/result")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    text = text_of(answer.content)
    assert "".join(podium.talks[TALK]["title"].split()) in text
    assert [word for word in backlog.words if word not in text] == []


def test_there_is_no_result_before_the_job_is_done(backlog):
    assert is_problem(backlog.early_result, 404)


def test_everybody_who_ordered_gets_a_result(host, backlog):
    for answer in backlog.orders:
        assert follow(host, path_of(answer))[-1].status_code == 303
        result = host.get(f"{path_of(answer)}/result")
        assert result.content.startswith(b"%PDF-")


def test_only_the_organiser_orders_a_transcript(podium, alice):
    path = f"/api/v2/talks/{podium.talk}/transcripts"
    assert is_problem(podium.http.post(path), 401)
    assert is_problem(alice.post(path), 403)


def test_a_transcript_of_no_talk_cannot_be_ordered(organiser):
    for talk in ("nothing", "%00", "a%2fb", "x" * 3000):
        answer = organiser.post(f"/api/v2/talks/{talk}/transcripts")
        assert is_problem(answer, 400 if answer.status_code == 400 and "%00" in talk else 404)


def test_a_job_is_for_who_ordered_it(podium, alice, backlog):
    other = organiser_of(podium, 1)
    strangers = [alice] if other.nickname == podium.talks[TALK]["organiser"] else [alice, other]
    for path in (backlog.path, f"{backlog.path}/result"):
        assert is_problem(podium.http.get(path), 401)
        for stranger in strangers:
            assert is_problem(stranger.get(path), 403)


@pytest.mark.parametrize(
    "id", ["nothing", "1", "-1", "x" * 3000, "%00", "a%00b", "%ff", "🎤", "'%20OR%201=1", "null"]
)
def test_an_unknown_job_is_not_found(podium, alice, id):
    for path in (f"/api/v2/jobs/{id}", f"/api/v2/jobs/{id}/result"):
        answer = alice.get(path)
        assert is_problem(answer, 400 if answer.status_code == 400 and "%00" in id else 404)
        answer = podium.http.get(path)
        # A path with a null byte may also lead nowhere, or be no HTTP at all, whoever asks.
        nowhere = "%00" in id and answer.status_code in (400, 404)
        assert is_problem(answer, answer.status_code if nowhere else 401)


def test_a_job_cannot_be_changed_or_ordered_by_a_get(host, talk, backlog):
    for method, path in (
        ("POST", backlog.path),
        ("DELETE", backlog.path),
        ("PUT", f"{backlog.path}/result"),
        ("GET", f"/api/v2/talks/{talk}/transcripts"),
    ):
        assert is_problem(host.request(method, path), 405)


def test_version_1_knows_no_jobs(host, talk, backlog):
    for prefix in ("/api", "/api/v1"):
        assert is_error(host.post(f"{prefix}/talks/{talk}/transcripts"), 404)
        assert is_error(host.get(backlog.path.replace("/api/v2", prefix)), 404)


def test_jobs_are_described_in_the_document_of_version_2(podium):
    paths = podium.http.get("/api/v2/openapi.json").json()["paths"]
    operations = {re.sub("{[^}]*}", "{}", path): item for path, item in paths.items()}
    ordering = operations["/talks/{}/transcripts"]["post"]["responses"]
    asking = operations["/jobs/{}"]["get"]["responses"]
    fetching = operations["/jobs/{}/result"]["get"]["responses"]
    assert {"202", "401", "403", "404", "503"} <= set(ordering)
    assert {"200", "303", "401", "403", "404", "410"} <= set(asking)
    assert {"200", "401", "403", "404", "410"} <= set(fetching)


def test_a_result_is_kept_for_a_while_and_then_it_is_gone(expiry):
    result = expiry.result()
    unfinished = [answer for answer in result.answers if is_unfinished(answer)]
    *kept, gone = result.answers[len(unfinished) :]
    assert kept and {answer.status_code for answer in kept} == {303}
    assert result.result.content.startswith(b"%PDF-")
    assert is_problem(gone, 410)
    assert is_problem(result.late_result, 410)
    assert is_problem(result.of_another, 403)


@pytest.mark.until(7)
def test_a_full_pool_of_readers_refuses_links_and_nothing_else(own):
    author = own.register()
    link = f"{own.slow_site_url}/page/1?delay=2"
    path = f"/api/v2/talks/{own.talk}/questions"
    kept = author.ask("Mine to keep?")
    for n in range(2):  # one is read, one waits for its turn
        assert author.post(path, json={"source": f"{link}&n={n}"}).status_code == 201
    before = own.questions()
    refused = author.post(path, json={"source": f"One more: {link}"})
    assert is_problem(refused, 503)
    edit = {"source": f"Now with {link}"}
    for answer in (
        author.post("/api/questions", json=edit | {"talk": own.talk}),
        author.put(f"/api/questions/{kept['id']}", json=edit),
    ):
        assert is_error(answer, 503)
        assert int(answer.headers["Retry-After"]) >= 1
    assert int(refused.headers["Retry-After"]) >= 1
    assert own.questions() == before, "something of what was refused is kept"
    assert author.ask("Without a link there is always room?")
    wait_until(
        lambda: author.post(path, json={"source": f"Now then: {link}"}).status_code == 201,
        "no place was given back",
        every=0.3,
    )


@pytest.mark.until(7)
def test_a_full_pool_of_writers_refuses_orders(own, background):
    organiser = organiser_of(own)
    answers = list(background.map(lambda _: order(organiser, own.talk), range(12)))
    accepted = [answer for answer in answers if answer.status_code == 202]
    refused = [answer for answer in answers if answer.status_code != 202]
    assert len(accepted) >= 2 and refused
    for answer in refused:
        assert is_problem(answer, 503)
        assert int(answer.headers["Retry-After"]) >= 1
    for answer in accepted:
        assert follow(organiser, path_of(answer))[-1].status_code in (303, 410)
    assert order(organiser, own.talk).status_code == 202


@pytest.fixture
def browser(podium, talk):
    with Browser(podium).http as http:
        browser = Browser(podium)
        browser.http = http
        browser.talk = f"/talks/{talk}"
        yield browser


def test_the_organiser_makes_the_transcript_by_pages_alone(talk, host, browser, backlog):
    browser.log_in(host.nickname, SEED_PASSWORD)
    form = browser.open(browser.talk).form("transcript")
    ahead = [order(host, talk) for _ in range(BACKLOG)]
    answer = browser.submit(form, "transcript", follow=False)
    path = urlsplit(answer.headers["Location"]).path
    assert answer.status_code == 303 and re.fullmatch(r"/jobs/[^/]+", path)
    pages = []

    def finished():
        pages.append(browser.open(path))
        return any("result" in (link.get("class") or "") for link in pages[-1].links)

    wait_until(finished, "the page never has a link to the result", JOB_ENDS_WITHIN, every=0.1)
    *waiting, done = pages
    assert waiting, "the job was done before anybody could see it wait"
    for page in waiting:
        assert (page.status, faults_in_page(page.answer.text)) == (200, [])
        assert REFRESH.search(page.answer.text) and "<progress" in page.answer.text
    assert (done.status, faults_in_page(done.answer.text)) == (200, [])
    assert not REFRESH.search(done.answer.text) and "<progress" not in done.answer.text
    result = browser.http.get(done.link("result"))
    assert urlsplit(done.link("result")).path == f"{path}/result"
    assert result.headers["Content-Type"] == "application/pdf"
    assert backlog.words[0] in text_of(result.content)
    assert all(follow(host, path_of(each))[-1].status_code == 303 for each in ahead)


def test_the_page_of_a_job_is_for_who_ordered_it(browser, backlog):
    path = backlog.path.replace("/api/v2", "")
    for page in (path, f"{path}/result"):
        assert browser.http.get(page).url.path == "/login"
    browser.register(unique("mallory"), PASSWORD)
    for page in (path, f"{path}/result"):
        answer = browser.http.get(page)
        assert answer.status_code == 403
        assert answer.headers["Content-Type"].startswith("text/html")
        assert faults_in_page(answer.text) == []


def test_the_page_of_an_unknown_job_is_not_found(browser):
    browser.register(unique("curious"), PASSWORD)
    for id in ("nothing", quote("<script>"), "x" * 3000):
        for path in (f"/jobs/{id}", f"/jobs/{id}/result"):
            answer = browser.http.get(path)
            assert answer.status_code == 404
            assert answer.headers["Content-Type"].startswith("text/html")
            assert faults_in_page(answer.text) == []


def test_only_the_organiser_has_the_form_for_the_transcript(host, browser):
    assert not browser.open(browser.talk).has_form("transcript")
    browser.log_in(host.nickname, SEED_PASSWORD)
    theirs = browser.open(browser.talk).form("transcript")
    browser.submit(browser.open(browser.talk).form("logout"))
    browser.register(unique("mallory"), PASSWORD)
    page = browser.open(browser.talk)
    assert not page.has_form("transcript")
    theirs.values |= {
        name: value for name, value in page.form("ask").values.items() if name in theirs.values
    }
    answer = browser.submit(theirs, "transcript", follow=False)
    assert answer.status_code == 403


def test_who_is_not_logged_in_is_sent_to_log_in_to_order(browser):
    values = browser.open("/login").form("login").values
    token = {name: value for name, value in values.items() if "csrf" in name}
    answer = browser.http.post(f"{browser.talk}/transcripts", data=token)
    assert answer.url.path == "/login"
