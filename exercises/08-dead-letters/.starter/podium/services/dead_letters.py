"""What was tried often enough and given up: kept for an operator, who may send it again."""

from podium.extensions import db
from podium.models import DeadLetter

# TODO: bury(question_id, url, reason), to be called in the transaction that gives the preview up.


def every():
    """The dead letters, oldest first."""
    # TODO
    return []


def replay(id):
    """Send a dead letter again, once, whoever else does; whether there was anything to send.

    Its question gets a new preview, which is filled as that of a new question is. A letter whose
    question is deleted, or links there no more, is only dropped.
    """
    # TODO: in one transaction; a task goes through the outbox, as in services/questions.py.
    return False
