"""A POST that may be sent twice: by a client that heard nothing, or by the load balancer.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import functools
import hashlib
import re

from flask import current_app, make_response, request
from sqlalchemy.exc import IntegrityError

from podium.auth.identity import current_user
from podium.extensions import db
from podium.services import answers
from podium.services.errors import Invalid

MIME = "application/json"


def idempotent(view):
    """Carry out a request with an `Idempotency-Key` once; repeat the answer when it comes again.

    The view gets `keep`, which turns a body and a Location into the answer. It is to be called in
    the transaction of the change: there is never the one without the other.
    """

    @functools.wraps(view)
    def wrapper(*args, **kwargs):
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return view(*args, keep=created, **kwargs)
        if not re.fullmatch(r"[!-~]{1,200}", key):
            raise Invalid("Idempotency-Key: 1 to 200 letters, digits or signs.", "Idempotency-Key")
        this = current_user(), key, fingerprint()

        def keep(body, location):
            answer = make_response(created(body, location))
            answers.keep(*this, location, answer.get_data(as_text=True))
            return answer

        try:
            return replayed(*this) or view(*args, keep=keep, **kwargs)
        except IntegrityError:
            db.session.rollback()  # the same request, at the same time, was faster
            return replayed(*this)

    return wrapper


def created(body, location):
    return body, 201, {"Location": location}


def fingerprint():
    return hashlib.sha256(request.path.encode() + b"\n" + request.get_data()).hexdigest()


def replayed(user, key, fingerprint):
    answer = answers.find(user, key, fingerprint)
    if answer:
        headers = {"Location": answer.location, "Idempotent-Replayed": "true"}
        return current_app.response_class(answer.body, 201, headers, mimetype=MIME)
