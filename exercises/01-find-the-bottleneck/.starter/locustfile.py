"""What a hall does to Podium, as Locust users.

locust -f locustfile.py --headless --users 5 --run-time 10s --host http://localhost:8000
"""

import os

from locust import FastHttpUser, between, task

TALK = "million-pollers"
# Another web site, half a second slow. `/page/3?delay=0.5` is a page of it.
SLOW_SITE = os.environ.get("SLOW_SITE_URL", "http://127.0.0.1:8001")

# TODO: the name of the line in Locust's table that keeps people waiting, once you have seen it.
BOTTLENECK = "?"


class Listener(FastHttpUser):
    """Somebody in the hall."""

    wait_time = between(0.3, 0.7)

    def on_start(self):
        # TODO: register under a nickname of its own and get a token, once; see the two calls in
        # podium.py. An `Authorization: Bearer ...` header then belongs to each vote and post.
        self.headers = {}

    @task(6)
    def look(self):
        self.client.get(f"/api/questions?talk={TALK}", name="list")

    # TODO: vote for a question of somebody else, less often.

    # TODO: post a question with a link to the slow site, rarely.
