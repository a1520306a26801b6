"""People at a talk, as Locust users.

    locust -f loadtests/hall.py --step 6 --host http://127.0.0.1:8000 -u 50

The number of users is the number of people who watch. Votes and questions come from them all
together, at the rates of the options, whether or not those before have been answered: people do not
wait for each other, and a load that does hides how long they would have waited.
"""

from __future__ import annotations

import random
import time
from itertools import count

import gevent
from locust import FastHttpUser, events, task
from locust.exception import StopUser

from loadtests.journal import journal
from loadtests.podium import (
    JOBS,
    PASSWORD,
    SEED_PASSWORD,
    SIDE_TALK,
    SOCKETS,
    TALK,
    View,
    basic,
    bearer,
    loads,
    question,
)
from loadtests.sockets import Socket

POLLS_EVERY = 2  # seconds
AUTHORS = 8  # accounts of a process, with which all its people ask and vote
AGAIN = 1  # seconds before another attempt after a failure
visit = random.getrandbits(32)
numbers = count(1)


@events.init_command_line_parser.add_listener
def options(parser) -> None:
    add = parser.add_argument
    add("--step", type=int, default=13, help="Which step is tested.")
    add("--votes", type=float, default=1, help="Votes a second.")
    add("--questions", type=float, default=0.2, help="Questions a second.")
    add("--token", default="", help="Of who asks; without it they register.", is_secret=True)
    add("--links", type=float, default=0.2, help="Share of the questions that have a link, 0 to 1.")
    add("--link", default="http://example.com/?{key}", help="The link; {key} is the question's.")


class Person(FastHttpUser):
    """Somebody with a browser of their own."""

    abstract = True
    network_timeout = connection_timeout = 35
    max_retries = 0
    concurrency = 200

    def on_start(self) -> None:
        self.options = self.environment.parsed_options
        self.step = self.options.step
        self.who = f"{visit}-{next(numbers)}"
        self.cookie = {"Cookie": f"visitor=load-{self.who}"}

    def ask(
        self,
        method: str,
        path: str,
        name: str,
        expect: tuple[int, ...] = (200,),
        due: float | None = None,
        headers: dict[str, str] | None = None,
        body: dict | None = None,
    ):
        """Send one request; any status but those is a failure. Time counts from `due`."""
        with self.client.request(
            method,
            path,
            name,
            json=body,
            headers=self.cookie | (headers or {}),
            context={"due": due} if due else {},
            catch_response=True,
            allow_redirects=False,
        ) as answer:
            if answer.status_code in expect:
                answer.success()
            elif answer.status_code:
                answer.failure(f"status {answer.status_code}")
        return answer

    def register(self) -> dict[str, str]:
        """Make an account; return the headers that act for it."""
        nickname = f"load-{visit}-{next(numbers)}"
        account = {"nickname": nickname, "password": PASSWORD}
        self.ask("POST", "/api/users", "register", (201,), body=account)
        return self.log_in(nickname, PASSWORD)

    def log_in(self, nickname: str, password: str) -> dict[str, str]:
        headers = basic(nickname, password)
        answer = self.ask("POST", "/api/tokens", "log in", (201,), headers=headers)
        if answer.status_code != 201:
            raise StopUser(f"{nickname} cannot log in")
        return bearer(loads(answer.content)["token"])


class Watcher(Person):
    """Follows a talk as the step offers it: polls, waits for answers, or is told."""

    name = "watch"
    seen: View | None = None

    def on_start(self) -> None:
        super().on_start()
        # Not all in the same moment: a hall is no metronome.
        gevent.sleep(random.uniform(0, POLLS_EVERY))
        self.catch_up()
        self.due = time.monotonic()
        if self.step >= SOCKETS:
            self.socket = Socket(self.host, self.view, self.cookie, self.environment.events.request)
            self.socket.listen()
            gevent.sleep(float("inf"))

    def catch_up(self) -> None:
        """Read what there is, to its end.

        Who comes later knows what those before have read: a hall is measured that has come in, and
        the many who come in within seconds, for the test only, would be another test. Who joins
        over a socket is told what is missing.
        """
        self.view = Watcher.seen.copy() if Watcher.seen else View(self.step)
        more = self.step < SOCKETS or not Watcher.seen
        while more:
            view = self.view
            answer = self.ask("GET", view.path, "first look", (200, 304), headers=view.headers)
            if answer.status_code == 200:
                view.read(answer.content, answer.headers.get("ETag"))
                more = view.more
            elif answer.status_code == 304:
                more = False
            else:
                gevent.sleep(AGAIN)
        Watcher.seen = self.view.copy()
        journal.listen(self.who)

    @task
    def look(self) -> None:
        view = self.view
        due = None if view.waits else self.due
        answer = self.ask("GET", view.news, self.name, (200, 304), due, view.headers)
        if answer.status_code == 200:
            journal.hear(*view.read(answer.content, answer.headers.get("ETag")))

    def wait_time(self) -> float:
        """A step that lets its clients wait answers when there is something: ask again at once."""
        if self.view.waits:
            return 0
        self.due += POLLS_EVERY
        return max(0, self.due - time.monotonic())


