"""What the processes share is in Valkey: the objects of one process no other process ever sees."""

import time

import redis
from flask import current_app
from redis.backoff import NoBackoff
from redis.retry import Retry

# A process with thousands of greenlets may be that late itself: it is not the server then.
PATIENCE = {"socket_timeout": 2, "socket_connect_timeout": 2, "retry": Retry(NoBackoff(), 1)}
# Of one process. The pool that redis-py takes by itself refuses the 101st at the same time; in this
# one it waits until one is free.
POOL = {"max_connections": 20, "timeout": 2, "decode_responses": True}
PAUSE = 1  # seconds in which nobody else waits for a server that did not answer


class Shared:
    """The Valkey server of the application at hand."""

    def init_app(self, app):
        pool = redis.BlockingConnectionPool.from_url(app.config["REDIS_URL"], **POOL, **PATIENCE)
        app.extensions["shared"] = redis.Redis.from_pool(pool)
        self.again_at = 0

    def do(self, call):
        """What `call(client)` returns. Raises redis.RedisError while there is no server."""
        if time.monotonic() < self.again_at:
            raise redis.ConnectionError("It did not answer a moment ago.")
        try:
            return call(current_app.extensions["shared"])
        except redis.RedisError:
            self.again_at = time.monotonic() + PAUSE
            raise
