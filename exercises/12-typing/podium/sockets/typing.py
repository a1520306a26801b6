"""Who is typing in which talk, among those who are connected to this process.

The people of a talk are told when that changes, as the event `typing`: {"talk": slug, "people":
[nicknames in order]}. Nobody says that they have stopped: it is over when nothing is heard.
"""


class Typing:
    def hear(self, talk, nickname):
        """The client of this event types in `talk`, for TYPING_SECONDS from now on."""
        # TODO: tell the room, if it is news; and see to it that the end is told as well.

    def leave(self):
        """The client of this event is gone."""
        # TODO: it types no more.


typing = Typing()
