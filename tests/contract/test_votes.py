"""Votes: each counts, and once."""

import threading

import pytest

from tests.podium_api import is_error


def test_a_vote_counts_and_can_be_taken_back(podium, bob, question):
    bob.vote(question)
    assert podium.question(question["id"])["score"] == 1
    bob.unvote(question)
    assert podium.question(question["id"])["score"] == 0


def test_voting_twice_counts_once(podium, bob, alice, question):
    for _ in range(3):
        bob.vote(question)
    alice.vote(question)
    assert podium.question(question["id"])["score"] == 2
    for _ in range(3):
        bob.unvote(question)
    assert podium.question(question["id"])["score"] == 1


def test_taking_back_a_vote_that_was_not_given_changes_nothing(podium, bob, question):
    bob.unvote(question)
    assert podium.question(question["id"])["score"] == 0


def test_nobody_votes_for_an_own_question(podium, alice):
    question = alice.ask("Is mine the best?")
    for method in (alice.put, alice.delete):
        assert is_error(method(f"/api/questions/{question['id']}/vote"), 403)
    assert podium.question(question["id"])["score"] == 0


def test_the_callers_votes_are_listed_by_talk(podium, question):
    voter = podium.register()
    elsewhere = podium.ask("And in the other hall?", talk=podium.talks[1]["slug"])
    voter.vote(question)
    voter.vote(elsewhere)
    assert votes_of(voter, podium.talk) == [question["id"]]
    assert votes_of(voter, podium.talks[1]["slug"]) == [elsewhere["id"]]
    voter.unvote(question)
    assert votes_of(voter, podium.talk) == []


def test_who_voted_is_not_in_the_shared_list(podium, question):
    voter = podium.register()
    voter.vote(question)
    assert voter.nickname not in podium.http.get(f"/api/questions?talk={podium.talk}").text


@pytest.mark.parametrize("talk", [None, "", "nothing", "\0", "x" * 3000])
def test_votes_of_a_talk_that_is_missing_or_unknown_are_refused(alice, talk):
    answer = alice.get("/api/votes", params={} if talk is None else {"talk": talk})
    assert answer.status_code in (400, 404)
    assert is_error(answer, answer.status_code)


def test_deleting_a_question_deletes_its_votes(podium, alice, bob):
    question = alice.ask("Shall I withdraw this?")
    bob.vote(question)
    assert alice.delete(f"/api/questions/{question['id']}").status_code == 204
    assert question["id"] not in votes_of(bob, podium.talk)


def test_fifty_people_voting_at_once_are_all_counted(podium, question):
    people = at_once(podium.register, [()] * 50)
    answers = at_once(lambda person: person.put(vote_path(question)), [(who,) for who in people])
    assert {answer.status_code for answer in answers} == {204}
    assert podium.question(question["id"])["score"] == 50


def test_one_person_voting_twenty_times_at_once_is_counted_once(podium, bob, question):
    answers = at_once(bob.put, [(vote_path(question),)] * 20)
    assert {answer.status_code for answer in answers} == {204}
    assert podium.question(question["id"])["score"] == 1


def test_votes_given_and_taken_back_at_once_leave_score_and_votes_agreeing(podium, question):
    people = at_once(podium.register, [()] * 8)
    calls = [(who, method) for who in people for method in ("PUT", "DELETE", "PUT", "DELETE")]
    answers = at_once(lambda who, method: who.request(method, vote_path(question)), calls)
    assert {answer.status_code for answer in answers} == {204}
    given = sum(question["id"] in votes_of(who, podium.talk) for who in people)
    assert podium.question(question["id"])["score"] == given
    for who in people:
        who.unvote(question)
    assert podium.question(question["id"])["score"] == 0


def test_voting_while_the_author_edits_loses_neither(podium):
    author = podium.author()
    question = author.ask("First version?")
    people = at_once(podium.register, [()] * 12)
    path = f"/api/questions/{question['id']}"
    edits = [(author, path, {"json": {"source": f"Version {n}?"}}) for n in range(12)]
    votes = [(who, vote_path(question), {}) for who in people]
    both = [call for pair in zip(edits, votes, strict=True) for call in pair]
    answers = at_once(lambda who, path, options: who.put(path, **options), both)
    assert {answer.status_code for answer in answers} == {200, 204}
    assert podium.question(question["id"])["score"] == 12


def vote_path(question):
    return f"/api/questions/{question['id']}/vote"


def votes_of(person, talk):
    answer = person.get("/api/votes", params={"talk": talk})
    assert answer.status_code == 200, answer.text
    return answer.json()["questions"]


def at_once(call, arguments):
    """Call with each of the arguments, all threads starting together; return the results."""
    results = [None] * len(arguments)
    barrier = threading.Barrier(len(arguments), timeout=20)

    def run(place, values):
        barrier.wait()
        results[place] = call(*values)

    threads = [
        threading.Thread(target=run, args=(place, values)) for place, values in enumerate(arguments)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert None not in results, "a call did not return"
    return results
