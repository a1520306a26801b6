"""Turns news into events. News come after the commit, so nobody is told of what may never be.

Each server reads what has changed in a talk and tells those who are connected to itself, which is
what `ignore_queue` says. Other events go through the message queue: emitted in any process, a
worker or a command included, they reach whoever they are for, whichever server that is.
https://flask-socketio.readthedocs.io/en/latest/deployment.html#using-multiple-workers
"""

import random
import threading
from functools import partial

from podium.extensions import socketio
from podium.news import channel
from podium.sockets import events, frames  # noqa: F401 (the handlers of events)
from podium.sockets.guard import break_off, hang_up
from podium.sockets.halls import Halls
from podium.sockets.rooms import of_token
from podium.sockets.visitors import Visitors

# Who is sent away connects again, to another server, and asks what it has missed. All at once
# would be more than that one can answer: seconds for each of them, and for all.
MOVE_EACH, MOVE_WITHIN = 0.02, 10
moving = threading.Lock()


def init_app(app):
    socketio.init_app(
        app,
        async_mode="gevent",
        message_queue=app.config["REDIS_URL"],
        channel=channel(app.extensions["shared"], "events"),
        max_http_buffer_size=app.config["MAX_CONTENT_LENGTH"],
        manage_session=False,
    )
    frames.init_app(socketio.server)
    app.extensions["halls"] = Halls(app)
    app.extensions["visitors"] = Visitors(app)
    app.extensions["news"].hearers.append(partial(hear, app))


def hear(app, message):
    """Called in the greenlet that hears all news: whatever takes time is done in another."""
    match message:
        case {"talk": talk, "question": question, "kind": kind}:
            app.extensions["halls"].hear(talk, question, kind)
        case {"revoked": digest}:
            socketio.start_background_task(hang_up_on, of_token(digest))
        case {"lost": True}:
            app.extensions["halls"].lost()
        case {"over": True} if not moving.locked():
            socketio.start_background_task(send_away, app)


def send_away(app):
    """As long as somebody is here: one after the other, in no order and at no fixed pace."""
    stays = app.extensions["news"].stays
    with app.app_context(), moving:
        while (connections := list(socketio.server.eio.sockets)) and not stays():
            random.shuffle(connections)
            pace = min(MOVE_EACH, MOVE_WITHIN / len(connections))
            for id in connections:
                socketio.start_background_task(break_off, id)
                socketio.sleep(random.uniform(0, 2 * pace))


def hang_up_on(room):
    for sid, _ in list(socketio.server.manager.get_participants("/", room)):
        hang_up(sid)
