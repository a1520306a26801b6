"""Calls about questions and votes."""

from flask import Blueprint, abort, request, url_for
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from podium.api.decorators import conditional, json_body, owner_required, paginated
from podium.api.errors import Invalid
from podium.api.input import read
from podium.auth.identity import current_user
from podium.extensions import db, rates, token_auth
from podium.models import Question, Talk, Vote, find, questions_of, touch
from podium.questions.representations import question_json
from podium.questions.schemas import NewQuestion, NewSource, QuestionsQuery, TalkQuery
from podium.questions.text import previews, render

bp = Blueprint("questions", __name__)


def write_source(question, source):
    question.source, question.html = source, render(source)
    question.previews = previews(question.html)
    db.session.add(question)
    touch(question.talk)
    db.session.commit()


def version_of_list():
    return find(Talk, slug=read(QuestionsQuery, request.args.to_dict()).talk).version


@bp.get("/questions")
@conditional(version_of_list)
@paginated("questions", question_json)
def list_questions():
    query = read(QuestionsQuery, request.args.to_dict())
    return questions_of(find(Talk, slug=query.talk), query.since)


@bp.post("/questions")
@token_auth.login_required
@json_body(NewQuestion)
def post_question(body):
    # TODO: this line becomes a decorator. Which place in the order keeps what the API promises?
    rates.hit("QUESTION_RATE", current_user().nickname)
    talk = db.session.scalar(select(Talk).where(Talk.slug == body.talk))
    if talk is None:
        raise Invalid("talk: There is no such talk.", "talk")
    question = Question(talk=talk, author=current_user())
    write_source(question, body.source)
    return question_json(question), 201, {"Location": url_for(".show_question", id=question.id)}


@bp.get("/questions/<id:id>")
def show_question(id):
    return question_json(find(Question, id=id))


@bp.put("/questions/<id:id>")
@owner_required(Question, "author")
@json_body(NewSource)
def edit_question(question, body):
    write_source(question, body.source)
    return question_json(question)


@bp.delete("/questions/<id:id>")
@owner_required(Question, "author")
def delete_question(question):
    touch(question.talk)
    db.session.delete(question)
    db.session.commit()
    return "", 204


# TODO: a limit for votes, VOTE_RATE.
@bp.route("/questions/<id:id>/vote", methods=["PUT", "DELETE"])
@token_auth.login_required
def vote(id):
    question, user = find(Question, id=id), current_user()
    if question.author == user:
        abort(403, "You cannot vote for your own question.")
    mine = {"question_id": question.id, "user_id": user.id}
    try:
        if request.method == "PUT":
            changed = db.session.execute(insert(Vote).values(mine)).rowcount
        else:
            changed = -db.session.execute(delete(Vote).filter_by(**mine)).rowcount
    except IntegrityError:  # voted before: the constraint decides, not a look beforehand
        changed = 0
    if changed:
        question.score = Question.score + changed
        touch(question.talk)
    db.session.commit()
    return "", 204


@bp.route("/questions/<id:id>/answered", methods=["PUT", "DELETE"])
@owner_required(Question, "talk.organiser")
def answer(question):
    question.answered = request.method == "PUT"
    touch(question.talk)
    db.session.commit()
    return "", 204


@bp.get("/votes")
@token_auth.login_required
def list_votes():
    """The caller's own votes: what is personal stays out of the list that everybody shares."""
    talk, user = find(Talk, slug=read(TalkQuery, request.args.to_dict()).talk), current_user()
    votes = (
        select(Vote.question_id)
        .join(Question)
        .where(Question.talk == talk, Vote.user_id == user.id)
    )
    return {"questions": db.session.scalars(votes).all()}
