"""Errors of the API: JSON with the status and the reason."""

from flask import current_app
from werkzeug.exceptions import HTTPException


class Invalid(HTTPException):
    code = 400

    def __init__(self, reason, field=None):
        super().__init__(reason)
        self.field = field


def show_error(error):
    answer = error.get_response()
    problem = {"status": error.code, "reason": error.description}
    if field := getattr(error, "field", None):
        problem["field"] = field
    answer.data, answer.mimetype = current_app.json.dumps(problem), "application/json"
    return answer
