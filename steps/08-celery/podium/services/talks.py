"""The talks, and what their organiser takes away."""

from sqlalchemy import bindparam, func, select

from podium.extensions import db
from podium.models import Question, Talk, find
from podium.services import jobs, questions
from podium.services.errors import Forbidden, NotFound
from podium.talks.transcript import transcript_pdf

# Every poll asks it: built once, because building costs as much as running it, and asked without a
# session, which keeps account of objects. Here are none.
VERSION = select(Talk.version).where(Talk.slug == bindparam("slug"))


def every():
    return db.session.scalars(select(Talk).order_by(Talk.id)).all()


def get(slug):
    return find(Talk, slug=slug)


def version(slug):
    """What counts the changes of the talk's list."""
    with db.engine.connect() as connection:
        number = connection.scalar(VERSION, {"slug": slug})
    if number is None:
        raise NotFound("There is no such talk.")
    return number


def size(talk):
    listed = (Question.talk == talk, Question.deleted.is_(False))
    return db.session.scalar(select(func.count()).where(*listed))


def of_organiser(user, slug):
    talk = get(slug)
    if talk.organiser != user:
        raise Forbidden("Only the organiser may do that.")
    return talk


def make_transcript(id, progress):
    """The transcript as a PDF, for a job: `progress` hears how many questions are written."""
    talk = find(Talk, id=id)
    return transcript_pdf(talk, db.session.scalars(questions.of(talk)).all(), progress)


def transcript(user, slug):
    """The same for a client who waits for it."""
    return jobs.wait_for(jobs.start(user, "make_transcript", of_organiser(user, slug).id).id)
