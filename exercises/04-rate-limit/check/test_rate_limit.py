"""Votes and posts more often than the running step 4 allows."""

import pytest

LIMIT = 3


@pytest.fixture(scope="session")
def podium(stage, speak):
    """The step with small limits."""
    return speak(stage.start(VOTE_RATE=f"{LIMIT}/minute", QUESTION_RATE=f"{LIMIT}/minute"))


@pytest.fixture
def somebody(podium):
    return podium.register()


@pytest.fixture(scope="session")
def url(podium):
    """Where to vote for a question of the sample."""
    return f"/api/questions/{podium.questions()[0]['id']}/vote"


def votes(who, url, count=LIMIT):
    """Vote and take it back in turn; return the last answer."""
    answers = [who.request(["PUT", "DELETE"][n % 2], url) for n in range(count)]
    assert {answer.status_code for answer in answers[:LIMIT]} == {204}, (
        f"within the limit a vote was answered {[answer.status_code for answer in answers]}"
    )
    return answers[-1]


def posts(who, talk, count=LIMIT, source="Why?"):
    bodies = [{"talk": talk, "source": source}] * count
    return [who.post("/api/questions", json=body).status_code for body in bodies]


def test_the_vote_beyond_the_limit_is_refused(somebody, url):
    answer = votes(somebody, url, LIMIT + 1)
    assert answer.status_code == 429, f"the vote beyond the limit was answered {answer.status_code}"
    assert answer.json()["status"] == 429, f"the answer is not the API's: {answer.text[:200]}"
    wait = int(answer.headers.get("Retry-After", 0))
    assert 1 <= wait <= 60, f"Retry-After says {answer.headers.get('Retry-After')}"


def test_each_person_counts_for_themselves(podium, somebody, url):
    votes(podium.register(), url)
    answer = somebody.put(url)
    assert answer.status_code == 204, f"the votes of one counted for another: {answer.status_code}"


def test_votes_and_posts_have_limits_of_their_own(podium, somebody, url):
    votes(somebody, url)
    statuses = posts(somebody, podium.side_talk)
    assert statuses == [201] * LIMIT, f"after some votes, posts were answered {statuses}"


def test_the_post_beyond_the_limit_is_refused(podium, somebody):
    statuses = posts(somebody, podium.side_talk, LIMIT + 1)
    assert statuses == [201] * LIMIT + [429], f"the posts were answered {statuses}"


def test_a_post_with_a_bad_body_does_not_count(podium, somebody):
    statuses = posts(somebody, podium.side_talk, LIMIT, source=" ")
    assert statuses == [400] * LIMIT, f"posts with a bad body were answered {statuses}"
    statuses = posts(somebody, podium.side_talk)
    assert statuses == [201] * LIMIT, f"after {LIMIT} bad posts, good ones were answered {statuses}"


def test_who_is_not_logged_in_is_told_so_however_often(podium, url):
    statuses = {podium.http.put(url).status_code for _ in range(LIMIT + 2)}
    assert statuses == {401}, f"without a token the votes were answered {statuses}"


def test_the_decorator_keeps_the_name_and_the_docstring_of_a_view():
    from podium.api.decorators import rate_limit

    def view():
        """What it does."""

    decorated = rate_limit("VOTE_RATE")(view)
    names = decorated.__name__, decorated.__doc__
    assert names == ("view", "What it does."), f"name and docstring are {names}"


def test_votes_have_a_limit_of_sixty_a_minute_unless_set_otherwise():
    from podium import create_app
    from podium.config import Testing

    rate = create_app(Testing).config.get("VOTE_RATE")
    assert rate == "60/minute", f"VOTE_RATE is {rate!r}"
