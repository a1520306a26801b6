"""Who is typing in which talk, among those who are connected to this process.

The people of a talk are told when that changes, as the event `typing`: {"talk": slug, "people":
[nicknames in order]}. Nobody says that they have stopped: it is over when nothing is heard.
"""

import time
from collections import defaultdict

from flask import request

from podium.config import setting
from podium.extensions import socketio


class Typing:
    def __init__(self):
        self.until = {}  # the nickname and the end, by talk and connection
        self.told = {}  # who types, as the people of a talk know it
        self.running = False

    def hear(self, talk, nickname):
        """The client of this event types in `talk`, for TYPING_SECONDS from now on."""
        end = time.monotonic() + setting("TYPING_SECONDS")
        self.until[talk, request.sid] = nickname, end
        self.tell()
        if not self.running:
            self.running = True
            socketio.start_background_task(self.watch)

    def leave(self):
        """The client of this event is gone."""
        for talk, connection in list(self.until):
            if connection == request.sid:
                del self.until[talk, connection]
        self.tell()

    def tell(self):
        """Tell the people of each talk in which something has changed."""
        before, self.told = self.told, self.now()
        for talk in before.keys() | self.told.keys():
            people = self.told.get(talk, [])
            if people != before.get(talk, []):
                socketio.emit("typing", {"talk": talk, "people": people}, to=talk)

    def now(self):
        people = defaultdict(set)
        for (talk, _), (nickname, _) in self.until.items():
            people[talk].add(nickname)
        return {talk: sorted(names) for talk, names in people.items()}

    def watch(self):
        """One greenlet for all of them, as long as anybody types."""
        while self.until:
            first = min(end for _, end in self.until.values())
            socketio.sleep(max(0, first - time.monotonic()))
            now = time.monotonic()
            self.until = {key: value for key, value in self.until.items() if value[1] > now}
            self.tell()
        self.running = False


typing = Typing()
