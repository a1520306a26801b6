"""Calls about talks."""

from flask import Blueprint

from podium.auth.identity import current_user
from podium.extensions import token_auth
from podium.services import talks
from podium.talks.representations import talk_json

bp = Blueprint("talks", __name__)


@bp.get("/talks")
def list_talks():
    return {"talks": [talk_json(talk) for talk in talks.every()]}


@bp.get("/talks/<slug>")
def show_talk(slug):
    return talk_json(talks.get(slug))


@bp.get("/talks/<slug>/transcript.pdf")
@token_auth.login_required
def transcript(slug):
    return talks.transcript(current_user(), slug), {"Content-Type": "application/pdf"}


# TODO: GET /talks/<slug>/questions.csv, for whoever has a token.
