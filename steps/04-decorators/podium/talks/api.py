"""Calls about talks."""

from flask import Blueprint
from sqlalchemy import select

from podium.api.decorators import owner_required
from podium.extensions import db
from podium.models import Talk, find, questions_of
from podium.talks.representations import talk_json
from podium.talks.transcript import transcript_pdf

bp = Blueprint("talks", __name__)


@bp.get("/talks")
def list_talks():
    talks = db.session.scalars(select(Talk).order_by(Talk.id))
    return {"talks": [talk_json(talk) for talk in talks]}


@bp.get("/talks/<slug>")
def show_talk(slug):
    return talk_json(find(Talk, slug=slug))


@bp.get("/talks/<slug>/transcript.pdf")
@owner_required(Talk, "organiser")
def transcript(talk):
    questions = db.session.scalars(questions_of(talk)).all()
    return transcript_pdf(talk, questions), {"Content-Type": "application/pdf"}
