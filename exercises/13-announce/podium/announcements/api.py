"""Calls about announcements, in version 2."""

from flask import Blueprint, url_for

from podium.announcements.schemas import NewAnnouncement
from podium.api.decorators import json_body
from podium.api.idempotency import idempotent
from podium.auth.identity import current_user
from podium.extensions import token_auth
from podium.services import announcements

bp = Blueprint("announcements", __name__)


@bp.post("/talks/<slug>/announcements")
@token_auth.login_required
@json_body(NewAnnouncement)
@idempotent
def announce(slug, body, keep):
    """Show a text to those who watch the talk now."""

    def answer(text):
        return keep({"text": text}, url_for("v2.talks.show_talk", slug=slug))

    return announcements.announce(current_user(), slug, body.text, answer)
