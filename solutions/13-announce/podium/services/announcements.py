"""What an organiser says to those who watch a talk."""

from podium.extensions import db, socketio
from podium.services import talks


def announce(user, slug, text, answer):
    """Show `text` to those who watch the talk, for its organiser; once, however often it is sent.

    Returns what `answer` makes of the text, in the transaction that it writes to.
    """
    talks.of_organiser(user, slug)
    answered = answer(text)
    # Of two requests with the same key one fails here, before anybody has heard anything.
    db.session.commit()
    socketio.emit("announcement", {"text": text}, to=slug)
    return answered
