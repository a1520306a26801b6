"""Limits on how often one person may do a thing."""

import time

import limits
from flask import current_app

from podium.services.errors import TooOften


class Rates:
    """Counts for the application at hand; `RATES_STORAGE` says where the counters are kept."""

    def init_app(self, app):
        storage = limits.storage.storage_from_string(app.config["RATES_STORAGE"])
        app.extensions["rates"] = limits.strategies.MovingWindowRateLimiter(storage)

    def hit(self, setting, who):
        """Count one more for `who` against the rate in `setting`, or raise TooOften."""
        limiter, rate = current_app.extensions["rates"], limits.parse(current_app.config[setting])
        if not limiter.hit(rate, setting, who):
            wait = limiter.get_window_stats(rate, setting, who).reset_time - time.time()
            raise TooOften(f"At most {rate}. Try again later.", max(1, round(wait)))
