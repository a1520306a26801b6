"""What is pushed to the people of a talk, and when.

A question goes out at once. Votes are gathered: however many vote, one event in a quarter of a
second carries all that they have changed.
"""

import logging
import threading
import time
from collections import defaultdict

from flask import request
from flask_socketio import join_room

from podium import outages
from podium.extensions import db, socketio
from podium.questions.cursor import write_cursor
from podium.questions.representations import change_v2, previews_v2
from podium.services import feed
from podium.sockets.visitors import visitors

VOTES_EVERY = 0.25  # seconds
AGAIN_AFTER = 1  # seconds, while the database is away
PAGE = 100
log = logging.getLogger(__name__)


class Hall:
    """A talk that clients of this process watch, and what they have been sent."""

    def __init__(self, slug, version):
        self.slug = slug
        self.read = self.sent = version  # of the talk: all is read so far, all is sent so far
        self.kinds = defaultdict(set)  # of the changes that were heard of, by question
        self.votes = {}  # scores that are read and not sent, by question
        self.votes_at = 0

    def due(self):
        """The time to push, by the monotonic clock; None while there is nothing to push."""
        if any(kinds != {"votes"} for kinds in self.kinds.values()):
            return 0
        return self.votes_at + VOTES_EVERY if self.kinds or self.votes else None

    def push(self):
        """Send what is new, with a cursor at the end if that is all there is."""
        events = self.read_on()
        if self.votes and time.monotonic() >= self.votes_at + VOTES_EVERY:
            votes = [{"id": id, "score": score} for id, score in self.votes.items()]
            events.append(("votes", {"items": votes}))
            self.votes, self.votes_at = {}, time.monotonic()
        if not self.votes:
            self.sent = self.read
        if events:
            events[-1][1]["next"] = write_cursor(self.slug, self.sent)
        for name, data in events:
            socketio.emit(name, data, to=self.slug, ignore_queue=True)

    def read_on(self):
        """Read what has changed: the events for it. What is only votes is left for later."""
        kinds, self.kinds = self.kinds, defaultdict(set)
        changes, read, more = [], self.read, True
        while more:
            page = feed.changes(self.slug, read, PAGE)
            changes += page.questions
            read, more = page.next, page.more
        self.read = read
        questions, previews = [], []
        for rows in changes:
            id = rows[0].id
            if kinds[id] == {"votes"}:
                self.votes[id] = rows[0].score
            elif kinds[id] == {"preview"}:
                found = previews_v2([row for row in rows if row.url])
                previews.append({"id": id, "previews": found})
            else:
                self.votes.pop(id, None)
                questions.append(change_v2(rows, self.slug))
        events = ("question", questions), ("preview", previews)
        return [(name, {"items": items}) for name, items in events if items]

    def welcome(self, after):
        """Send the client what it has missed, then let it in.

        Those who are here are brought to the same point: nobody is told twice, or misses anything.
        """
        more = True
        while more:
            page = feed.changes_in(self.read, self.slug, after, PAGE)
            if page.version > self.read:
                self.push()
                continue
            items = [change_v2(rows, self.slug) for rows in page.questions]
            after, more = page.next, page.more
            event = {"items": items, "next": write_cursor(self.slug, after), "more": more}
            socketio.emit("question", event, to=request.sid, ignore_queue=True)
        if visitors.is_here():
            join_room(self.slug)

    def is_empty(self):
        return not any(socketio.server.manager.get_participants("/", self.slug))


class Halls(dict):
    """The halls of this process, by the id of the talk; one greenlet pushes for all of them."""

    def __init__(self, app):
        super().__init__()
        self.app = app
        self.lock = threading.Lock()  # while a client comes in, nothing is pushed
        self.news = threading.Event()
        self.running = False

    def enter(self, slug, after):
        id, version = feed.look(slug, after)
        with self.lock:
            if id not in self:
                self[id] = Hall(slug, version)
                self.hear(id, None, "began")  # the look may be from before news that are over
            try:
                self[id].welcome(after)
            except outages.DATABASE:
                self.lost()  # it may have been about to push something
                raise
        if not self.running:
            self.running = True
            socketio.start_background_task(self.run)

    def hear(self, talk, question, kind):
        """Of a change, made in whichever process."""
        if talk in self:
            self[talk].kinds[question].add(kind)
            self.news.set()

    def lost(self):
        """Something may have happened of which nobody here has heard."""
        for hall in self.values():
            hall.kinds[None].add("lost")
        self.news.set()

    def run(self):
        with self.app.app_context():
            while True:
                due = [at for hall in self.values() if (at := hall.due()) is not None]
                self.news.wait(max(0, min(due) - time.monotonic()) if due else None)
                self.news.clear()
                try:
                    self.push()
                except outages.DATABASE as error:
                    log.warning("Nothing is pushed while the database is away: %s", error)
                    time.sleep(AGAIN_AFTER)
                    self.lost()
                finally:
                    db.session.remove()

    def push(self):
        with self.lock:
            for id, hall in list(self.items()):
                due = hall.due()
                if hall.is_empty():
                    del self[id]
                elif due is not None and due <= time.monotonic():
                    hall.push()
