"""Calls of step 13, and what stands in their place in bare.py: one of them, as often as it goes.

locust -f loadtests/floors/load.py --host http://127.0.0.1:8000 --step 13 -u 10 Hello
"""

from locust import task

from loadtests.people import Person, Poller, Reader  # noqa: F401 (Locust runs what is named)
from loadtests.podium import SIDE_TALK, TALK, question


class Hello(Person):
    @task
    def call(self) -> None:
        self.ask("GET", "/", "hello")


class HelloPost(Person):
    @task
    def call(self) -> None:
        self.ask("POST", "/", "hello, post", body={"source": "Hello"})


class Direct(Person):
    @task
    def call(self) -> None:
        self.ask("GET", f"/list/{TALK}", "direct")


class Poster(Person):
    """Somebody who asks as fast as the answers come, where nobody reads."""

    def on_start(self) -> None:
        super().on_start()
        self.account = self.register()

    @task
    def call(self) -> None:
        body = question(SIDE_TALK)[1]
        path = f"/api/v2/talks/{body.pop('talk')}/questions"
        self.ask("POST", path, "post", (201,), None, self.account, body)
