"""Who is here, and how busy we are: the requests of the last seconds, in this process's memory."""

import hashlib
import threading
import time
from collections import deque

from flask import current_app, request

SECONDS = 15
NOT_COUNTED = ("/healthz", "/static/")


class Presence:
    """Notes each request of the application at hand."""

    def init_app(self, app):
        app.extensions["presence"] = deque(), threading.Lock()
        app.before_request(self.note)

    def note(self):
        """A browser is its cookie, another client its credentials or its address."""
        if request.path.startswith(NOT_COUNTED):
            return
        who = request.headers.get("Authorization", request.remote_addr)
        who = hashlib.sha256(request.cookies.get("visitor", who).encode()).digest()
        hits, lock = current_app.extensions["presence"]
        with lock:
            hits.append((time.monotonic(), who))
            while hits[0][0] < time.monotonic() - SECONDS:
                hits.popleft()

    def stats(self):
        hits, lock = current_app.extensions["presence"]
        recent = time.monotonic() - SECONDS
        with lock:
            people = [who for when, who in hits if when > recent]
        return {"present": len(set(people)), "requests_per_second": len(people) / SECONDS}
