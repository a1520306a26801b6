"""Who people are, and how they prove it."""

import hashlib
import secrets

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from werkzeug.security import check_password_hash, generate_password_hash

from podium.config import setting
from podium.extensions import db, news, rates
from podium.models import Token, User, find, now
from podium.offload import in_thread
from podium.services.errors import Conflict


def register(nickname, password):
    user = User(nickname=nickname)
    user.password_hash = in_thread(generate_password_hash, password, setting("PASSWORD_HASH"))
    db.session.add(user)
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        raise Conflict(f"The nickname {nickname} is taken.", "nickname") from None
    return user


def with_nickname(nickname):
    return find(User, nickname=nickname)


def with_password(nickname, password):
    """The user, or None where the two do not belong together."""
    rates.hit("TOKEN_RATE", nickname)
    if "\0" in nickname:
        return None
    user = db.session.scalar(select(User).where(User.nickname == nickname))
    known = user and user.password_hash
    db.session.rollback()  # a hash takes its time: hold no connection meanwhile
    if known and in_thread(check_password_hash, known, password):
        return user


def with_token(token):
    """The user whom `token` was given to, or None where it is unknown or has expired."""
    return with_digest(digest(token))


def with_digest(digest):
    """The same, for who has kept no more of the token than that."""
    valid = (Token.digest == digest, Token.expires_at > now())
    return db.session.scalar(select(User).join(Token).where(*valid))


def issue_token(user):
    """A new token and when it expires. Only its digest is kept."""
    token, expires_at = secrets.token_urlsafe(32), now() + setting("TOKEN_SECONDS")
    db.session.add(Token(digest=digest(token), user_id=user.id, expires_at=expires_at))
    db.session.commit()
    return token, expires_at


def revoke_token(token):
    db.session.execute(delete(Token).where(Token.digest == digest(token)))
    db.session.commit()
    news.publish(revoked=digest(token))


def digest(token):
    return hashlib.sha256(token.encode()).hexdigest()
