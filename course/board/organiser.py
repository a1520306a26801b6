"""The organiser of the board: an account with secrets of its own, and a question a task."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
import psycopg

from course.board import API, SLUG
from course.board.client import TITLE
from course.board.membership import write_private
from course.errors import CourseError
from course.exercises.catalog import Exercise

FILE = "organiser.json"
NICKNAME = "instructor"
LONGEST = 100  # characters of a title
DESCRIPTION = (
    "Each vote is somebody whose check of that exercise has passed. Whoever registers may ask and "
    "vote here, too. Everybody sees all of it."
)
# Podium's API has no call for it: its talks come from whoever organises the conference.
TALK = """
INSERT INTO talk (slug, title, speaker, description, organiser_id, version)
SELECT %(slug)s, %(title)s, nickname, %(description)s, id, %(version)s
FROM "user" WHERE nickname = %(organiser)s
ON CONFLICT (slug) DO UPDATE SET title = excluded.title
"""
AGAIN = "Begin a new board with FRESH=1 make board"


@dataclass(frozen=True)
class Organiser:
    """Who may mark questions as answered, and the key with which the board signs its sessions."""

    nickname: str
    password: str
    secret_key: str


def known(data_dir: Path) -> tuple[Organiser, bool]:
    """Return the organiser of the board in `data_dir`, and whether they are new; CourseError."""
    file = data_dir / FILE
    try:
        return Organiser(**json.loads(file.read_text(encoding="utf-8"))), False
    except FileNotFoundError:
        pass
    except (ValueError, TypeError):
        raise CourseError(f"{file} cannot be read. {AGAIN}.") from None
    organiser = Organiser(NICKNAME, secrets.token_urlsafe(12), secrets.token_urlsafe(32))
    write_private(file, asdict(organiser))
    return organiser, True


def title(text: str) -> str:
    """Return the board's title; CourseError when it is none."""
    text = text.strip()
    if not text or len(text) > LONGEST or not text.isprintable():
        raise CourseError(f"TITLE has to be a line of 1 to {LONGEST} characters.")
    return text


def prepare(
    url: str, database: str, organiser: Organiser, title: str, exercises: Sequence[Exercise]
) -> None:
    """Give the running board its organiser, its talk and its questions, as far as it lacks them.

    `database` is the URL of the step's database. CourseError when the board does not take it.
    """
    with httpx.Client(base_url=url, timeout=30, trust_env=False) as http:
        headers = {"Authorization": f"Bearer {_token(http, organiser)}"}
        _add_talk(database, organiser, title)
        there = _asked(http, organiser)
        for exercise in exercises:
            if exercise.number not in there:
                source = {"source": f"Exercise {exercise.number}: {exercise.title}"}
                # The key makes it one question, also when the answer is lost and it is sent again.
                key = {"Idempotency-Key": f"exercise-{exercise.number}"}
                _call(
                    http,
                    "POST",
                    f"{API}/talks/{SLUG}/questions",
                    json=source,
                    headers=headers | key,
                )


def _token(http: httpx.Client, organiser: Organiser) -> str:
    account = {"nickname": organiser.nickname, "password": organiser.password}
    answer = http.post(f"{API}/users", json=account)
    if answer.status_code not in (201, 409):
        raise CourseError(f"The board does not take its organiser: {answer.text[:200]}")
    auth = (organiser.nickname, organiser.password)
    answer = http.post(f"{API}/tokens", auth=auth)
    if answer.status_code == 401:
        raise CourseError(f"The password of the board's organiser is not in {FILE}. {AGAIN}.")
    return answer.raise_for_status().json()["token"]


def _add_talk(database: str, organiser: Organiser, title: str) -> None:
    values = {
        "slug": SLUG,
        "title": title,
        "organiser": organiser.nickname,
        "description": DESCRIPTION,
        # As Podium does: later than any version of a database before.
        "version": int(time.time()),
    }
    with psycopg.connect(database, connect_timeout=5) as connection:
        connection.execute(TALK, values)


def _asked(http: httpx.Client, organiser: Organiser) -> set[int]:
    """Return the exercises that have a question."""
    found, query, more = set(), {"limit": 100}, True
    while more:
        page = _call(http, "GET", f"{API}/talks/{SLUG}/questions", params=query)
        for item in page["items"]:
            match = TITLE.match(item.get("source", ""))
            if match and item["author"] == organiser.nickname:
                found.add(int(match[1]))
        more, query["after"] = page["more"], page["next"]
    return found


def _call(http: httpx.Client, method: str, path: str, **options) -> dict:
    answer = http.request(method, path, **options)
    if not answer.is_success:
        raise CourseError(f"The board answers {answer.status_code}: {answer.text[:200]}")
    return answer.json()
