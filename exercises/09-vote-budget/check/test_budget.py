"""Lets people vote in the running step 9, in three processes at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

BUDGET = 3
QUESTIONS = 12


@pytest.fixture(scope="session")
def running(stage):
    """The step with a budget, in as many processes as somebody has votes."""
    return stage.start(WEB_CONCURRENCY="3", VOTES_PER_TALK=str(BUDGET))


@pytest.fixture
def somebody(podium):
    return podium.register()


@pytest.fixture(scope="session")
def ids(podium):
    return [question["id"] for question in podium.questions()][:QUESTIONS]


def vote(who, id):
    return who.put(f"/api/questions/{id}/vote").status_code


def at_once(who, ids):
    """Vote for all of them in the same moment; return the statuses."""
    barrier = Barrier(len(ids))

    def one(id):
        barrier.wait(5)
        return vote(who, id)

    with ThreadPoolExecutor(len(ids)) as pool:
        return list(pool.map(one, ids))


def counted(who):
    """Return for which questions the votes of somebody are counted."""
    answer = who.get("/api/votes", params={"talk": who.podium.talk})
    return answer.json()["questions"]


def test_one_after_the_other_the_budget_holds(somebody, ids):
    statuses = [vote(somebody, id) for id in ids]
    count = len(counted(somebody))
    assert count == BUDGET, f"{count} votes were counted where {BUDGET} are allowed"
    expected = [204] * BUDGET + [409] * (QUESTIONS - BUDGET)
    assert statuses == expected, f"the answers were {statuses}"


def test_in_the_same_moment_the_budget_holds(podium, ids):
    for _ in range(4):
        somebody = podium.register()
        statuses = sorted(at_once(somebody, ids))
        count = len(counted(somebody))
        assert count == BUDGET, f"{count} votes were counted where {BUDGET} are allowed"
        expected = [204] * BUDGET + [409] * (QUESTIONS - BUDGET)
        assert statuses == expected, f"the answers were {statuses}"


def test_the_same_question_twice_costs_one_vote(somebody, ids):
    statuses = [vote(somebody, ids[0]) for _ in range(BUDGET + 2)]
    assert set(statuses) == {204}, f"to vote again was answered {statuses}"
    rest = [vote(somebody, id) for id in ids[1:BUDGET]]
    assert set(rest) == {204}, f"the votes that should be left were answered {rest}"


def test_a_vote_that_was_taken_back_can_be_given_again(somebody, ids):
    for id in ids[:BUDGET]:
        vote(somebody, id)
    somebody.delete(f"/api/questions/{ids[0]}/vote")
    status = vote(somebody, ids[BUDGET])
    assert status == 204, f"after one vote was taken back, the next is answered {status}"
    status = vote(somebody, ids[0])
    assert status == 409, f"and the one after that {status}"


def test_each_talk_has_a_budget_of_its_own(podium, somebody, ids):
    for id in ids[:BUDGET]:
        vote(somebody, id)
    elsewhere = podium.questions(podium.side_talk)[0]["id"]
    status = vote(somebody, elsewhere)
    assert status == 204, f"a vote for another talk is answered {status}"


def test_each_person_has_a_budget_of_their_own(podium, somebody, ids):
    for id in ids[:BUDGET]:
        vote(podium.register(), id)
    status = vote(somebody, ids[BUDGET])
    assert status == 204, f"somebody who has not voted yet is answered {status}"


def test_the_refusal_says_why(somebody, ids):
    answers = [somebody.put(f"/api/questions/{id}/vote") for id in ids]
    refused = [answer for answer in answers if answer.status_code == 409]
    assert refused, "nobody was refused"
    assert str(BUDGET) in refused[0].json()["reason"], f"the reason is {refused[0].text}"


def test_the_budget_survives_a_restart(running, somebody, ids):
    for id in ids[:BUDGET]:
        vote(somebody, id)
    running.restart("web")
    status = vote(somebody, ids[BUDGET])
    assert status == 409, f"after a restart one vote more is answered {status}"
