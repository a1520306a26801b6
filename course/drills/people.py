"""People for a drill: registered and logged in, at little cost to the step."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

from course.errors import CourseError

SEED_PASSWORD = "podium-demo"
PASSWORD = "correct horse battery"
# Registering people must not be most of the work, and a drill asks more than a person may.
_SETTINGS = {
    "PASSWORD_HASH": "scrypt:1024:8:1",
    "QUESTION_RATE": "100000/minute",
    "TOKEN_RATE": "100000/minute",
}
ENVIRONMENT = _SETTINGS | {f"PODIUM_{name}": value for name, value in _SETTINGS.items()}


@dataclass(frozen=True)
class Person:
    """Somebody with a token."""

    nickname: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def client(url: str, timeout: float = 30) -> httpx.Client:
    """Return a client that no proxy of this machine comes between."""
    return httpx.Client(base_url=url, timeout=timeout, trust_env=False)


def register(url: str, count: int) -> list[Person]:
    """Make `count` new people with a token each; CourseError when the step does not let them in."""

    def one(http: httpx.Client) -> Person:
        nickname = f"drill-{secrets.token_hex(6)}"
        body = {"nickname": nickname, "password": PASSWORD}
        _made(http.post("/api/users", json=body))
        return _log_in(http, nickname, PASSWORD)

    with client(url) as http, ThreadPoolExecutor(4) as several:
        return list(several.map(one, [http] * count))


def organiser(url: str, talk: str) -> Person:
    """Return the organiser of a sample talk."""
    with client(url) as http:
        nickname = http.get(f"/api/talks/{talk}").raise_for_status().json()["organiser"]
        return _log_in(http, nickname, SEED_PASSWORD)


def _log_in(http: httpx.Client, nickname: str, password: str) -> Person:
    answer = _made(http.post("/api/tokens", auth=(nickname.encode(), password)))
    return Person(nickname, answer.json()["token"])


def _made(answer: httpx.Response) -> httpx.Response:
    if answer.status_code != 201:
        raise CourseError(f"{answer.request.url} answered {answer.status_code}, not 201.")
    return answer
