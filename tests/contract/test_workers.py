"""From step 8 on: workers do the work, and it is done although one of them, or the broker, dies."""

import pytest
from jobs import text_of
from test_api_versions import is_problem

from tests.podium_api import is_error, unique, wait_until

pytestmark = pytest.mark.since(8)

SEEN_FROM_HERE = ("a list", "a feed", "a post", "a post in version 1", "a vote", "a page")
HOSTILE = ["/never", "/redirect/loop", "/huge", "/endless", "/trickle-headers", "/gzip-bomb"]
# Two of each of them, at 3 seconds each for four workers, and the rest for a busy machine.
OTHERS_WAIT_AT_MOST = 20


def test_hostile_sites_do_not_hold_the_workers(podium):
    author = podium.register()
    hostile = [
        author.ask(f"[x]({podium.slow_site_url}{path}?{n})", podium.side_talk)
        for path in HOSTILE
        for n in range(2)
    ]
    good = f"{podium.slow_site_url}/page/4"
    question = podium.ask(f"Who reads {good} meanwhile?", podium.side_talk)
    path = f"/api/v2/questions/{question['id']}"
    wait_until(
        lambda: podium.http.get(path).json()["previews"]["status"] == "done",
        "workers are held by hostile sites",
        OTHERS_WAIT_AT_MOST,
    )
    assert [each["url"] for each in podium.question(question["id"])["previews"]] == [good]
    for each in hostile:  # nobody tries them again while other tests wait
        assert author.delete(f"/api/questions/{each['id']}").status_code == 204


@pytest.mark.parametrize("times", [1, 2])
def test_a_link_that_fails_at_first_is_tried_again(flaky_links, times):
    assert flaky_links[times].result() == ([f"There at try {times + 1}"], times + 1)


def test_a_link_that_goes_on_failing_is_given_up_after_three_more_tries(flaky_links):
    assert flaky_links[9].result() == ([], 4)


def test_a_link_that_will_never_do_is_not_tried_again(podium):
    key = unique("broken")
    url = f"{podium.slow_site_url}/redirect-to?url=/counter/{key}"
    author = podium.author()
    question = podium.settled(author.ask(f"Once: {url} ?", podium.side_talk))
    assert [each["title"] for each in question["previews"]] == ["Fetched 1 times"]


def test_work_whose_worker_was_killed_is_done_by_the_next(killed_workers):
    killed = killed_workers.result()
    killed.wait()
    assert killed.progress["status"] in ("running", "done")
    for job in killed.jobs:
        end, results = job.result()
        assert end.status_code == 303, end.text
        assert len({text_of(result.content) for result in results}) == 1


def test_work_whose_worker_was_killed_has_its_effect_once(killed_workers):
    killed = killed_workers.result()
    killed.wait()
    for question in killed.questions:
        statuses = killed.watcher.statuses(question["id"])
        # A watcher whom a busy machine holds up sees no more than the last.
        assert statuses in (["pending", "done"], ["done"]), f"{question['source']}: {statuses}"
        last = [each for each in killed.watcher.changes if each["id"] == question["id"]][-1]
        assert len(last["previews"]["items"]) == 1


def test_without_the_broker_all_goes_on_but_jobs(broker_outage):
    outage = broker_outage.result()
    assert all(answer.status_code < 300 for _, answer in outage.before)
    met = {(name, answer.status_code) for name, answer in outage.meanwhile}
    allowed = {(name, status) for name in SEEN_FROM_HERE for status in (200, 201, 204)}
    others = {each for each in met if each not in allowed}
    # From some step on it counts for these whether the broker is there.
    differ = {("the head-count", 200), ("the head-count", 503), ("readiness", 503)}
    assert others - differ == {
        ("the talks", 200),
        ("health", 200),
        ("an order", 503),
    }


def test_without_the_broker_nobody_waits_long(broker_outage):
    for name, answer in broker_outage.result().meanwhile:
        assert answer.elapsed.total_seconds() < 6, f"{name} took {answer.elapsed}"


def test_a_job_that_cannot_be_ordered_is_refused_with_the_time_to_come_back(broker_outage):
    outage = broker_outage.result()
    refused = [answer for name, answer in outage.meanwhile if name == "an order"]
    assert refused
    for answer in refused:
        assert is_problem(answer, 503)
        assert int(answer.headers["Retry-After"]) >= 1
    transcript = outage.notes["transcript"]
    assert is_error(transcript, 503)
    assert int(transcript.headers["Retry-After"]) >= 1


def test_a_finished_job_is_there_without_the_broker(broker_outage):
    notes = broker_outage.result().notes
    assert notes["finished"].status_code == 303
    assert notes["result"].content.startswith(b"%PDF-")


def test_a_question_posted_without_the_broker_gets_its_preview_later(broker_outage):
    notes = broker_outage.result().notes
    assert notes["post"].status_code == 201
    assert notes["post"].json()["previews"] == {"status": "pending"}
    assert notes["pending"].json()["previews"] == {"status": "pending"}
    assert [len(late.result()["previews"]) for late in notes["late"]] == [1, 1]


def test_when_the_broker_is_back_all_goes_on_by_itself(broker_outage):
    outage = broker_outage.result()
    assert outage.alive_before == outage.alive_after, "a process did not survive it"
    assert outage.recovered < 5
    assert outage.notes["job"].result()[-1].status_code == 303
