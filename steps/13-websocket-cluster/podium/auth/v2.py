"""Calls about tokens in version 2."""

from flask import Blueprint

from podium.api.output import rfc3339
from podium.extensions import basic_auth
from podium.services import users

bp = Blueprint("tokens", __name__)


@bp.post("/tokens")
@basic_auth.login_required
def log_in():
    token, expires_at = users.issue_token(basic_auth.current_user())
    return {"token": token, "expires_at": rfc3339(expires_at)}, 201
