"""Calls to register, and to get and revoke tokens."""

import secrets

from flask import Blueprint, abort, current_app, url_for
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from werkzeug.security import generate_password_hash

from podium.api.decorators import json_body
from podium.auth.identity import digest
from podium.auth.schemas import NewUser
from podium.extensions import basic_auth, db, token_auth
from podium.models import Token, User, find, now

bp = Blueprint("auth", __name__)


@bp.post("/users")
@json_body(NewUser)
def register(body):
    password_hash = generate_password_hash(body.password, current_app.config["PASSWORD_HASH"])
    db.session.add(User(nickname=body.nickname, password_hash=password_hash))
    try:
        db.session.commit()
    except IntegrityError:
        abort(409, f"The nickname {body.nickname} is taken.")
    location = url_for(".show_user", nickname=body.nickname)
    return {"nickname": body.nickname}, 201, {"Location": location}


@bp.get("/users/<nickname>")
def show_user(nickname):
    return {"nickname": find(User, nickname=nickname).nickname}


@bp.post("/tokens")
@basic_auth.login_required
def log_in():
    token, expires_at = secrets.token_urlsafe(32), now() + current_app.config["TOKEN_SECONDS"]
    user_id = basic_auth.current_user().id
    db.session.add(Token(digest=digest(token), user_id=user_id, expires_at=expires_at))
    db.session.commit()
    return {"token": token, "expires_at": expires_at}, 201


@bp.delete("/tokens")
@token_auth.login_required
def log_out():
    db.session.execute(delete(Token).where(Token.digest == digest(token_auth.get_auth().token)))
    db.session.commit()
    return "", 204
