"""What each event of a client goes through: how often, what it says, who it is, how it fails.

Where an event fails, its acknowledgement is the body that the API would answer.
"""

import functools

from flask import request
from werkzeug.exceptions import HTTPException, Unauthorized

from podium import outages
from podium.api.errors import show_v2
from podium.extensions import rates, socketio
from podium.services.errors import Invalid, ServiceError
from podium.services.input import check
from podium.sockets.visitors import visitors


def event(name, model, login=False):
    """Let clients send the event `name` with one argument, a `model`, passed on as `body`.

    With `login` the handler also gets the user. What it returns is the acknowledgement.
    """

    def decorate(handler):
        @socketio.on(name)
        @acknowledged
        @functools.wraps(handler)
        def wrapper(*sent):
            if len(sent) != 1:
                raise Invalid("Send one object with the event.")
            body = check(model.model_validate, sent[0])
            return handler(body, logged_in()) if login else handler(body)

        return handler

    return decorate


def acknowledged(handler):
    """Limit how often one client may send an event, and acknowledge what goes wrong."""

    @functools.wraps(handler)
    def wrapper(*sent):
        try:
            rates.hit_here("EVENT_RATE", request.sid)
            return handler(*sent)
        except (ServiceError, HTTPException, *outages.ANY) as error:
            return problem(error)

    return wrapper


def hang_up(sid):
    """Say goodbye, and do not wait for the client to close the connection."""
    connection = socketio.server.manager.eio_sid_from_sid(sid, "/")
    if connection is not None:  # without one, it would be all of them
        socketio.server.disconnect(sid)
        socketio.server.eio.disconnect(connection)


def break_off(connection):
    """Like a network that fails: clients connect again, which they would not after a goodbye."""
    if client := socketio.server.eio.sockets.get(connection):
        client.close(wait=False, abort=True)


def problem(error):
    """Problem details, and what is a header of the answer to a request."""
    body, _, headers = show_v2(error)
    wait = dict(headers).get("Retry-After")
    return body | ({"retry_after": wait} if wait else {})


def logged_in():
    user = visitors.user()
    if user is None:
        raise Unauthorized("Connect with a token, or log in first.")
    return user
