"""The API: the calls of every area under one prefix, with one way to answer errors."""

from flask import Blueprint
from werkzeug.exceptions import HTTPException

from podium.api.errors import show_error
from podium.api.openapi import document
from podium.auth import api as auth
from podium.extensions import presence
from podium.questions import api as questions
from podium.services.errors import ServiceError
from podium.talks import api as talks

bp = Blueprint("api", __name__, url_prefix="/api")
bp.register_error_handler(HTTPException, show_error)
bp.register_error_handler(ServiceError, show_error)
for area in (auth, talks, questions):
    bp.register_blueprint(area.bp)


@bp.get("/stats")
def stats():
    return presence.stats()


@bp.get("/openapi.json")
def openapi():
    return document()
