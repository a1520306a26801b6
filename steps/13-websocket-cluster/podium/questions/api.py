"""Calls about questions and votes that are the same in each version."""

from flask import Blueprint, request

from podium.api.input import read_query
from podium.auth.identity import current_user
from podium.extensions import token_auth
from podium.questions.schemas import TalkQuery
from podium.services import questions, talks

bp = Blueprint("votes", __name__)


@bp.delete("/questions/<id:id>")
@token_auth.login_required
def delete_question(id):
    questions.remove(current_user(), id)
    return "", 204


@bp.put("/questions/<id:id>/vote")
@token_auth.login_required
def vote(id):
    questions.vote(current_user(), id)
    return "", 204


@bp.delete("/questions/<id:id>/vote")
@token_auth.login_required
def unvote(id):
    questions.unvote(current_user(), id)
    return "", 204


@bp.route("/questions/<id:id>/answered", methods=["PUT", "DELETE"])
@token_auth.login_required
def answer(id):
    questions.mark_answered(current_user(), id, answered=request.method == "PUT")
    return "", 204


@bp.get("/votes")
@token_auth.login_required
def list_votes():
    """The caller's own votes: what is personal stays out of the list that everybody shares."""
    talk = talks.get(read_query(TalkQuery).talk)
    return {"questions": questions.votes_of(current_user(), talk)}
