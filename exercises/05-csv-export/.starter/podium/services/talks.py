"""The talks, and what their organiser takes away."""

from sqlalchemy import func, select

from podium.extensions import db
from podium.models import Question, Talk, find
from podium.services import questions
from podium.services.errors import Forbidden
from podium.talks.transcript import transcript_pdf


def every():
    return db.session.scalars(select(Talk).order_by(Talk.id)).all()


def get(slug):
    return find(Talk, slug=slug)


def size(talk):
    return db.session.scalar(select(func.count()).where(Question.talk == talk))


def transcript(user, slug):
    talk = get(slug)
    if talk.organiser != user:
        raise Forbidden("Only the organiser may do that.")
    return transcript_pdf(talk, db.session.scalars(questions.of(talk)).all())


def export(user, slug):
    """The questions of a talk as CSV, for its organiser: a text with a header line."""
    # TODO: who may have it, which columns it has, and what a spreadsheet must not take for a
    # formula.
    return ""
