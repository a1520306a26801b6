"""The talks, and what their organiser takes away."""

import csv
import io

from sqlalchemy import func, select

from podium.extensions import db
from podium.models import Question, Talk, find
from podium.services import questions
from podium.services.errors import Forbidden
from podium.talks.transcript import transcript_pdf

COLUMNS = ("id", "author", "score", "answered", "source")


def every():
    return db.session.scalars(select(Talk).order_by(Talk.id)).all()


def get(slug):
    return find(Talk, slug=slug)


def size(talk):
    return db.session.scalar(select(func.count()).where(Question.talk == talk))


def transcript(user, slug):
    talk = of_organiser(user, slug)
    return transcript_pdf(talk, db.session.scalars(questions.of(talk)).all())


def export(user, slug):
    """The questions of a talk as CSV, for its organiser: a text with a header line."""
    talk = of_organiser(user, slug)
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for question in db.session.scalars(questions.of(talk)):
        author = harmless(question.author.nickname)
        answered = "yes" if question.answered else "no"
        table.writerow([question.id, author, question.score, answered, harmless(question.source)])
    return text.getvalue()


def of_organiser(user, slug):
    talk = get(slug)
    if talk.organiser != user:
        raise Forbidden("Only the organiser may do that.")
    return talk


def harmless(text):
    """A cell that begins like this is a formula to a spreadsheet, whoever wrote it."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
