"""Who sits at the browser: the signed session cookie holds a token like any API client's.

The API itself takes no cookie, so it needs no CSRF token; every form does.
"""

import functools

from flask import flash, g, redirect, request, session, url_for

from podium.extensions import csrf
from podium.services import users


def recognise():
    """Run before every request: set `g.user`, and refuse a form that is not from our pages."""
    if request.path.startswith(("/api/", "/static/")):
        return
    token = session.get("token")
    g.user = users.with_token(token) if token else None
    csrf.protect()


def start(user):
    session.clear()
    session["token"], _ = users.issue_token(user)


def end():
    users.revoke_token(session.get("token", ""))
    session.clear()


def log_in_first(view):
    """Send whoever is not logged in to the log-in page, and back here afterwards."""

    @functools.wraps(view)
    def wrapper(*args, **kwargs):
        if g.user is None:
            flash("Log in first.")
            here = request.path if request.method == "GET" else request.form.get("from", "/")
            return redirect(url_for("auth.log_in", next=here), 303)
        return view(*args, **kwargs)

    return wrapper
