"""Turns news into events for those who are connected to this process.

News come after the commit, so nobody is told of what may never be.
"""

from functools import partial

from podium.extensions import db, socketio
from podium.jobs.representations import progress_of
from podium.models import Job
from podium.services import jobs
from podium.sockets import events, frames
from podium.sockets.guard import break_off, hang_up
from podium.sockets.halls import Halls
from podium.sockets.visitors import Visitors, of_token


def init_app(app):
    socketio.init_app(
        app,
        async_mode="gevent",
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
        case {"job": id}:
            socketio.start_background_task(push_job, app, id)
        case {"revoked": digest}:
            socketio.start_background_task(hang_up_on, of_token(digest))
        case {"lost": True}:
            app.extensions["halls"].lost()
        case {"over": True}:
            socketio.start_background_task(send_away, app)


def push_job(app, id):
    with app.app_context():
        job = db.session.get(Job, id)
        if job:
            socketio.emit("job", progress_of(jobs.state_of(job)), to=events.of_user(job.owner_id))


def send_away(app):
    """As long as somebody is here: who is quick comes back before the door is closed."""
    with app.app_context():
        while socketio.server.eio.sockets and not app.extensions["news"].stays():
            for id in list(socketio.server.eio.sockets):
                break_off(id)
            socketio.sleep(0.1)


def hang_up_on(room):
    for sid, _ in list(socketio.server.manager.get_participants("/", room)):
        hang_up(sid)
