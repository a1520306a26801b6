"""How people speak to Podium, step by step: the paths, and what is in the answers."""

from __future__ import annotations

import base64
import json
import re
import secrets
from dataclasses import dataclass, field, replace

TALK, SIDE_TALK = "million-pollers", "open-lines"
PASSWORD = "correct horse battery"
SEED_PASSWORD = "podium-demo"
# Every question has a key in its text, so that somebody can say who heard of it. The mark is also
# in the rendered text: only the source counts.
MARK = re.compile(rb'"source": ?"Question ([0-9a-f]{16}):')
MORE = re.compile(rb'"more": ?true')
NEXT = re.compile(rb'"next": ?"([^"]+)"')
# The first steps in which something is so.
UNCHANGED, VERSIONS, JOBS, WAITING, SOCKETS = 4, 6, 7, 11, 12
PAGE = 100  # questions that a client asks for at once
WAIT = 25  # seconds that it lets the server wait


def marks(body: bytes) -> list[str]:
    """Return the keys of the questions in an answer."""
    return [mark.decode() for mark in MARK.findall(body)]


@dataclass
class View:
    """What one client knows of a talk, and how it asks for more."""

    step: int
    talk: str = TALK
    etag: str | None = None
    cursor: str | None = None
    more: bool = False
    known: set[str] = field(default_factory=set)

    @property
    def path(self) -> str:
        """Where all is that this client does not know."""
        if self.step < VERSIONS:
            return f"/api/questions?talk={self.talk}"
        path = f"/api/v2/talks/{self.talk}/questions?limit={PAGE}"
        return f"{path}&after={self.cursor}" if self.cursor else path

    @property
    def news(self) -> str:
        """The same, but where the step lets its clients wait until there is something, wait."""
        return f"{self.path}&wait={WAIT}" if self.waits else self.path

    @property
    def headers(self) -> dict[str, str]:
        """What makes a request conditional; who waits wants an answer only if there is one."""
        conditional = self.etag and self.step >= UNCHANGED and not self.waits
        return {"If-None-Match": self.etag} if conditional else {}

    @property
    def waits(self) -> bool:
        return WAITING <= self.step < SOCKETS and self.cursor is not None

    def copy(self) -> View:
        return replace(self, known=set(self.known))

    def read(self, body: bytes, etag: str | None) -> list[str]:
        """Take in an answer with content; return the questions that are new to this client."""
        # Of a page with more behind it, nothing is known but that there is more.
        self.more = bool(MORE.search(body))
        self.etag = None if self.more else etag
        if self.step >= VERSIONS and (found := NEXT.search(body)):
            self.cursor = found[1].decode()
        new = [key for key in marks(body) if key not in self.known]
        self.known.update(new)
        return new


def question(talk: str, link: str | None = None) -> tuple[str, dict[str, str]]:
    """Return a new question's key, and the body with which version 1 takes it."""
    key = secrets.token_hex(8)
    source = f"Question {key}: how many people does that hold?"
    return key, {"talk": talk, "source": f"{source} {link}" if link else source}


def basic(nickname: str, password: str) -> dict[str, str]:
    """Return the header for HTTP Basic; nicknames may have letters beyond ASCII."""
    word = base64.b64encode(f"{nickname}:{password}".encode()).decode()
    return {"Authorization": f"Basic {word}"}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def loads(body: bytes | None) -> dict:
    """Return an answer's JSON; empty where there was none."""
    try:
        return json.loads(body or b"{}")
    except ValueError:
        return {}
