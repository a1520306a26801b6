"""A server for the tests of io.js: `python socketio_server.py PORT INTERVAL TIMEOUT IO_JS`.

INTERVAL and TIMEOUT are those of its pings, in seconds; IO_JS is the file to test.
"""

import sys
from pathlib import Path

PAGE = """<!doctype html>
<title>io.js</title>
<link rel="icon" href="data:,">
<script>
  const heard = [], wire = [], sockets = [];

  window.WebSocket = class extends WebSocket {
    constructor(url) {
      super(url);
      sockets.push(this);
      this.addEventListener("message", ({ data }) => wire.push(`< ${data}`));
    }
    send(data) {
      wire.push(`> ${data}`);
      super.send(data);
    }
  };
</script>
<script type="module">
  import { io } from "/io.js";

  /** Connects, and remembers what happens. */
  window.start = (url, options) => {
    window.socket = io(url, options);
    for (const event of ["connect", "disconnect"]) {
      socket.on(event, (...args) => heard.push([event, ...args]));
    }
    socket.on("connect_error", (error) =>
      heard.push(["connect_error", error.message, error.data]));
  };
</script>
"""


def serve(port, interval, timeout, io_js):
    from gevent import monkey

    monkey.patch_all()

    from flask import Flask, Response, request
    from flask_socketio import ConnectionRefusedError, SocketIO, disconnect, emit
    from simple_websocket import ConnectionClosed, Server

    app = Flask(__name__)
    socketio = SocketIO(app, async_mode="gevent", ping_interval=interval, ping_timeout=timeout)
    log = []

    @app.get("/")
    def page():
        return PAGE

    @app.get("/io.js")
    def module():
        return Response(Path(io_js).read_text(), mimetype="text/javascript")

    @app.get("/log")
    def read_log():
        return log

    @app.delete("/log")
    def forget_log():
        log.clear()
        return {}

    @socketio.on("connect")
    def connect(auth=None):
        log.append(["connect", auth])
        if auth and auth.get("refuse"):
            raise ConnectionRefusedError("The hall is closed.", {"opens": "9:00"})
        if auth and auth.get("early"):
            emit("news", "before the welcome")

    @socketio.on("disconnect")
    def disconnected(reason):
        log.append(["disconnect", reason])

    @socketio.on("note")
    def note(*args):
        log.append(["note", *args])

    @socketio.on("echo")
    def echo(*args):
        emit("echo", args)

    @socketio.on("answer")
    def answer(number, after=0):
        socketio.sleep(after)
        return number, f"the answer to {number}"

    @socketio.on("never")
    def never():
        log.append(["never"])
        socketio.sleep(3600)

    @socketio.on("ask me")
    def ask():
        emit("question", (6, 7), callback=lambda *answers: log.append(["answered", *answers]))

    @socketio.on("throw me out")
    def throw_out():
        disconnect()

    @app.route("/raw/", websocket=True)
    def raw():
        """Not Socket.IO at all: what to send is in the query."""
        ws = Server.accept(request.environ)
        terms = '0{"sid":"raw","pingInterval":25000,"pingTimeout":20000}'
        try:
            if "silent" not in request.args:
                ws.send(request.args.get("terms", terms))
                ws.receive()
                ws.send('40{"sid":"raw"}')
            if "frame" in request.args:
                ws.send(request.args["frame"])
            if "binary" in request.args:
                ws.send(b"\x00\x01")
            while True:
                log.append(["raw", ws.receive()])
        except ConnectionClosed:
            log.append(["raw closed"])
        return ""

    socketio.run(app, port=port)


if __name__ == "__main__":
    serve(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), sys.argv[4])
