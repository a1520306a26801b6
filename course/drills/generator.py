"""The load generator: a program that reads a plan, sends requests and prints what became of them.

It stops after the seconds of the plan, when all streams have their total, or when its standard
input ends, whichever is first; requests under way are awaited, but not those of followers. One line
of JSON for each request; the last line is what the generator itself needed.

Not Locust's FastHttpUser: that one sends a GET again by itself when a connection is lost, and here
these are what we count.
"""

from gevent import monkey

monkey.patch_all()

import http.client
import itertools
import json
import math
import secrets
import socket
import sys
import time
from dataclasses import asdict
from urllib.parse import urlsplit

import gevent
from gevent.event import Event
from gevent.pool import Group

from course.drills.listening import Listener
from course.drills.plan import MARK, Effort, Record, Stream

PAGE = 100  # the most that a follower asks for at once
LOOK = 0.05  # seconds between two looks whether it is time to stop
# What means that there was no answer.
LOST = (OSError, http.client.HTTPException)


class Client:
    """A client that keeps its connection, and sends nothing twice by itself."""

    def __init__(self, url: str, number: int = 0, cursor: str = "") -> None:
        self.address = urlsplit(url)
        self.number = number
        self.cursor = cursor
        self.connection: http.client.HTTPConnection | None = None
        self.etag: str | None = None

    def send(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """Send a request once and return the answer with its body; LOST when there is none."""
        connection = self.connection or self._connect()
        self.connection = None
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        except BaseException:
            connection.close()
            raise
        if not answer.will_close:
            self.connection = connection
        return answer, content

    def drop_if_closed(self) -> None:
        """Forget a connection that the server closed meanwhile, as every client does."""
        if self.connection is None or self.connection.sock is None:
            return
        self.connection.sock.settimeout(0)
        try:
            self.connection.sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            self.connection.sock.settimeout(None)
        except OSError:
            self.close()
        else:
            self.close()

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.address.hostname, self.address.port)


