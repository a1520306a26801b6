"""The desk of an organiser: their talks, and how many questions wait."""

from flask import Blueprint, abort, render_template
from sqlalchemy import func, select

from podium.extensions import db
from podium.models import Question, Talk, User

bp = Blueprint("organisers", __name__, template_folder="templates")


@bp.get("/organisers/<nickname>")
def desk(nickname):
    talks = db.session.execute(
        select(Talk, func.count(Question.id))
        .join(Talk.organiser)
        .outerjoin(Question, (Question.talk_id == Talk.id) & ~Question.answered)
        .where(User.nickname == nickname)
        .group_by(Talk.id)
        .order_by(Talk.id)
    ).all()
    if not talks:
        abort(404, f"{nickname} organises no talk.")
    return render_template("organisers/desk.html", nickname=nickname, talks=talks)


@bp.errorhandler(404)
def no_such_desk(error):
    """Say whose desks there are."""
    organisers = select(User.nickname).where(User.id.in_(select(Talk.organiser_id)))
    names = db.session.scalars(organisers.order_by(User.nickname)).all()
    return render_template("organisers/missing.html", reason=error.description, names=names), 404
