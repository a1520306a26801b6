"""Errors of the API: JSON with the status and the reason, in each version's form."""

from http import HTTPStatus
from typing import NamedTuple

from flask import current_app, request

from podium import outages
from podium.services import errors

STATUS = {
    errors.Invalid: 400,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.Mismatch: 422,
    errors.TooOften: 429,
    errors.Busy: 503,
}


class Problem(NamedTuple):
    status: int
    reason: str
    field: str | None
    headers: list


def explain(error):
    """What to tell a client of an outage, a ServiceError (a rule says no) or an HTTPException."""
    if isinstance(error, outages.ANY):
        current_app.logger.warning("a server is away: %s", str(error).partition("\n")[0])
        return Problem(503, "A part of us is away. Try again.", None, [("Retry-After", 2)])
    if isinstance(error, errors.ServiceError):
        headers = [("Retry-After", error.wait)] if isinstance(error, errors.Later) else []
        return Problem(STATUS[type(error)], error.reason, error.field, headers)
    headers = [header for header in error.get_headers() if header[0] != "Content-Type"]
    return Problem(error.code, error.description, None, headers)


def show_v1(error):
    problem = explain(error)
    body = {"status": problem.status, "reason": problem.reason}
    if problem.field:
        body["field"] = problem.field
    return body, problem.status, problem.headers


def show_v2(error):
    """Problem details (RFC 9457)."""
    problem = explain(error)
    body = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.reason,
    }
    if problem.field:
        body["errors"] = [{"field": problem.field, "message": problem.reason}]
    headers = [*problem.headers, ("Content-Type", "application/problem+json")]
    return body, problem.status, headers


def show_error(error):
    """For a URL that nobody serves: by the version it would have been of."""
    return show_v2(error) if request.path.startswith("/api/v2/") else show_v1(error)
