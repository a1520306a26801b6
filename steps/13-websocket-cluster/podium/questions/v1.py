"""Questions in version 1: a list by votes, and `since` in whole seconds.

A question that changes in the second of a client's last look is lost to it. That cannot be mended
here without breaking clients; version 2 does it.
"""

from flask import Blueprint, url_for

from podium.api.decorators import conditional, json_body, paginated
from podium.api.input import read_query
from podium.auth.identity import current_user
from podium.extensions import token_auth
from podium.questions.representations import question_v1
from podium.questions.schemas import NewQuestion, NewSource, QuestionsQuery
from podium.services import questions, talks
from podium.services.errors import Invalid, NotFound

bp = Blueprint("questions", __name__)


def version_of_list():
    return talks.version(read_query(QuestionsQuery).talk)


@bp.get("/questions")
@conditional(version_of_list)
@paginated("questions", question_v1)
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
    return question_v1(question), 201, {"Location": url_for(".show_question", id=question.id)}


@bp.get("/questions/<id:id>")
def show_question(id):
    return question_v1(questions.get(id))


@bp.put("/questions/<id:id>")
@token_auth.login_required
@json_body(NewSource)
def edit_question(id, body):
    return question_v1(questions.edit(current_user(), id, body.source))
