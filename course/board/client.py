"""An attendee's calls to the board. What leaves the machine is here: a nickname and its secrets.

https://datatracker.ietf.org/doc/html/rfc9457 is the form in which the board says no.
"""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit

import httpx

from course.board import API, SLUG
from course.board.membership import Membership
from course.errors import CourseError

PATIENCE = 2.0  # seconds to wait for one answer
# The same for who joins: a password's hash takes its time, and a class joins all at once.
JOINING = 30.0
AGENT = "flask-at-scale"  # not the versions that run here
TITLE = re.compile(r"Exercise (\d+): ")
EXAMPLE = "make join BOARD=http://192.168.1.5:8100 NICKNAME=ada"


class NotReached(CourseError):
    """The board did not answer, or not as one; the message says why."""


class Refused(NotReached):
    """The board said no; `status` is that of its answer."""

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.status = status


def address(text: str) -> str:
    """Return the board's base URL from what somebody typed or copied; CourseError for no URL."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    right = parts.scheme in ("http", "https") and parts.hostname and not parts.username
    if not right or not text.isprintable():
        raise CourseError(f"BOARD is {text!r}; expected what is on the whiteboard: {EXAMPLE}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}"


def register(url: str, nickname: str, password: str) -> None:
    """Take a nickname on the board; CourseError when it is taken or none, or no board answers."""
    with _http(url, JOINING) as http:
        if "organiser" not in _call(http, "GET", f"{API}/talks/{SLUG}"):
            raise NotReached(f"{url} is no class board")
        try:
            body = {"nickname": nickname, "password": password}
            _call(http, "POST", f"{API}/users", json=body)
        except Refused as no:
            if no.status == 409:
                raise CourseError(
                    f"The nickname {nickname} is taken: choose another one for NICKNAME."
                ) from None
            raise CourseError(f"The board does not take NICKNAME {nickname!r}: {no}") from None


def log_in(membership: Membership) -> Membership:
    """Return the membership with a new token; NotReached."""
    with _http(membership.url, JOINING) as http:
        return _log_in(http, membership)


def log_out(membership: Membership) -> None:
    """Have the board forget the token; NotReached."""
    if membership.token:
        with _http(membership.url) as http:
            _call(http, "DELETE", f"{API}/tokens", headers=_bearer(membership))


def send(membership: Membership) -> Membership:
    """Put what is unsent on the board; return the membership as it is then. NotReached.

    To send the same twice counts once: a vote is there or is not.
    """
    with _http(membership.url) as http:
        if not membership.token:
            membership = _log_in(http, membership)
        questions = _questions(http)
        for number in membership.unsent:
            # A board of another edition may lack an exercise: nothing to wait for then.
            if question := questions.get(number):
                membership = _vote(http, membership, question)
    return replace(membership, unsent=())


def _vote(http: httpx.Client, membership: Membership, question: int) -> Membership:
    path = f"{API}/questions/{question}/vote"
    try:
        _call(http, "PUT", path, headers=_bearer(membership))
    except Refused as no:
        if no.status != 401:
            raise
        # Tokens end after some hours; the password is there for that.
        membership = _log_in(http, membership)
        _call(http, "PUT", path, headers=_bearer(membership))
    return membership


def _log_in(http: httpx.Client, membership: Membership) -> Membership:
    try:
        auth = (membership.nickname, membership.password)
        return replace(
            membership, token=str(_call(http, "POST", f"{API}/tokens", auth=auth)["token"])
        )
    except Refused as no:
        if no.status != 401:
            raise
        raise NotReached(
            f"it does not know {membership.nickname} any more: make leave, then make join"
        ) from None


def _questions(http: httpx.Client) -> dict[int, int]:
    """Return the ids of the organiser's questions by exercise: anybody may ask what looks alike."""
    organiser = _call(http, "GET", f"{API}/talks/{SLUG}")["organiser"]
    found: dict[int, int] = {}
    query: dict[str, str | int] = {"limit": 100}
    more = True
    while more:
        page = _call(http, "GET", f"{API}/talks/{SLUG}/questions", params=query)
        for item in page["items"]:
            match = TITLE.match(item.get("source", ""))
            if match and item["author"] == organiser:
                found[int(match[1])] = int(item["id"])
        more, query["after"] = page["more"] is True, page["next"]
    return found


def _bearer(membership: Membership) -> dict[str, str]:
    return {"Authorization": f"Bearer {membership.token}"}


def _http(url: str, patience: float = PATIENCE) -> httpx.Client:
    # No proxy and no .netrc of this machine: nobody else is told, and nothing else is sent.
    return httpx.Client(
        base_url=url, timeout=patience, trust_env=False, headers={"User-Agent": AGENT}
    )


def _call(http: httpx.Client, method: str, path: str, **options) -> dict:
    """Return the JSON object of an answer, empty for 204; Refused, NotReached."""
    try:
        answer = http.request(method, path, **options)
        body = {} if answer.status_code == 204 else answer.json()
    except httpx.TimeoutException:
        raise NotReached(f"no answer from {http.base_url}") from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        raise NotReached(f"nobody answers at {http.base_url}") from None
    except ValueError:
        raise NotReached(f"{http.base_url} is no class board") from None
    if not isinstance(body, dict) or answer.is_redirect:
        raise NotReached(f"{http.base_url} is no class board")
    if not answer.is_success:
        raise Refused(_printable(body.get("detail", answer.status_code)), answer.status_code)
    return body


def _printable(said: object) -> str:
    """Return what a stranger's server said, fit for a terminal."""
    return "".join(sign for sign in str(said)[:200] if sign.isprintable())
