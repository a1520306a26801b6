"""The least that could tell a hall something in place of step 13: python-socketio, one room.

Whoever posts a question is answered, and all who have joined are told.
"""

import socketio
from flask import Flask, request

EVENT = {"id": 1, "html": "", "score": 0, "answered": False, "author": "somebody"}


def create_app():
    app = Flask(__name__)
    server = socketio.Server(async_mode="gevent")
    app.wsgi_app = socketio.WSGIApp(server, app.wsgi_app)

    @server.on("join")
    def join(sid, data):
        server.enter_room(sid, data["talk"])
        server.emit("question", {"items": [], "next": "", "more": False}, to=sid)

    @app.post("/api/v2/talks/<slug>/questions")
    def ask(slug):
        item = EVENT | {"source": request.json["source"], "talk": slug}
        server.emit("question", {"items": [item], "next": ""}, to=slug)
        return item, 201

    return app
