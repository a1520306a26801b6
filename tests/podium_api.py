"""Podium's API as the tests speak it: people with a token, and what they ask."""

import secrets
import threading
import time
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urljoin

import httpx

SEED_PASSWORD = "podium-demo"
PASSWORD = "correct horse battery"
# One below the 30 a minute that a person may post, with some room for what fails.
POSTS_PER_PERSON = 24
# From this step on a post does not wait for its links: previews come later.
PREVIEWS_COME_LATER = 7
PREVIEWS_ARRIVE_WITHIN = 45  # seconds: hostile links are tried more than once and given up


def unique(prefix="person"):
    """Return a nickname, or any word, that no other test uses."""
    return f"{prefix}-{secrets.token_hex(5)}"


@dataclass
class Person:
    """Somebody with a token. The methods are httpx's, with the token."""

    podium: "Podium"
    nickname: str
    password: str
    token: str
    posts: int = field(default=0, compare=False)

    def request(self, method, path, *, headers=None, **options):
        headers = {"Authorization": f"Bearer {self.token}"} | (headers or {})
        return self.podium.http.request(method, path, headers=headers, **options)

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, **options):
        return self.request("POST", path, **options)

    def put(self, path, **options):
        return self.request("PUT", path, **options)

    def delete(self, path, **options):
        return self.request("DELETE", path, **options)

    def ask(self, source, talk=None):
        """Post a question and return it as the answer shows it."""
        self.posts += 1
        body = {"talk": talk or self.podium.talk, "source": source}
        answer = self.post("/api/questions", json=body)
        assert answer.status_code == 201, f"{answer.status_code}: {answer.text[:300]}"
        return answer.json()

    def vote(self, question):
        answer = self.put(f"/api/questions/{question['id']}/vote")
        assert answer.status_code == 204, answer.text

    def unvote(self, question):
        answer = self.delete(f"/api/questions/{question['id']}/vote")
        assert answer.status_code == 204, answer.text


class Podium:
    """One running step."""

    def __init__(self, server):
        self.server = server
        self.url = server.url
        self.slow_site_url = server.slow_site_url
        # No proxy of this machine may come between; no keep-alive, as the server has none.
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=0)
        self.http = httpx.Client(base_url=self.url, timeout=20, trust_env=False, limits=limits)
        # Many people use this client: it must not keep the cookies of one for the next.
        self.http.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.talks = self.http.get("/api/talks").raise_for_status().json()["talks"]
        self.talk = self.talks[0]["slug"]
        # For what is posted in quantity: long lists make every test slow that reads one.
        self.side_talk = self.talks[1]["slug"]
        self._authors = []
        self._choosing = threading.Lock()

    def register(self, nickname=None, password=PASSWORD):
        """Make a new person who is logged in."""
        nickname = nickname or unique()
        body = {"nickname": nickname, "password": password}
        answer = self.http.post("/api/users", json=body)
        assert answer.status_code == 201, answer.text
        return self.log_in(nickname, password)

    def log_in(self, nickname, password):
        answer = self.http.post("/api/tokens", auth=(nickname, password))
        assert answer.status_code == 201, answer.text
        return Person(self, nickname, password, answer.json()["token"])

    def author(self):
        """Return somebody who may still post this minute; the same for many tests."""
        with self._choosing:
            self._authors = [who for who in self._authors if who.posts < POSTS_PER_PERSON]
            if not self._authors:
                self._authors.append(self.register(unique("author")))
            self._authors[0].posts += 1
            return self._authors[0]

    def ask(self, source, talk=None):
        """Post a question as anybody."""
        author = self.author()
        author.posts -= 1
        return author.ask(source, talk)

    def question(self, id):
        answer = self.http.get(f"/api/questions/{id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def settled(self, question):
        """Return a question, by what a post answered, once all its previews are there.

        Up to step 6 the answer to the post has them; after that the question itself tells.
        """
        if self.server.step < PREVIEWS_COME_LATER:
            return question
        path = f"/api/v2/questions/{question['id']}"
        wait_until(
            lambda: self.http.get(path).raise_for_status().json()["previews"]["status"] == "done",
            f"the previews of {question['source'][:80]!r} are not there",
            PREVIEWS_ARRIVE_WITHIN,
        )
        return self.question(question["id"])

    def questions(self, talk=None, **query):
        answer = self.http.get("/api/questions", params={"talk": talk or self.talk} | query)
        assert answer.status_code == 200, answer.text
        return answer.json()["questions"]

    def follow(self, answer):
        """GET what the Location header of an answer names."""
        return self.http.get(urljoin(str(answer.request.url), answer.headers["Location"]))


def wait_until(happened, otherwise, seconds=10, every=0.05):
    """Ask `happened()` again and again until it is true, and return what it said then.

    After so many seconds AssertionError says what is `otherwise` the case.
    """
    deadline = time.monotonic() + seconds
    while not (result := happened()):
        assert time.monotonic() < deadline, f"{otherwise}, after {seconds} seconds"
        time.sleep(every)
    return result


def refusal(answer, path):
    """Return the status with which a path that leads nowhere is to be refused.

    A null byte is for the server to say: to some it is no HTTP at all.
    """
    return 400 if "%00" in path and answer.status_code == 400 else 404


def is_error(answer, status, field=None):
    """Assert that an answer is an error of the API as the contract describes it."""
    shown = f"{answer.status_code} {answer.headers.get('Content-Type')} {answer.text[:300]!r}"
    assert answer.status_code == status, shown
    assert answer.headers["Content-Type"].split(";")[0] == "application/json", shown
    problem = answer.json()
    assert problem["status"] == status, shown
    assert isinstance(problem["reason"], str) and problem["reason"].strip(), shown
    assert set(problem) <= {"status", "reason", "field"}, shown
    assert len(problem["reason"]) < 300 and "\n" not in problem["reason"], shown
    if field:
        assert problem.get("field") == field, shown
    if status == 401:
        assert answer.headers["WWW-Authenticate"], shown
    if status == 405:
        assert answer.headers["Allow"], shown
    return True
