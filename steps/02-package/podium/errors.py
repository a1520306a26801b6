"""Errors: JSON for the API, a page for people; and the headers that keep a page safe."""

import secrets

from flask import current_app, render_template, request
from werkzeug.exceptions import HTTPException


class Invalid(HTTPException):
    code = 400

    def __init__(self, reason, field=None):
        super().__init__(reason)
        self.field = field


def show_error(error):
    if not request.path.startswith("/api/"):
        page = render_template("error.html", status=error.code, reason=error.description)
        return page, error.code
    answer = error.get_response()
    problem = {"status": error.code, "reason": error.description}
    if field := getattr(error, "field", None):
        problem["field"] = field
    answer.data, answer.mimetype = current_app.json.dumps(problem), "application/json"
    return answer


def protect(response):
    response.headers["Content-Security-Policy"] = "default-src 'self'; frame-ancestors 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if response.mimetype == "text/html" and "visitor" not in request.cookies:
        response.set_cookie("visitor", secrets.token_urlsafe(16), httponly=True, samesite="Lax")
    return response


def init_app(app):
    app.register_error_handler(HTTPException, show_error)
    app.after_request(protect)
