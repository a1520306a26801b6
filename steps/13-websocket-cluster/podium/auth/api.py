"""Calls about people that are the same in each version."""

from flask import Blueprint, url_for

from podium.api.decorators import json_body
from podium.auth.schemas import NewUser
from podium.extensions import token_auth
from podium.services import users

bp = Blueprint("auth", __name__)


@bp.post("/users")
@json_body(NewUser)
def register(body):
    user = users.register(body.nickname, body.password)
    location = url_for(".show_user", nickname=user.nickname)
    return {"nickname": user.nickname}, 201, {"Location": location}


@bp.get("/users/<nickname>")
def show_user(nickname):
    return {"nickname": users.with_nickname(nickname).nickname}


@bp.delete("/tokens")
@token_auth.login_required
def log_out():
    users.revoke_token(token_auth.get_auth().token)
    return "", 204
