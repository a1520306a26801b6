"""The list of talks, and the page of one."""

from flask import Blueprint, render_template
from sqlalchemy import select

from podium.extensions import db
from podium.models import Talk, find, questions_of
from podium.questions.representations import question_json
from podium.talks.representations import talk_json

bp = Blueprint(
    "talks",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/static/talks",
)


@bp.get("/")
def index():
    talks = db.session.scalars(select(Talk).order_by(Talk.id))
    return render_template("talks/index.html", talks=[talk_json(talk) for talk in talks])


@bp.get("/talks/<slug>")
def talk_page(slug):
    talk = find(Talk, slug=slug)
    questions = [question_json(question) for question in db.session.scalars(questions_of(talk))]
    return render_template("talks/talk.html", talk=talk_json(talk), questions=questions)


@bp.errorhandler(404)
def no_such_talk(error):
    """Say which talks there are."""
    talks = db.session.scalars(select(Talk).order_by(Talk.id))
    return render_template("talks/missing.html", reason=error.description, talks=talks), 404
