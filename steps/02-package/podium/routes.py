"""Every view of the application, and at the end the URL that leads to each."""

import secrets

from flask import abort, current_app, render_template, request, url_for
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from werkzeug.routing import IntegerConverter
from werkzeug.security import generate_password_hash

from podium.auth import current_user, digest
from podium.errors import Invalid
from podium.extensions import basic_auth, db, presence, rates, token_auth
from podium.models import Question, Talk, Token, User, Vote, find, now, questions_of
from podium.representations import question_json, talk_json
from podium.schemas import NewQuestion, NewSource, NewUser, QuestionsQuery, TalkQuery, read
from podium.text import previews, render
from podium.transcript import transcript_pdf


class RowId(IntegerConverter):
    """At most nine digits: it fits an integer column, and a longer number is simply not found."""

    regex = r"[0-9]{1,9}"


def write_source(question, source):
    question.source, question.html = source, render(source)
    question.previews = previews(question.html)
    db.session.add(question)
    db.session.commit()


def index():
    talks = db.session.scalars(select(Talk).order_by(Talk.id))
    return render_template("index.html", talks=[talk_json(talk) for talk in talks])


def talk_page(slug):
    talk = find(Talk, slug=slug)
    questions = [question_json(question) for question in db.session.scalars(questions_of(talk))]
    return render_template("talk.html", talk=talk_json(talk), questions=questions)


def register():
    body = read(NewUser)
    password_hash = generate_password_hash(body.password, current_app.config["PASSWORD_HASH"])
    db.session.add(User(nickname=body.nickname, password_hash=password_hash))
    try:
        db.session.commit()
    except IntegrityError:
        abort(409, f"The nickname {body.nickname} is taken.")
    location = url_for("show_user", nickname=body.nickname)
    return {"nickname": body.nickname}, 201, {"Location": location}


def show_user(nickname):
    return {"nickname": find(User, nickname=nickname).nickname}


@basic_auth.login_required
def log_in():
    token, expires_at = secrets.token_urlsafe(32), now() + current_app.config["TOKEN_SECONDS"]
    user_id = basic_auth.current_user().id
    db.session.add(Token(digest=digest(token), user_id=user_id, expires_at=expires_at))
    db.session.commit()
    return {"token": token, "expires_at": expires_at}, 201


@token_auth.login_required
def log_out():
    db.session.execute(delete(Token).where(Token.digest == digest(token_auth.get_auth().token)))
    db.session.commit()
    return "", 204


def list_talks():
    talks = db.session.scalars(select(Talk).order_by(Talk.id))
    return {"talks": [talk_json(talk) for talk in talks]}


def show_talk(slug):
    return talk_json(find(Talk, slug=slug))


def list_questions():
    query = read(QuestionsQuery, request.args.to_dict())
    questions = db.session.scalars(questions_of(find(Talk, slug=query.talk), query.since))
    return {"questions": [question_json(question) for question in questions]}


@token_auth.login_required
def post_question():
    body, user = read(NewQuestion), current_user()
    rates.hit("QUESTION_RATE", user.nickname)
    talk = db.session.scalar(select(Talk).where(Talk.slug == body.talk))
    if talk is None:
        raise Invalid("talk: There is no such talk.", "talk")
    question = Question(talk=talk, author=user)
    write_source(question, body.source)
    location = url_for("show_question", id=question.id)
    return question_json(question), 201, {"Location": location}


def show_question(id):
    return question_json(find(Question, id=id))


@token_auth.login_required
def edit_question(id):
    body, question = read(NewSource), find(Question, id=id)
    if question.author != current_user():
        abort(403, "Only its author may change a question.")
    write_source(question, body.source)
    return question_json(question)


@token_auth.login_required
def delete_question(id):
    question = find(Question, id=id)
    if question.author != current_user():
        abort(403, "Only its author may delete a question.")
    db.session.delete(question)
    db.session.commit()
    return "", 204


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
    db.session.commit()
    return "", 204


@token_auth.login_required
def answer(id):
    question = find(Question, id=id)
    if question.talk.organiser != current_user():
        abort(403, "Only the organiser of the talk may mark its questions.")
    question.answered = request.method == "PUT"
    db.session.commit()
    return "", 204


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


@token_auth.login_required
def transcript(slug):
    talk = find(Talk, slug=slug)
    if talk.organiser != current_user():
        abort(403, "Only the organiser of the talk may have its transcript.")
    questions = db.session.scalars(questions_of(talk)).all()
    return transcript_pdf(talk, questions), {"Content-Type": "application/pdf"}


def stats():
    return presence.stats()


def healthz():
    return {"status": "ok"}


def init_app(app):
    app.url_map.converters["id"] = RowId
    app.get("/")(index)
    app.get("/talks/<slug>")(talk_page)
    app.post("/api/users")(register)
    app.get("/api/users/<nickname>")(show_user)
    app.post("/api/tokens")(log_in)
    app.delete("/api/tokens")(log_out)
    app.get("/api/talks")(list_talks)
    app.get("/api/talks/<slug>")(show_talk)
    app.get("/api/questions")(list_questions)
    app.post("/api/questions")(post_question)
    app.get("/api/questions/<id:id>")(show_question)
    app.put("/api/questions/<id:id>")(edit_question)
    app.delete("/api/questions/<id:id>")(delete_question)
    app.route("/api/questions/<id:id>/vote", methods=["PUT", "DELETE"])(vote)
    app.route("/api/questions/<id:id>/answered", methods=["PUT", "DELETE"])(answer)
    app.get("/api/votes")(list_votes)
    app.get("/api/talks/<slug>/transcript.pdf")(transcript)
    app.get("/api/stats")(stats)
    app.get("/healthz")(healthz)
