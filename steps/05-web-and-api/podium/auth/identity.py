"""Who calls the API: a nickname with its password, or a token that was given for them."""

from podium.extensions import basic_auth, token_auth
from podium.services import users

current_user = token_auth.current_user


@basic_auth.verify_password
def user_with_password(nickname, password):
    return users.with_password(nickname, password) if nickname else None


@token_auth.verify_token
def user_with_token(token):
    return users.with_token(token)


def refuse(status):
    return {"status": status, "reason": "Wrong nickname, password or token."}, status


basic_auth.error_handler(refuse)
token_auth.error_handler(refuse)
