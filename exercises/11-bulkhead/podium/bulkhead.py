"""A wall around what other web sites may take from us: so many calls at a time, and no more.

Without it one slow site fills the process with waiting calls, and pulls down what needs it not.
"""

from contextlib import contextmanager

from flask import current_app

from podium.services.errors import Busy


class Bulkhead:
    """At most `calls` at the same time; who waits is served in turn, for `patience` seconds."""

    def __init__(self, calls, patience):
        self.calls, self.patience = calls, patience

    @contextmanager
    def place(self):
        """Hold a place during the block. Raises Busy when there is none in time."""
        # TODO: the classes of `threading` will do: gunicorn.conf.py has made them gevent's.
        yield


def upstream():
    """The bulkhead of this process for calls to other web sites."""
    settings = current_app.config["UPSTREAM_CALLS"], current_app.config["UPSTREAM_PATIENCE"]
    return current_app.extensions.setdefault("upstream", Bulkhead(*settings))
