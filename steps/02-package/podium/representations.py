"""Rows as the JSON that clients see."""

from sqlalchemy import func, select

from podium.extensions import db
from podium.models import Question


def fields(row, *names):
    return {name: getattr(row, name) for name in names}


def talk_json(talk):
    count = db.session.scalar(select(func.count()).where(Question.talk == talk))
    extra = {"organiser": talk.organiser.nickname, "questions": count}
    return fields(talk, "slug", "title", "speaker", "description") | extra


def question_json(question):
    plain = "id", "source", "html", "score", "answered", "created_at", "updated_at"
    return fields(question, *plain) | {
        "talk": question.talk.slug,
        "author": question.author.nickname,
        "previews": [fields(p, "url", "title", "description") for p in question.previews],
    }
