"""What a hall does to Podium, as Locust users.

locust -f locustfile.py --headless --users 5 --run-time 10s --host http://localhost:8000
"""

import os
import random
import secrets

from locust import FastHttpUser, between, task

TALK = "million-pollers"
# Another web site, half a second slow. `/page/3?delay=0.5` is a page of it.
SLOW_SITE = os.environ.get("SLOW_SITE_URL", "http://127.0.0.1:8001")

# The list takes milliseconds, a vote too. Who posts a link waits for a stranger's web site.
BOTTLENECK = "post with link"


class Listener(FastHttpUser):
    """Somebody in the hall."""

    wait_time = between(0.3, 0.7)

    def on_start(self):
        self.nickname, password = f"listener-{secrets.token_hex(5)}", "correct horse battery"
        body = {"nickname": self.nickname, "password": password}
        self.client.post("/api/users", json=body, name="register")
        answer = self.client.post("/api/tokens", auth=(self.nickname, password), name="log in")
        self.headers = {"Authorization": f"Bearer {answer.json()['token']}"}
        self.questions = []

    @task(6)
    def look(self):
        answer = self.client.get(f"/api/questions?talk={TALK}", name="list")
        questions = answer.json()["questions"]
        self.questions = [each["id"] for each in questions if each["author"] != self.nickname]

    @task(3)
    def vote(self):
        if self.questions:
            id = random.choice(self.questions)
            self.client.put(f"/api/questions/{id}/vote", headers=self.headers, name="vote")

    @task(1)
    def ask(self):
        body = {"talk": TALK, "source": f"Is this so? {SLOW_SITE}/page/3?delay=0.5"}
        self.client.post("/api/questions", json=body, headers=self.headers, name="post with link")
