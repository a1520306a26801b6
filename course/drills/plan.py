"""What the load generator is to do, as plain data that two processes can exchange."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

# In the text of each question that a drill posts: the key of its request.
MARK = re.compile(r"Drill ([0-9a-f]{16}):")
# The mark is also in what the page shows of the text: that is not a second time.
SOURCE = rf'"source": ?"{MARK.pattern}'


@dataclass
class Stream:
    """Requests of one kind.

    With `rate` they arrive so many a second, whatever the answers take, and their time counts from
    when they were due. Without, `users` clients take turns each: a client asks again `every`
    seconds after it asked before, or with the answer, if that comes later.

    `{key}` in the path and the body is a new word for each request, and with `keyed` also its
    Idempotency-Key. A request without an answer is sent again up to `retries` times. Any status
    that is not in `expect` is a failure. `total` 0 is without end; else each of the `users` sends
    an equal share of it. `timeout` is in seconds, for all tries together.

    With `after` the users are followers of the list at `path`: each asks for what came after its
    cursor, which is `after` at first, and with `wait` lets the server wait so many seconds for it.
    With `listens` they are told instead: each connects to the Socket.IO server at `path`, in the
    course of `every` seconds, and joins with `body`. At the end nobody awaits either. `{user}` in
    a header is a client's number. With `stays` each of them is lost after so many seconds, on
    average: leaves, reloads, or loses the network; and comes back.
    """

    name: str
    path: str
    method: str = "GET"
    body: dict[str, str] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    expect: list[int] = field(default_factory=lambda: [200])
    users: int = 1
    every: float = 0
    rate: float = 0
    total: int = 0
    timeout: float = 30
    retries: int = 0
    keyed: bool = False
    conditional: bool = False
    wait: int = 0
    after: str = ""
    listens: bool = False
    stays: float = 0


@dataclass
class Record:
    """What became of one request.

    `due` is when it should have been sent, in seconds of the monotonic clock; `late` is how much
    later the generator began, and `seconds` how long the answer took since it was due. `status` 0
    is no answer at all. `tries` counts how often it was sent. `id` is what was made by a POST,
    `heard` the keys of the questions that a follower was told, `user` the number of its client.
    """

    stream: str
    key: str
    due: float
    late: float
    seconds: float
    status: int
    ok: bool
    problem: str = ""
    tries: int = 1
    id: int | str | None = None
    retry_after: str | None = None
    content_type: str = ""
    user: int = 0
    heard: list[str] = field(default_factory=list)

    @property
    def end(self) -> float:
        """When the answer was there, on the monotonic clock."""
        return self.due + self.seconds


@dataclass
class Effort:
    """What the generator itself needed: seconds of processor, and seconds that it ran."""

    cpu: float
    wall: float
