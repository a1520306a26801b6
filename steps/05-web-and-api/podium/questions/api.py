"""Calls about questions and votes."""

from flask import Blueprint, request, url_for

from podium.api.decorators import conditional, json_body, paginated
from podium.api.input import read_query
from podium.auth.identity import current_user
from podium.extensions import token_auth
from podium.questions.representations import question_json
from podium.questions.schemas import NewQuestion, NewSource, QuestionsQuery, TalkQuery
from podium.services import questions, talks
from podium.services.errors import Invalid, NotFound

bp = Blueprint("questions", __name__)


def version_of_list():
    return talks.get(read_query(QuestionsQuery).talk).version


@bp.get("/questions")
@conditional(version_of_list)
@paginated("questions", question_json)
def list_questions():
    query = read_query(QuestionsQuery)
    return questions.of(talks.get(query.talk), query.since)


@bp.post("/questions")
@token_auth.login_required
@json_body(NewQuestion)
def post_question(body):
    try:
        talk = talks.get(body.talk)
    except NotFound as error:
        raise Invalid(f"talk: {error.reason}", "talk") from None
    question = questions.post(current_user(), talk, body.source)
    return question_json(question), 201, {"Location": url_for(".show_question", id=question.id)}


@bp.get("/questions/<id:id>")
def show_question(id):
    return question_json(questions.get(id))


@bp.put("/questions/<id:id>")
@token_auth.login_required
@json_body(NewSource)
def edit_question(id, body):
    return question_json(questions.edit(current_user(), id, body.source))


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
