"""Who is asking: a nickname with its password, or a token that was given for them."""

import hashlib

from sqlalchemy import select
from werkzeug.security import check_password_hash

from podium.extensions import basic_auth, db, rates, token_auth
from podium.models import Token, User, now

current_user = token_auth.current_user


def digest(token):
    return hashlib.sha256(token.encode()).hexdigest()


@basic_auth.verify_password
def user_with_password(nickname, password):
    if nickname:
        rates.hit("TOKEN_RATE", nickname)
    user = db.session.scalar(select(User).where(User.nickname == nickname))
    if user and check_password_hash(user.password_hash, password):
        return user


@token_auth.verify_token
def user_with_token(token):
    valid = (Token.digest == digest(token), Token.expires_at > now())
    return db.session.scalar(select(User).join(Token).where(*valid))


def refuse(status):
    return {"status": status, "reason": "Wrong nickname, password or token."}, status


basic_auth.error_handler(refuse)
token_auth.error_handler(refuse)
