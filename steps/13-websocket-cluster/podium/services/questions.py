"""Questions and votes: who may do what, and what follows from it."""

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from podium.extensions import db, rates
from podium.models import Question, Vote, find
from podium.questions.text import render
from podium.services import outbox, previews
from podium.services.errors import Forbidden
from podium.services.feed import touch


def itself(question):
    return question


def of(talk, since=0):
    """Selects by votes, then age: the order of the page, the API and the transcript."""
    return (
        select(Question)
        .where(Question.talk == talk, Question.updated_at > since, Question.deleted.is_(False))
        .order_by(Question.score.desc(), Question.created_at, Question.id)
    )


def get(id):
    return find(Question, id=id, deleted=False)


def post(user, talk, source, answer=itself):
    """What `answer` makes of the new question, in the transaction that creates it."""
    rates.hit("QUESTION_RATE", user.nickname)
    return write(Question(talk=talk, author=user), source, answer)


def edit(user, id, source):
    return write(of_author(user, id), source)


def remove(user, id):
    """Leave an empty row behind, so that whoever has seen the question hears that it is gone."""
    question = of_author(user, id)
    question.deleted, question.source, question.html = True, "", ""
    question.previews, question.votes = [], []
    touch(question)
    db.session.commit()


def vote(user, id):
    """Count the user's vote, once: the constraint decides, not a look beforehand."""
    question = votable(user, id)
    try:
        db.session.execute(insert(Vote).values(question_id=question.id, user_id=user.id))
    except IntegrityError:
        db.session.rollback()
    else:
        count(question, +1)


def unvote(user, id):
    question = votable(user, id)
    mine = delete(Vote).filter_by(question_id=question.id, user_id=user.id)
    if db.session.execute(mine).rowcount:
        count(question, -1)


def votes_of(user, talk):
    """The ids of the questions that the user has voted for."""
    mine = select(Vote.question_id).where(Vote.user_id == user.id)
    return db.session.scalars(mine.join(Question).where(Question.talk == talk)).all()


def mark_answered(user, id, answered):
    question = get(id)
    if question.talk.organiser != user:
        raise Forbidden("Only the organiser may do that.")
    question.answered = answered
    touch(question)
    db.session.commit()
    return question


def of_author(user, id):
    question = get(id)
    if question.author != user:
        raise Forbidden("Only the author may do that.")
    return question


def votable(user, id):
    question = get(id)
    if question.author == user:
        raise Forbidden("You cannot vote for your own question.")
    return question


def count(question, votes):
    question.score = Question.score + votes
    touch(question, "votes")
    db.session.commit()


def write(question, source, answer=itself):
    question.source, question.html = source, render(source)
    question.previews = previews.expected(question.html)
    db.session.add(question)
    db.session.flush()
    tasks = [outbox.write("fill_preview", preview.id) for preview in question.previews]
    result = answer(question)
    touch(question)
    db.session.commit()
    outbox.send(tasks)
    return result
