"""Who calls the API: a nickname with its password, or a token that was given for them."""

from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from podium.extensions import basic_auth, token_auth
from podium.services import users

current_user = token_auth.current_user


@basic_auth.verify_password
def user_with_password(nickname, password):
    return users.with_password(nickname, password) if nickname else None


@token_auth.verify_token
def user_with_token(token):
    return users.with_token(token)


@basic_auth.error_handler
def refuse_password():
    refuse("Basic")


@token_auth.error_handler
def refuse_token():
    refuse("Bearer")


def refuse(scheme):
    """Raise, so that each version of the API answers in its own way."""
    challenge = WWWAuthenticate(scheme, {"realm": "Podium"})
    raise Unauthorized("Wrong nickname, password or token.", www_authenticate=challenge)
