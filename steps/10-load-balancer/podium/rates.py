"""Limits on how often one person may do a thing, whichever process they come to."""

import time

import limits
from flask import current_app
from limits.errors import StorageError

from podium.services.errors import TooOften
from podium.shared import PATIENCE


class Rates:
    """Counts for the application at hand, in Valkey; without it, each process for itself."""

    def init_app(self, app):
        storages = (
            limits.storage.storage_from_string(
                app.config["REDIS_URL"], wrap_exceptions=True, **PATIENCE
            ),
            limits.storage.MemoryStorage(),
        )
        app.extensions["rates"] = [limits.strategies.MovingWindowRateLimiter(s) for s in storages]

    def hit(self, setting, who):
        """Count one more for `who` against the rate in `setting`, or raise TooOften."""
        shared, own = current_app.extensions["rates"]
        rate = limits.parse(current_app.config[setting])
        try:
            self.count(shared, rate, setting, who)
        except StorageError:
            self.count(own, rate, setting, who)

    def count(self, limiter, rate, setting, who):
        if not limiter.hit(rate, setting, who):
            wait = limiter.get_window_stats(rate, setting, who).reset_time - time.time()
            raise TooOften(f"At most {rate}. Try again later.", max(1, round(wait)))
