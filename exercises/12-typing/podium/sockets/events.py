"""The events that clients send. Who is not logged in may watch, and that is all."""

from flask import current_app, session
from flask_socketio import ConnectionRefusedError, join_room, leave_room
from werkzeug.exceptions import Unauthorized

from podium import outages
from podium.extensions import news, socketio
from podium.questions.cursor import read_cursor
from podium.questions.representations import question_v2
from podium.questions.schemas import NewQuestion, TalkQuery
from podium.services import questions, talks, users
from podium.services.errors import Invalid, NotFound
from podium.services.input import check
from podium.sockets.guard import acknowledged, event, problem
from podium.sockets.schemas import Auth, Join, Vote
from podium.sockets.typing import typing
from podium.sockets.visitors import visitors


@socketio.on("connect")
def connect(auth=None):
    """With the token in `auth`, or in the session of the browser; without one, as a guest."""
    try:
        news.listen()  # before the look: what is revoked after it is heard of
        token = check(Auth.model_validate, auth or {}).token or session.get("token")
        user = token and users.with_token(token)
        if token and not user:
            raise Unauthorized("The token is unknown or has expired.")
    except (Invalid, Unauthorized, *outages.ANY) as error:
        refusal = problem(error)
        raise ConnectionRefusedError(refusal["detail"], refusal) from None
    if not visitors.is_here():
        return False
    if user:
        join_room(of_user(user.id))
    visitors.arrive(token)


def of_user(id):
    """The room for what concerns one person."""
    return f"user:{id}"


@socketio.on("disconnect")
def disconnect(reason=None):
    typing.leave()
    visitors.leave()


@event("join", Join)
def join(body):
    """Watch a talk: what has changed after a cursor, and from then on all that happens."""
    after = read_cursor(body.talk, body.after)
    current_app.extensions["halls"].enter(body.talk, after)
    return {"status": 200}


@event("leave", TalkQuery)
def leave(body):
    leave_room(body.talk)
    return {"status": 200}


@event("ask", NewQuestion, login=True)
def ask(body, user):
    question = questions.post(user, talks.get(body.talk), body.source, question_v2)
    return {"status": 201, "question": question}


@event("typing", TalkQuery, login=True)
def type_(body, user):
    """Sent with every key, more or less."""
    # TODO: only whoever watches the talk may say so.
    typing.hear(body.talk, user.nickname)
    return {"status": 204}


@event("vote", Vote, login=True)
def vote(body, user):
    change = questions.vote if body.vote else questions.unvote
    change(user, body.question)
    return {"status": 204}


@socketio.on("*")
@acknowledged
def unknown(name, *sent):
    raise NotFound(f"There is no event {name!r:.40}.")
