"""A page that shows which process answers, and that each has objects of its own.

`db` is created when the package is imported. Each process imports it, or is forked from one that
has, and from then on its `db`, its engine and its connections are its own. Two processes may even
show the same address: it is an address in the memory of each.
"""

import itertools
import os

from flask import Blueprint, abort, current_app, render_template, request
from sqlalchemy import func, select

from podium.config import setting
from podium.extensions import db, shared

bp = Blueprint("whoami", __name__)

counter = itertools.count(1)  # an object of this process, like any other


@bp.get("/whoami")
def whoami():
    if not setting("WHOAMI"):
        abort(404)
    me = {
        "host": setting("HOST"),
        "pid": os.getpid(),
        "app": hex(id(current_app._get_current_object())),
        "db": hex(id(db)),
        "engine": hex(id(db.engine)),
        "pool": {"size": db.engine.pool.size(), "checked_out": db.engine.pool.checkedout()},
        "backend": db.session.scalar(select(func.pg_backend_pid())),
        "requests": next(counter),
        "requests_of_all": shared.do(lambda valkey: valkey.incr("whoami")),
    }
    if request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
        return render_template("site/whoami.html", me=me)
    return me