class Reader(Person):
    """Reads the list again and again: how much does the step manage?"""

    name = "list"

    def on_start(self) -> None:
        super().on_start()
        self.view = View(self.step)

    @task
    def read(self) -> None:
        self.ask("GET", self.view.path, self.name)


class Poller(Person):
    """Has it all already, and asks again and again whether it changed."""

    name = "unchanged"

    def on_start(self) -> None:
        super().on_start()
        self.view = View(self.step)

    @task
    def poll(self) -> None:
        answer = self.ask("GET", self.view.path, self.name, (200, 304), headers=self.view.headers)
        if answer.status_code == 200:
            self.view.etag = answer.headers.get("ETag")


class Many(Person):
    """Many people who do the same now and then, and do not wait for each other.

    `rate` is how often a second one of them does it; None takes it from the option.
    """

    abstract = True
    fixed_count = 1
    accounts: list[dict[str, str]] = []
    rate: float | None = None
    option = ""

    def on_start(self) -> None:
        super().on_start()
        if self.rate is None:
            self.rate = getattr(self.options, self.option)
        while len(self.accounts) < AUTHORS:
            self.accounts.append(self.register())

    @task
    def arrive(self) -> None:
        """Act at moments that depend on nothing, so many a second on average."""
        if not self.rate:
            gevent.sleep(float("inf"))
        due = time.monotonic()
        while True:
            due += random.expovariate(self.rate)
            gevent.sleep(max(0, due - time.monotonic()))
            gevent.spawn(self.act, due)

    def act(self, due: float) -> None:
        raise NotImplementedError


class Asker(Many):
    """Asks questions, some of them with a link."""

    talk, option = TALK, "questions"
    links: float | None = None

    def on_start(self) -> None:
        if token := self.environment.parsed_options.token:
            self.accounts = AUTHORS * [bearer(token)]
        super().on_start()
        if self.links is None:
            self.links = self.options.links

    def act(self, due: float) -> None:
        link = random.random() < self.links
        key, body = question(self.talk)
        if link:
            body["source"] += " " + self.options.link.replace("{key}", key)
        name = "question with a link" if link else "question"
        account = random.choice(self.accounts)
        answer = self.ask("POST", "/api/questions", name, (201,), due, account, body)
        if answer.status_code == 201:
            journal.post(key)


class Voter(Many):
    """Votes, and takes votes back, so that every vote changes something."""

    option = "votes"

    def on_start(self) -> None:
        super().on_start()
        answer = self.ask("GET", f"/api/questions?talk={TALK}", "first look")
        self.questions = [each["id"] for each in loads(answer.content).get("questions", [])]
        self.cast: set[tuple[int, int]] = set()

    def act(self, due: float) -> None:
        vote = random.randrange(AUTHORS), random.choice(self.questions)
        method = "DELETE" if vote in self.cast else "PUT"
        self.cast ^= {vote}
        path = f"/api/questions/{vote[1]}/vote"
        self.ask(method, path, "vote", (204,), due, self.accounts[vote[0]])


class Polls(Many):
    """Polls that find nothing new, in another talk than the one where it happens."""

    talk, rate = SIDE_TALK, 20

    def on_start(self) -> None:
        super().on_start()
        self.view = View(self.step, self.talk)

    def act(self, due: float) -> None:
        headers = self.view.headers
        answer = self.ask("GET", self.view.path, "poll", (200, 304), due, headers)
        if answer.status_code == 200:
            self.view.etag = answer.headers.get("ETag")


class Organiser(Person):
    """Makes the transcript of a talk again and again, each when the one before is there."""

    fixed_count = 1
    talk = TALK

    def on_start(self) -> None:
        super().on_start()
        answer = self.ask("GET", f"/api/talks/{self.talk}", "first look")
        self.me = self.log_in(loads(answer.content)["organiser"], SEED_PASSWORD)

    @task
    def make(self) -> None:
        if self.step < JOBS:
            path = f"/api/talks/{self.talk}/transcript.pdf"
            self.ask("GET", path, "transcript", headers=self.me)
            return
        due = time.monotonic()
        answer = self.ask(
            "POST", f"/api/v2/talks/{self.talk}/transcripts", "order", (202,), None, self.me, {}
        )
        job = answer.headers.get("Location") if answer.status_code == 202 else None
        while job and answer.status_code != 303 and b'"failed"' not in answer.content:
            gevent.sleep(AGAIN)
            answer = self.ask("GET", job, "job", (200, 303), headers=self.me)
        took = 1000 * (time.monotonic() - due)
        fire = self.environment.events.request.fire
        wrong = None if answer.status_code == 303 else RuntimeError("there is none")
        fire(
            request_type="JOB",
            name="transcript",
            start_time=time.time() - took / 1000,
            response_time=took,
            response_length=0,
            exception=wrong,
            context={},
        )
