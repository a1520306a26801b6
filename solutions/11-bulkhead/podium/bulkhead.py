"""A wall around what other web sites may take from us: so many calls at a time, and no more.

Without it one slow site fills the process with waiting calls, and pulls down what needs it not.
"""

import threading
from collections import deque
from contextlib import contextmanager

from flask import current_app

from podium.services.errors import Busy


class Bulkhead:
    """At most `calls` at the same time; who waits is served in turn, for `patience` seconds."""

    def __init__(self, calls, patience):
        self.free, self.patience = calls, patience
        self.lock, self.waiting = threading.Lock(), deque()

    @contextmanager
    def place(self):
        """Hold a place during the block. Raises Busy when there is none in time."""
        self.take()
        try:
            yield
        finally:
            self.leave()

    def take(self):
        with self.lock:
            if self.free:
                self.free -= 1
                return
            turn = threading.Event()
            self.waiting.append(turn)
        came = False
        try:
            came = turn.wait(self.patience)
        finally:
            if not came:
                self.withdraw(turn)
        if not came:
            raise Busy("Too many links are being looked up. Try again later.", wait=5)

    def leave(self):
        """The place goes from hand to hand: whoever comes now finds none free."""
        with self.lock:
            if self.waiting:
                self.waiting.popleft().set()
            else:
                self.free += 1

    def withdraw(self, turn):
        with self.lock:
            if turn in self.waiting:
                self.waiting.remove(turn)
                return
        self.leave()  # it came in this very moment


def upstream():
    """The bulkhead of this process for calls to other web sites."""
    settings = current_app.config["UPSTREAM_CALLS"], current_app.config["UPSTREAM_PATIENCE"]
    return current_app.extensions.setdefault("upstream", Bulkhead(*settings))
