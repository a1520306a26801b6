"""The API: two versions side by side. Each has its representations; they share the services."""

from flask import Blueprint
from werkzeug.exceptions import HTTPException

from podium.api import deprecation, openapi
from podium.api.errors import show_v1, show_v2
from podium.auth import api as users
from podium.auth import v1 as tokens_v1
from podium.auth import v2 as tokens_v2
from podium.extensions import presence
from podium.questions import api as votes
from podium.questions import v1 as questions_v1
from podium.questions import v2 as questions_v2
from podium.services.errors import ServiceError
from podium.talks import api as talks


def version(name, show_error, document, *areas):
    """The calls of `areas` under one prefix, with one way to answer errors."""
    bp = Blueprint(name, __name__, url_prefix=f"/api/{name}")
    bp.register_error_handler(HTTPException, show_error)
    bp.register_error_handler(ServiceError, show_error)
    for area in (users, votes, talks, *areas):
        bp.register_blueprint(area.bp)
    bp.get("/stats")(presence.stats)
    bp.get("/openapi.json")(document)
    return bp


v1 = version("v1", show_v1, openapi.v1, tokens_v1, questions_v1)
v1.after_request(deprecation.announce)
# TODO: and what stops version 1 once its time is over.
v2 = version("v2", show_v2, openapi.v2, tokens_v2, questions_v2)


def init_app(app):
    app.register_blueprint(v1)
    app.register_blueprint(v1, name="unversioned", url_prefix="/api")  # as it was before versions
    app.register_blueprint(v2)
