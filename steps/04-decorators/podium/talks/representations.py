"""A talk as the JSON that clients see."""

from sqlalchemy import func, select

from podium.api.output import fields
from podium.extensions import db
from podium.models import Question


def talk_json(talk):
    count = db.session.scalar(select(func.count()).where(Question.talk == talk))
    extra = {"organiser": talk.organiser.nickname, "questions": count}
    return fields(talk, "slug", "title", "speaker", "description") | extra