class Sender:
    """Sends the requests of one stream and prints their records."""

    def __init__(self, stream: Stream, url: str, stop: Event) -> None:
        self.stream = stream
        self.url = url
        self.stop = stop
        self.tokens = itertools.cycle(stream.tokens) if stream.tokens else None
        self.left = stream.total or None
        self.idle: list[Client] = []

    def run(self) -> None:
        """Send until it is over, and wait for what is under way."""
        if self.stream.rate:
            self.arrivals()
        else:
            users = Group()
            for number in range(self.stream.users):
                users.spawn(self.listen if self.stream.listens else self.user, number)
            if self.stream.after:  # for nothing, once it is over
                self.stop.wait()
                users.kill()
            users.join(raise_error=True)

    def user(self, number: int) -> None:
        """One client that waits for each answer; the first requests are spread over the period."""
        stream = self.stream
        client = Client(self.url, number, stream.after)
        token = stream.tokens[number % len(stream.tokens)] if stream.tokens else None
        # Not the turns of a client that is slower: of 200 voters each has one vote.
        turns = range(math.ceil(stream.total / stream.users)) if stream.total else itertools.count()
        due = time.monotonic() + stream.every * number / stream.users
        for _ in turns:
            if not (self.sleep_until(due) and self.take()):
                break
            began = time.monotonic()
            self.request(client, token, began)
            due = max(due + stream.every, time.monotonic())
        client.close()

    def listen(self, number: int) -> None:
        """One client that is told; they arrive spread over the period."""
        if self.sleep_until(time.monotonic() + self.stream.every * number / self.stream.users):
            Listener(self.url, number, self.stream, tell).run()

    def arrivals(self) -> None:
        """Requests that come whether or not those before have their answers."""
        under_way = Group()
        broken: list[gevent.Greenlet] = []
        due = time.monotonic()
        while self.sleep_until(due) and self.take():
            under_way.spawn(self.arrival, due).link_exception(broken.append)
            due += 1 / self.stream.rate
        under_way.join()
        # A request without a record would count neither as sent nor as failed.
        for greenlet in broken:
            greenlet.get()

    def arrival(self, due: float) -> None:
        client = self.idle.pop() if self.idle else Client(self.url)
        self.request(client, next(self.tokens) if self.tokens else None, due)
        self.idle.append(client)

    def sleep_until(self, moment: float) -> bool:
        """Wait; False when it is time to stop instead."""
        while not self.stop.is_set():
            left = moment - time.monotonic()
            # Not a wait for the event: one with a time limit now and then misses it for ever.
            gevent.sleep(min(max(left, 0), LOOK))
            if left <= LOOK:
                return not self.stop.is_set()
        return False

    def take(self) -> bool:
        """Whether one more may be sent."""
        if self.left is None:
            return True
        self.left -= 1
        return self.left >= 0

    def request(self, client: Client, token: str | None, due: float) -> None:
        """Send one request, again if the stream says so, and print its record."""
        stream, key = self.stream, secrets.token_hex(8)
        late = time.monotonic() - due
        record = Record(stream.name, key, due, late, 0, 0, False, tries=0, user=client.number)
        headers, body = self.message(key, token, client)
        path = stream.path.replace("{key}", key)
        if stream.after:
            path += f"?limit={PAGE}&after={client.cursor}"
            path += f"&wait={stream.wait}" if stream.wait else ""
        with gevent.Timeout(stream.timeout) as patience:
            try:
                while True:
                    client.drop_if_closed()
                    record.tries += 1
                    try:
                        answer = client.send(stream.method, path, body, headers)
                    except LOST as error:
                        record.problem = repr(error)
                        if record.tries > stream.retries:
                            break
                    else:
                        self.read(record, client, *answer)
                        break
            except gevent.Timeout as timeout:
                if timeout is not patience:
                    raise
                record.problem = f"no answer within {stream.timeout:g} s"
        record.seconds = time.monotonic() - due
        tell(record)

    def message(
        self, key: str, token: str | None, client: Client
    ) -> tuple[dict[str, str], bytes | None]:
        number, body = str(client.number), None
        headers = {
            name: text.replace("{user}", number) for name, text in self.stream.headers.items()
        }
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if self.stream.keyed:
            headers["Idempotency-Key"] = key
        if self.stream.conditional and client.etag:
            headers["If-None-Match"] = client.etag
        if self.stream.body is not None:
            values = {name: text.replace("{key}", key) for name, text in self.stream.body.items()}
            headers["Content-Type"] = "application/json"
            body = json.dumps(values).encode()
        return headers, body

    def read(
        self, record: Record, client: Client, answer: http.client.HTTPResponse, content: bytes
    ) -> None:
        record.status = answer.status
        record.ok = answer.status in self.stream.expect
        record.problem = "" if record.ok else f"status {answer.status}"
        record.retry_after = answer.headers["Retry-After"]
        record.content_type = answer.headers["Content-Type"] or ""
        client.etag = answer.headers["ETag"] or client.etag
        if record.status in (201, 202):
            try:
                record.id = json.loads(content)["id"]
            except (ValueError, TypeError, KeyError):
                record.ok, record.problem = False, "the answer is not what was made"
        if self.stream.after and record.status == 200:
            try:
                part = json.loads(content)
                client.cursor = part["next"]
                marks = [MARK.search(item.get("source", "")) for item in part["items"]]
                record.heard = [mark[1] for mark in marks if mark]
            except (ValueError, TypeError, KeyError):
                record.ok, record.problem = False, "the answer is no part of a list"


def tell(record: Record) -> None:
    print(json.dumps(asdict(record)), flush=True)


def main() -> None:
    """Read the plan from the first line of the standard input and carry it out."""
    plan = json.loads(sys.stdin.readline())
    stop = Event()
    if plan["seconds"] is not None:
        gevent.spawn_later(plan["seconds"], stop.set)

    def wait_for_end_of_input() -> None:
        gevent.socket.wait_read(sys.stdin.fileno())
        stop.set()

    gevent.spawn(wait_for_end_of_input)
    began, cpu = time.monotonic(), time.process_time()
    senders = Group()
    for stream in plan["streams"]:
        senders.spawn(Sender(Stream(**stream), plan["url"], stop).run)
    senders.join(raise_error=True)
    effort = Effort(time.process_time() - cpu, time.monotonic() - began)
    print(json.dumps({"effort": asdict(effort)}), flush=True)


if __name__ == "__main__":
    main()
