"""The tables, and how rows are found."""

import time

from sqlalchemy import Engine, ForeignKey, UniqueConstraint, event, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from podium.extensions import db
from podium.services.errors import NotFound


@event.listens_for(Engine, "connect")
def prepare_sqlite(connection, _record):
    """Readers go on while one writes, and foreign keys count."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")


def now():
    return int(time.time())


class User(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    nickname: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]


class Token(db.Model):
    digest: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    expires_at: Mapped[int]


class Talk(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    speaker: Mapped[str]
    description: Mapped[str]
    organiser_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    version: Mapped[int] = mapped_column(default=now)  # later than any of a database before
    organiser: Mapped[User] = relationship()


class Question(db.Model):
    __table_args__ = {"sqlite_autoincrement": True}  # the id of a deleted one does not come back
    id: Mapped[int] = mapped_column(primary_key=True)
    talk_id: Mapped[int] = mapped_column(ForeignKey(Talk.id), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    source: Mapped[str]
    html: Mapped[str]
    score: Mapped[int] = mapped_column(default=0)
    answered: Mapped[bool] = mapped_column(default=False)
    deleted: Mapped[bool] = mapped_column(default=False)  # kept, so that others can be told
    version: Mapped[int] = mapped_column(default=0, index=True)
    created_at: Mapped[int] = mapped_column(default=now)
    updated_at: Mapped[int] = mapped_column(default=now, onupdate=now)
    talk: Mapped[Talk] = relationship()
    author: Mapped[User] = relationship()
    previews: Mapped[list["Preview"]] = relationship(
        cascade="all, delete-orphan", order_by="Preview.id"
    )
    votes: Mapped[list["Vote"]] = relationship(cascade="all, delete-orphan")


class Vote(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey(Question.id))
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    user: Mapped[User] = relationship()
    __table_args__ = (UniqueConstraint(question_id, user_id),)


class Preview(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey(Question.id), index=True)
    url: Mapped[str]
    title: Mapped[str | None]  # none as long as nobody has read the page
    description: Mapped[str | None]


class Job(db.Model):
    id: Mapped[str] = mapped_column(primary_key=True)  # the task has the same
    owner_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    result: Mapped[bytes | None] = mapped_column(deferred=True)
    reason: Mapped[str | None]
    created_at: Mapped[int] = mapped_column(default=now)
    ended_at: Mapped[int | None]


class Outbox(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    task: Mapped[str]
    argument: Mapped[int]
    created_at: Mapped[int] = mapped_column(default=now)


class DeadLetter(db.Model):
    """A link whose page could not be read, however often it was tried."""

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey(Question.id))
    url: Mapped[str]
    reason: Mapped[str]
    created_at: Mapped[int] = mapped_column(default=now)
    question: Mapped[Question] = relationship()


def find(model, **key):
    """The row with this key; NotFound where there is none."""
    row = db.session.scalar(select(model).filter_by(**key))
    if row is None:
        raise NotFound(f"There is no such {model.__name__.lower()}.")
    return row
