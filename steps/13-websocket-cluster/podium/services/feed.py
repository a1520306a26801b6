"""The feed of a talk: each change takes the talk's next version, so that no reader misses one."""

import threading
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from cachetools import TTLCache, cached
from sqlalchemy import bindparam, event, select, update

from podium.extensions import db, news
from podium.models import Preview, Question, Talk, User
from podium.services.errors import Invalid, NotFound

PREVIEW = (Preview.url, Preview.title, Preview.description)


def touch(question, kind="question"):
    """Give the question the talk's next version: the last thing to do before the commit.

    `kind` is what has changed: only its "votes", only a "preview", or anything.

    The talk's row stays locked until the commit. So versions become visible in their order, and
    a reader who has seen one has seen all before it. But everybody who changes something in this
    talk waits for the row: it is locked last, and for one statement.
    """
    db.session.flush()
    talk = update(Talk).where(Talk.id == question.talk_id).values(version=Talk.version + 1)
    step = select(talk.returning(Talk.version).cte().c.version)
    row = update(Question).where(Question.id == question.id)
    row = row.values(version=step.scalar_subquery()).returning(Question.version)
    version = db.session.scalar(row.execution_options(synchronize_session=False))
    news_of_it = {"talk": question.talk_id, "question": question.id, "kind": kind}
    db.session.info.setdefault("news", []).append(news_of_it | {"version": version})


@event.listens_for(db.session, "after_commit")
def publish(session):
    """After the commit, never before: who is told looks at once, and has to find it."""
    for message in session.info.pop("news", []):
        news.publish(**message)


@event.listens_for(db.session, "after_rollback")
def withhold(session):
    session.info.pop("news", None)


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
    with db.engine.connect() as connection:
        rows = connection.execute(CHANGED, values).all()
    newest = check(rows and rows[0].talk_version, after)
    found = [list(group) for id, group in groupby(rows, attrgetter("id")) if id is not None]
    more = len(found) > limit
    return Changes(found[:limit], found[limit - 1][0].version if more else newest, more, newest)


def check(newest, after):
    if not newest:
        raise NotFound("There is no such talk.")
    if after > newest:
        raise Invalid("after: is no cursor of this list; start again without one.", "after")
    return newest


def wait(slug, after, seconds):
    """The version of a talk once it is later than `after`; None if it is not by then.

    Who waits has no connection to the database, and asks it nothing.
    """
    news.listen()  # before the look: what happens after it is not missed
    id, newest = look(slug, after)
    if newest > after:
        return newest
    db.session.remove()
    return news.wait(id, after, seconds)


def one_for_all(call):
    """Call it once for all who want the same within a second; they wait for the first of them."""
    return cached(TTLCache(maxsize=1000, ttl=1), condition=threading.Condition())(call)


@one_for_all
def look(slug, after):
    """Id and version of a talk, for who begins to wait for what comes after a version."""
    talk = db.session.execute(select(Talk.id, Talk.version).where(Talk.slug == slug)).first()
    check(talk and talk.version, after)
    return talk


@one_for_all
def changes_in(version, slug, after, limit):
    """`changes`, for those who wake up because there is this version."""
    return changes(slug, after, limit)
