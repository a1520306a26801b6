"""Questions and votes: who may do what, and what follows from it."""

from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from podium.extensions import db, rates
from podium.models import Preview, Question, Talk, User, Vote, find
from podium.questions.text import previews, render
from podium.services.errors import Forbidden, Invalid, NotFound

PREVIEW = (Preview.url, Preview.title, Preview.description)


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
    question.previews = previews(question.html)
    db.session.add(question)
    touch(question)
    db.session.commit()
    return question


def touch(question):
    """Give the question the talk's next version, in the transaction that changes it.

    The talk's row stays locked until the commit. So versions become visible in their order, and
    a reader who has seen one has seen all before it.
    """
    step = update(Talk).where(Talk.id == question.talk.id).values(version=Talk.version + 1)
    question.version = db.session.scalar(step.returning(Talk.version))


class Changes(NamedTuple):
    """Changed questions, each as its joined rows (one for each preview), oldest change first.

    Ask again after version `next`; `more` says that there is something already.
    """

    questions: list
    next: int
    more: bool
    version: int


def changed():
    """The statement behind `changes`: a page of questions, with all that belongs to them."""
    page = (
        select(Question)
        .join(Talk)
        .where(Talk.slug == bindparam("slug"), Question.version > bindparam("after"))
        .order_by(Question.version)
        .limit(bindparam("limit"))
        .subquery()
    )
    return (
        select(Talk.version.label("talk_version"), page, User.nickname, *PREVIEW)
        .select_from(Talk)
        .outerjoin(page, page.c.talk_id == Talk.id)
        .outerjoin(User, User.id == page.c.author_id)
        .outerjoin(Preview, Preview.question_id == page.c.id)
        .where(Talk.slug == bindparam("slug"))
        .order_by(page.c.version, Preview.id)
    )


CHANGED = changed()  # built once: building costs as much as running it


def changes(slug, after, limit):
    """At most `limit` questions that changed after that version of the talk: one query, always."""
    values = {"slug": slug, "after": after, "limit": limit + 1}
    rows = db.session.execute(CHANGED, values).all()
    if not rows:
        raise NotFound("There is no such talk.")
    newest = rows[0].talk_version
    if after > newest:
        raise Invalid("after: is no cursor of this list; start again without one.", "after")
    found = [list(group) for id, group in groupby(rows, attrgetter("id")) if id is not None]
    more = len(found) > limit
    return Changes(found[:limit], found[limit - 1][0].version if more else newest, more, newest)
