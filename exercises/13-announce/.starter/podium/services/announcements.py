"""What an organiser says to those who watch a talk."""

from podium.extensions import db, news, socketio
from podium.services import talks


def announce(user, slug, text, answer):
    """Show `text` to those who watch the talk, for its organiser; once, however often it is sent.

    Returns what `answer` makes of the text, in the transaction that it writes to.
    """
    talks.of_organiser(user, slug)
    # TODO: each hears it once; and of two requests with the same key one is carried out.
    news.publish(announcement=text, room=slug)
    return answer(text)
