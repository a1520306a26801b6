"""Reading what a form sent."""

import re

from flask import request

from podium.services.input import check


def read_form(model):
    """The form as a `model`, by the same rules as JSON. A browser ends its lines with CR LF."""
    sent = {name: value.replace("\r\n", "\n") for name, value in request.form.items()}
    return check(model.model_validate, {name: sent.get(name, "") for name in model.model_fields})


def safe_target():
    """Where `next` leads, if that is one of our own pages; else the first page."""
    target = request.values.get("next", "")
    return target if re.fullmatch(r"(/[\w.-]+)+", target) else "/"
