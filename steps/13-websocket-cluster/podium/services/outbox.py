"""Tasks that must not be lost: written down with the change they follow from, sent after it.

https://microservices.io/patterns/data/transactional-outbox.html
"""

import logging

from sqlalchemy import delete, select

from podium import queue
from podium.extensions import db
from podium.models import Outbox, now

log = logging.getLogger(__name__)
LEFT_TO_THE_SENDER = 2


def write(task, argument):
    """To be called in the transaction of the change; hand what it returns to `send` afterwards."""
    row = Outbox(task=task, argument=argument)
    db.session.add(row)
    db.session.flush()
    return row.id, task, argument


def send(rows):
    """Hand the tasks to the broker, then cross them out: sent twice is better than never."""
    sent = []
    try:
        for id, task, argument in rows:
            queue.send(task, argument)
            sent.append(id)
    except queue.UNREACHABLE as error:
        log.warning("The broker is away, tasks wait in the outbox: %s", error)
    if sent:
        db.session.execute(delete(Outbox).where(Outbox.id.in_(sent)))
        db.session.commit()


def relay():
    """Send what whoever wrote it down could not send."""
    old = Outbox.created_at < now() - LEFT_TO_THE_SENDER
    waiting = select(Outbox.id, Outbox.task, Outbox.argument).where(old).order_by(Outbox.id)
    send(db.session.execute(waiting.limit(1000).with_for_update(skip_locked=True)).all())
