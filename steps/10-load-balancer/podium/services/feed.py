"""The feed of a talk: each change takes the talk's next version, so that no reader misses one."""

from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import bindparam, select, update

from podium.extensions import db
from podium.models import Preview, Question, Talk, User
from podium.services.errors import Invalid, NotFound

PREVIEW = (Preview.url, Preview.title, Preview.description)


def touch(question):
    """Give the question the talk's next version: the last thing to do before the commit.

    The talk's row stays locked until the commit. So versions become visible in their order, and
    a reader who has seen one has seen all before it. But everybody who changes something in this
    talk waits for the row: it is locked last, and for one statement.
    """
    db.session.flush()
    talk = update(Talk).where(Talk.id == question.talk_id).values(version=Talk.version + 1)
    step = select(talk.returning(Talk.version).cte().c.version)
    row = update(Question).where(Question.id == question.id)
    row = row.values(version=step.scalar_subquery())
    db.session.execute(row.execution_options(synchronize_session=False))


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
    if not rows:
        raise NotFound("There is no such talk.")
    newest = rows[0].talk_version
    if after > newest:
        raise Invalid("after: is no cursor of this list; start again without one.", "after")
    found = [list(group) for id, group in groupby(rows, attrgetter("id")) if id is not None]
    more = len(found) > limit
    return Changes(found[:limit], found[limit - 1][0].version if more else newest, more, newest)
