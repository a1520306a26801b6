"""Reading what a client sent."""

from typing import Annotated

from flask import abort, request
from pydantic import AfterValidator, ValidationError
from werkzeug.routing import IntegerConverter

from podium.api.errors import Invalid


def sensible(text):
    if "\0" in text or not text.strip():
        raise ValueError("must not be blank or contain a null byte")
    return text


Text = Annotated[str, AfterValidator(sensible)]


def read(model, data=None):
    """The JSON body (or `data`) as a `model`; 400 names the field and what is wrong with it."""
    if data is None and request.mimetype != "application/json":
        abort(415, "Send the body as JSON, with Content-Type: application/json.")
    try:
        if data is None:
            return model.model_validate_json(request.get_data())
        return model.model_validate(data)
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(str(part) for part in problem["loc"])
        reason = problem["msg"].removeprefix("Value error, ")
        raise Invalid(f"{field or 'body'}: {reason}.", field or None) from None


class RowId(IntegerConverter):
    """At most nine digits: it fits an integer column, and a longer number is simply not found."""

    regex = r"[0-9]{1,9}"
