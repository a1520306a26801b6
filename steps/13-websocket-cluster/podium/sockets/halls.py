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
        self.coming = 0  # clients that are about to come in

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
        db.session.remove()  # to tell them takes a while, and no connection
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

    def tell(self, page):
        """Send the client a page of what it has missed; return the version that it has now.

        Nothing that is later than what everybody here has read: all are told of that together.
        """
        missed = [rows for rows in page.questions if rows[0].version <= self.read]
        after = min(page.next, self.read)
        event = {
            "items": [change_v2(rows, self.slug) for rows in missed],
            "next": write_cursor(self.slug, after),
            "more": after < self.read,
        }
        socketio.emit("question", event, to=request.sid, ignore_queue=True)
        return after

    def is_empty(self):
        here = any(socketio.server.manager.get_participants("/", self.slug))
        return not (here or self.coming)


class Halls(dict):
    """The halls of this process, by the id of the talk; one greenlet pushes for all of them."""

    def __init__(self, app):
        super().__init__()
        self.app = app
        self.lock = threading.Lock()  # one push at a time
        self.news = threading.Event()
        self.running = False

    def enter(self, slug, after):
        id, version = feed.look(slug, after)
        db.session.remove()  # who waits keeps no connection: who is waited for may need one
        if id not in self:
            self[id] = Hall(slug, version)
            self.hear(id, None, "began")  # the look may be from before news that are over
        self[id].coming += 1
        try:
            self.let_in(self[id], after)
        finally:
            self[id].coming -= 1
        if not self.running:
            self.running = True
            socketio.start_background_task(self.run)

    def let_in(self, hall, after):
        """Tell the client what it has missed, then let it in; it is told nothing twice.

        From the last page to the door nothing waits, so no other greenlet runs: that takes no
        lock, and a crowd at the door does not keep those who are here from hearing news.
        """
        while visitors.is_here():
            if hall.read < after:
                self.catch_up(hall, after)
                continue
            page = feed.changes_in(hall.read, hall.slug, after, PAGE)
            db.session.remove()
            after = hall.tell(page)
            if after == hall.read and visitors.is_here():
                return join_room(hall.slug)

    def catch_up(self, hall, version):
        """The client has seen more than those who are here: they are told first."""
        with self.lock:
            try:
                if hall.read < version:
                    hall.push()
            except outages.DATABASE:
                self.lost()  # it may have been about to push something
                raise

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
        while True:
            due = [at for hall in self.values() if (at := hall.due()) is not None]
            self.news.wait(max(0, min(due) - time.monotonic()) if due else None)
            self.news.clear()
            try:
                with self.app.app_context():
                    self.push()
            except Exception as error:  # whatever it is, somebody has to go on telling
                log.warning("Nothing is pushed for now: %r", error)
                time.sleep(AGAIN_AFTER)
                self.lost()

    def push(self):
        with self.lock:
            for id, hall in list(self.items()):
                due = hall.due()
                if hall.is_empty():
                    del self[id]
                elif due is not None and due <= time.monotonic():
                    hall.push()
