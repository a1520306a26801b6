"""Reading what a form sent."""

from urllib.parse import urlsplit

from flask import request

from podium.services.input import check


def read_form(model):
    """The form as a `model`, by the same rules as JSON. A browser ends its lines with CR LF."""
    sent = {name: value.replace("\r\n", "\n") for name, value in request.form.items()}
    return check(model.model_validate, {name: sent.get(name, "") for name in model.model_fields})


def safe_target():
    """Where `next` leads, if that is one of our own pages; else the first page."""
    target = request.values.get("next", "")
    parts = urlsplit(target)
    ours = target.startswith("/") and not (parts.scheme or parts.netloc or "\\" in target)
    return target if ours else "/"
