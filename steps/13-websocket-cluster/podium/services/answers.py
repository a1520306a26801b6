"""Answers that are kept, so that a request which comes again is not carried out again."""

from sqlalchemy import delete

from podium.extensions import db
from podium.models import Answer, now
from podium.services.errors import Mismatch

KEPT = 24 * 60 * 60


def find(user, key, fingerprint):
    """The answer to this very request, or None. Raises Mismatch where the key was another's."""
    answer = db.session.get(Answer, (user.id, key))
    if answer and answer.fingerprint != fingerprint:
        raise Mismatch("This Idempotency-Key was used for another request.")
    return answer


def keep(user, key, fingerprint, location, body):
    """To be called in the transaction of the change; of two at the same time, one fails with it."""
    row = Answer(user_id=user.id, key=key, fingerprint=fingerprint, location=location, body=body)
    db.session.add(row)


def tidy_up():
    db.session.execute(delete(Answer).where(Answer.created_at < now() - KEPT))
    db.session.commit()
