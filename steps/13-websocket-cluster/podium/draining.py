"""Whether this host is about to stop: who stops it makes the file first, see balancer.py."""

import os

from podium.config import setting


def stays():
    return not (setting("DRAIN_FILE") and os.path.exists(setting("DRAIN_FILE")))
