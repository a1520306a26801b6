"""The list of talks, and the page of one."""

from flask import Blueprint, g, render_template

from podium.auth.session import log_in_first
from podium.extensions import db, presence
from podium.questions.representations import question_json
from podium.services import questions, talks
from podium.services.errors import NotFound
from podium.talks.representations import talk_json

CSV = {
    "Content-Type": "text/csv; charset=utf-8",
    "Content-Disposition": "attachment; filename=questions.csv",
}

bp = Blueprint(
    "talks",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/static/talks",
)


@bp.get("/")
def index():
    return render_template("talks/index.html", talks=[talk_json(talk) for talk in talks.every()])


@bp.get("/talks/<slug>")
def talk_page(slug):
    return render_talk(talks.get(slug))


def render_talk(talk, error=None):
    """The page of a talk; `error` says what is wrong with the question in its form."""
    listed = db.session.scalars(questions.of(talk))
    return render_template(
        "talks/talk.html",
        talk=talk_json(talk),
        questions=[question_json(question) for question in listed],
        votes=questions.votes_of(g.user, talk) if g.user else [],
        present=presence.stats()["present"],
        error=error,
    )


@bp.get("/talks/<slug>/transcript.pdf")
@log_in_first
def transcript(slug):
    return talks.transcript(g.user, slug), {"Content-Type": "application/pdf"}


@bp.get("/talks/<slug>/questions.csv")
@log_in_first
def export(slug):
    return talks.export(g.user, slug), CSV


@bp.errorhandler(NotFound)
def no_such_talk(error):
    """Say which talks there are."""
    return render_template("talks/missing.html", reason=error.reason, talks=talks.every()), 404
