"""Wakes who waits for news of a talk. However many wait, a process has one subscription.

This is the code of threads, and works with threads. gunicorn.conf.py makes it cheap: a thread is a
greenlet there, which needs some memory and nothing else while it waits.
"""

import json
import logging
import random
import threading
import time
from collections import defaultdict
from contextlib import suppress

import redis
from flask import current_app

from podium import draining

PAUSE = 1  # seconds between two attempts to subscribe, or to publish
TRIES = 60  # to publish what could not be said at once
# Who wakes up asks again at once. Everybody in the same moment would leave no time for others: a
# crowd wakes up in the course of so many seconds for each, and at most in this time.
EACH, MOST = 0.008, 2
log = logging.getLogger(__name__)


def channel(client):
    """One for each of the server's databases: without that, channels are common to all of them."""
    return f"news:{client.get_connection_kwargs().get('db', 0)}"


def say(valkey, message):
    valkey.publish(channel(valkey), json.dumps(message))


def say_later(valkey, message):
    """Who listens may not have noticed that anything was wrong."""
    for _ in range(TRIES):
        time.sleep(PAUSE)
        with suppress(redis.RedisError):
            return say(valkey, message)


class News:
    """The versions of talks, from each process to all."""

    def __init__(self, shared):
        self.shared = shared

    def init_app(self, app):
        app.extensions["news"] = Listener(app)

    def publish(self, **message):
        """Say that a `talk` (an id) has this `version`; later, if it cannot be said now."""
        try:
            self.shared.do(lambda valkey: say(valkey, message))
        except redis.RedisError:
            valkey = current_app.extensions["shared"]
            threading.Thread(target=say_later, args=(valkey, message), daemon=True).start()

    def listen(self):
        """From now on nothing is missed; if it returns False, everything is."""
        return current_app.extensions["news"].listen()

    def wait(self, talk, after, seconds):
        """The version of a talk once it is later than `after`; None if it is not by then."""
        return current_app.extensions["news"].wait(talk, after, seconds)


class Listener:
    """Hears what is published, for all in this process who wait for it."""

    def __init__(self, app):
        self.app = app
        self.client = redis.Redis.from_url(app.config["REDIS_URL"], health_check_interval=5)
        self.goes_on = lambda: True
        self.thread = None
        self.hears = threading.Event()
        self.versions = defaultdict(int)
        self.waiting = defaultdict(set)

    def listen(self):
        if self.thread is None:  # only now: a connection must not be inherited by a fork
            self.thread = threading.Thread(target=self.run, daemon=True)
            self.thread.start()
        return self.hears.wait(PAUSE)

    def wait(self, talk, after, seconds):
        woken = threading.Event()
        self.waiting[talk].add(woken)
        if self.hears.is_set() and self.versions[talk] <= after and woken.wait(seconds):
            time.sleep(random.uniform(0, min(len(self.waiting[talk]) * EACH, MOST)))
        self.waiting[talk].discard(woken)
        return self.versions[talk] if self.versions[talk] > after else None

    def run(self):
        with self.app.app_context():
            while self.goes_on():
                try:
                    if draining.stays():
                        self.subscribe()
                except Exception as error:  # whatever it is, somebody has to go on listening
                    log.warning("Nobody here hears news: %r", error)
                self.send_home()
                if self.goes_on():
                    time.sleep(PAUSE)

    def subscribe(self):
        with self.client.pubsub() as subscription:
            subscription.subscribe(channel(self.client))
            while self.stays():
                message = subscription.get_message(timeout=1) or {"type": None}
                if message["type"] == "subscribe":
                    self.hears.set()
                if message["type"] == "message":
                    self.hear(**json.loads(message["data"]))

    def hear(self, talk, version):
        self.versions[talk] = max(self.versions[talk], version)
        self.wake(talk)

    def send_home(self):
        """Nothing is heard any more: who waits had better ask again."""
        self.hears.clear()
        self.wake(*self.waiting)

    def stays(self):
        return self.goes_on() and draining.stays()

    def wake(self, *talks):
        for talk in talks:
            for woken in list(self.waiting[talk]):
                woken.set()
