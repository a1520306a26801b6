"""Who is here, and how busy we are: the requests of the last seconds, of all processes together."""

import hashlib
import time
from contextlib import suppress

import redis
from flask import request

SECONDS = 15
LEAVING = 7  # seconds, more than a server takes to say again who is connected to it
NOT_COUNTED = ("/healthz", "/readyz", "/static/")


class Presence:
    """Notes each request in Valkey."""

    def __init__(self, shared):
        self.shared = shared

    def init_app(self, app):
        app.before_request(self.note)

    def who(self):
        """A browser is its cookie, another client its credentials or its address."""
        who = request.headers.get("Authorization", request.remote_addr)
        return hashlib.sha256(request.cookies.get("visitor", who).encode()).hexdigest()

    def note(self):
        if request.path.startswith(NOT_COUNTED):
            return
        who = self.who()
        now = time.time()

        def write(valkey):
            pipeline = valkey.pipeline(transaction=False)
            pipeline.zadd("present", {who: now})
            pipeline.zremrangebyscore("present", 0, now - SECONDS)
            pipeline.incr(f"requests:{int(now)}")
            pipeline.expire(f"requests:{int(now)}", 2 * SECONDS)
            pipeline.execute()

        with suppress(redis.RedisError):  # nobody is sent away because they cannot be counted
            self.shared.do(write)

    def stay(self, seconds):
        """Who waits for an answer is here all the while."""
        self.seen([self.who()], seconds)

    def seen(self, whos, seconds=0):
        """Who is connected is here, too; they are said all at once, again and again."""
        present = dict.fromkeys(whos, time.time() + seconds)
        if present:
            with suppress(redis.RedisError):
                self.shared.do(lambda valkey: valkey.zadd("present", present))

    def gone(self, who):
        """In a while, unless another server says that they are connected to it."""
        last = time.time() - SECONDS + LEAVING
        with suppress(redis.RedisError):
            self.shared.do(lambda valkey: valkey.zadd("present", {who: last}, xx=True, lt=True))

    def stats(self):
        """Raises redis.RedisError while there is no server."""
        now = time.time()
        seconds = [f"requests:{int(now) - ago}" for ago in range(SECONDS)]
        present = self.shared.do(lambda valkey: valkey.zcount("present", now - SECONDS, "inf"))
        counts = self.shared.do(lambda valkey: valkey.mget(seconds))
        total = sum(int(count) for count in counts if count)
        return {"present": present, "requests_per_second": total / SECONDS}

    def present(self):
        """The head-count for a page, which is shown without it, too."""
        with suppress(redis.RedisError):
            return self.stats()["present"]
