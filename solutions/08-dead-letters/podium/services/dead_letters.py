"""What was tried often enough and given up: kept for an operator, who may send it again."""

from sqlalchemy import delete, select

from podium.extensions import db
from podium.models import DeadLetter, Preview, Question
from podium.questions.text import links
from podium.services import outbox
from podium.services.feed import touch


def bury(question_id, url, reason):
    """To be called in the transaction that gives the preview up."""
    db.session.add(DeadLetter(question_id=question_id, url=url, reason=reason))


def every():
    """The dead letters, oldest first."""
    return db.session.scalars(select(DeadLetter).order_by(DeadLetter.id)).all()


def replay(id):
    """Send a dead letter again, once, whoever else does; whether there was anything to send.

    Its question gets a new preview, which is filled as that of a new question is. A letter whose
    question is deleted, or links there no more, is only dropped.
    """
    # Who deletes the row has the letter: of two operators only one.
    mine = delete(DeadLetter).where(DeadLetter.id == id)
    letter = db.session.execute(mine.returning(DeadLetter.question_id, DeadLetter.url)).first()
    tasks = []
    if letter:
        question = db.session.get(Question, letter.question_id)
        if not question.deleted and letter.url in links(question.html):
            preview = Preview(url=letter.url)
            question.previews.append(preview)
            touch(question)
            db.session.flush()
            tasks.append(outbox.write("fill_preview", preview.id))
    db.session.commit()
    outbox.send(tasks)
    return bool(tasks)
