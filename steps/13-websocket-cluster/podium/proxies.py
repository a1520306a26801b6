"""What the proxies in front tell us: who the client is, and which request this is."""

import logging

from flask import g, has_request_context, request
from flask.logging import default_handler
from werkzeug.middleware.proxy_fix import ProxyFix

from podium.config import setting

FORMAT = "[%(asctime)s] %(levelname)s %(request_id)s %(name)s: %(message)s"


def init_app(app):
    """Believe so many proxies as there are and no more: the hop before them is the client.

    https://flask.palletsprojects.com/en/stable/deploying/proxy_fix/
    """
    hops = app.config["PROXIES"]
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)
    app.before_request(note_id)
    app.after_request(say_who)
    default_handler.setFormatter(logging.Formatter(FORMAT))
    default_handler.addFilter(add_id)


def note_id():
    g.request_id = request.headers.get("X-Request-ID", "-")[:64]


def add_id(record):
    """Give each line of the log the ID of the request that it is about."""
    record.request_id = g.get("request_id", "-") if has_request_context() else "-"
    return True


def say_who(response):
    response.headers["X-Served-By"] = setting("HOST")
    return response
