"""Reading what a client sent."""

from flask import abort, request
from werkzeug.routing import BaseConverter, IntegerConverter

from podium.services.input import check


def read_json(model):
    """The JSON body as a `model`; 415 where it is not JSON, Invalid where it breaks a rule."""
    if request.mimetype != "application/json":
        abort(415, "Send the body as JSON, with Content-Type: application/json.")
    return check(model.model_validate_json, request.get_data())


def read_query(model):
    return check(model.model_validate, request.args.to_dict())


class RowId(IntegerConverter):
    """At most nine digits: it fits an integer column, and a longer number is simply not found."""

    regex = r"[0-9]{1,9}"


class Segment(BaseConverter):
    """Any text but a null byte, which PostgreSQL refuses: such a thing is simply not found."""

    regex = r"[^/\0]+"
