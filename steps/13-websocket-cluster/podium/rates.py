"""Limits on how often one person may do a thing, whichever process they come to."""

import time
from functools import cached_property

import limits
from flask import current_app
from limits.errors import StorageError

from podium.services.errors import TooOften
from podium.shared import PATIENCE


class Rates:
    """Counts for the application at hand, in Valkey; without it, each process for itself."""

    def init_app(self, app):
        storage = limits.storage.storage_from_string(
            app.config["REDIS_URL"], wrap_exceptions=True, **PATIENCE
        )
        app.extensions["rates"] = limits.strategies.MovingWindowRateLimiter(storage)

    @cached_property
    def own(self):
        """Made when it is needed: it starts a thread, which would not survive a fork."""
        return limits.strategies.MovingWindowRateLimiter(limits.storage.MemoryStorage())

    def hit(self, setting, who):
        """Count one more for `who` against the rate in `setting`, or raise TooOften."""
        rate = limits.parse(current_app.config[setting])
        try:
            self.count(current_app.extensions["rates"], rate, setting, who)
        except StorageError:
            self.count(self.own, rate, setting, who)

    def hit_here(self, setting, who):
        """The same for what concerns this process alone, and is too frequent to ask elsewhere."""
        self.count(self.own, limits.parse(current_app.config[setting]), setting, who)

    def count(self, limiter, rate, setting, who):
        if not limiter.hit(rate, setting, who):
            wait = limiter.get_window_stats(rate, setting, who).reset_time - time.time()
            raise TooOften(f"At most {rate}. Try again later.", max(1, round(wait)))
