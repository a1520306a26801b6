"""Questions and votes: who may do what, and what follows from it."""

from collections import Counter

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from podium.config import setting
from podium.extensions import db, rates
from podium.models import Question, Vote, find
from podium.questions.text import render
from podium.services import outbox, previews
from podium.services.errors import Conflict, Forbidden
from podium.services.feed import touch

SPENT = Counter()  # votes, by person and talk


def of(talk, since=0):
    """Selects by votes, then age: the order of the page, the API and the transcript."""
    return (
        select(Question)
        .where(Question.talk == talk, Question.updated_at > since, Question.deleted.is_(False))
        .order_by(Question.score.desc(), Question.created_at, Question.id)
    )


def get(id):
    return find(Question, id=id, deleted=False)


def post(user, talk, source):
    rates.hit("QUESTION_RATE", user.nickname)
    return write(Question(talk=talk, author=user), source)


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
    # TODO: right in one process, and as long as nobody restarts it or votes twice.
    budget = setting("VOTES_PER_TALK")
    if budget is not None and SPENT[user.id, question.talk_id] >= budget:
        raise Conflict(f"You have {budget} votes for this talk. Take one back first.")
    SPENT[user.id, question.talk_id] += 1
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
    touch(question)
    db.session.commit()


def write(question, source):
    question.source, question.html = source, render(source)
    question.previews = previews.expected(question.html)
    db.session.add(question)
    db.session.flush()
    tasks = [outbox.write("fill_preview", preview.id) for preview in question.previews]
    touch(question)
    db.session.commit()
    outbox.send(tasks)
    return question
