"""The application with a page that tells for how long all stood still while one did a thing."""

import os
import socket
import time

import gevent
from gevent import monkey
from sqlalchemy import text

from podium import create_app
from podium.extensions import db, shared
from podium.questions.safe_fetch import read_page
from podium.services import users

SITE = os.environ.get("PROBED_SITE", "")


def log_in():
    users.with_password("hashed", "not this one")


THINGS = {
    "a query": lambda: db.session.execute(text("SELECT pg_sleep(1)")),
    "a command to Valkey": lambda: shared.do(lambda valkey: valkey.blpop("nothing", 0.4)),
    "reading a page": lambda: read_page(f"http://{SITE}/", SITE),
    "resolving a name": lambda: socket.getaddrinfo("no-such-host.invalid", 80),
    "checking a password": log_in,
    "sleeping": lambda: time.sleep(1),
    "blocking": lambda: monkey.get_original("time", "sleep")(1),
}


def create_probe():
    app = create_app()

    @app.get("/probe/<thing>")
    def probe(thing):
        stood = [0]

        def tick():
            while True:
                before = time.monotonic()
                gevent.sleep(0.01)
                stood[0] = max(stood[0], time.monotonic() - before)

        ticking = gevent.spawn(tick)
        gevent.sleep(0.05)
        stood[0], began = 0, time.monotonic()
        try:
            THINGS[thing]()
        except OSError as error:
            app.logger.info("%s: %s", thing, error)
        took = time.monotonic() - began
        gevent.sleep(0.05)  # it notices that it was held up when it is its turn again
        ticking.kill()
        return {"stood_still": stood[0], "took": took}

    return app
