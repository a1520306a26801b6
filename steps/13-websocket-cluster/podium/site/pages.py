"""The frame around every page, the page for errors, and the headers that keep pages safe."""

import secrets
from datetime import UTC, datetime

from flask import Blueprint, render_template, request
from werkzeug.exceptions import HTTPException

from podium import outages
from podium.api import errors as api_errors
from podium.services.errors import ServiceError

bp = Blueprint(
    "site",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/static/site",
)


@bp.get("/healthz")
def healthz():
    return {"status": "ok"}


@bp.app_template_filter()
def utc(seconds):
    return datetime.fromtimestamp(seconds, UTC).strftime("%d %B, %H:%M UTC")


def show_error(error):
    """For all that no area has handled; a URL that nobody serves belongs to no area."""
    if request.path.startswith("/api/"):
        return api_errors.show_error(error)
    problem = api_errors.explain(error)
    page = render_template("site/error.html", status=problem.status, reason=problem.reason)
    return page, problem.status, problem.headers


for kind in (HTTPException, ServiceError, *outages.ANY):
    bp.app_errorhandler(kind)(show_error)


@bp.after_app_request
def protect(response):
    response.headers["Content-Security-Policy"] = "default-src 'self'; frame-ancestors 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if response.mimetype == "text/html" and "visitor" not in request.cookies:
        response.set_cookie("visitor", secrets.token_urlsafe(16), httponly=True, samesite="Lax")
    return response
