"""Who is connected to this process."""

from contextlib import suppress

import redis
from flask import current_app, request
from flask_socketio import join_room
from werkzeug.local import LocalProxy

from podium.extensions import presence, socketio
from podium.services import users
from podium.sockets.rooms import of_token

PRESENCE_EVERY = 1  # seconds, at least, between two head-counts
SEEN_EVERY = 5  # head-counts after which it is said again that they are here

visitors = LocalProxy(lambda: current_app.extensions["visitors"])


class Visitors(dict):
    """By the id of their connection: as what they are counted, and the digest of their token."""

    def __init__(self, app):
        super().__init__()
        self.app = app
        self.running = False

    def is_here(self):
        """A client may be gone again while we look who it is."""
        return socketio.server.manager.eio_sid_from_sid(request.sid, "/") is not None

    def arrive(self, token):
        digest = token and users.digest(token)
        if digest:
            join_room(of_token(digest))
        self[request.sid] = presence.who(), digest
        presence.seen([presence.who()])
        if not self.running:
            self.running = True
            socketio.start_background_task(self.count)

    def leave(self):
        """Whoever has a second window open is here still."""
        who, _ = self.pop(request.sid, (None, None))
        if who and who not in self.present():
            presence.gone(who)

    def present(self):
        return {who for who, _ in self.values()}

    def user(self):
        """Whose event it is; None where the token was none, is revoked, or has expired."""
        _, digest = self.get(request.sid, (None, None))
        return digest and users.with_digest(digest)

    def count(self):
        """Tell everybody how many are here whenever that has changed, and that ours are."""
        told = turn = 0
        while True:
            socketio.sleep(PRESENCE_EVERY)
            with self.app.app_context(), suppress(redis.RedisError):
                if turn % SEEN_EVERY == 0:
                    presence.seen(self.present())
                turn += 1
                now = presence.stats()["present"]
                if now != told:
                    told = now
                    socketio.emit("presence", {"present": now}, ignore_queue=True)
