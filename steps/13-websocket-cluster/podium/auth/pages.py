"""The pages to register, log in and log out."""

from flask import Blueprint, flash, redirect, render_template, request

from podium.auth import session
from podium.auth.schemas import Credentials, NewUser
from podium.services import users
from podium.services.errors import Invalid, ServiceError
from podium.site.forms import read_form, safe_target

bp = Blueprint(
    "auth",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/static/auth",
)
bp.before_app_request(session.recognise)


@bp.route("/register", methods=["GET", "POST"])
def register():
    if request.method == "GET":
        return render_template("auth/register.html")
    try:
        form = read_form(NewUser)
        user = users.register(form.nickname, form.password)
    except ServiceError as error:
        return render_template("auth/register.html", error=error), 400
    return welcome(user)


@bp.route("/login", methods=["GET", "POST"])
def log_in():
    if request.method == "GET":
        return render_template("auth/login.html")
    try:
        form = read_form(Credentials)
        user = users.with_password(form.nickname, form.password)
        if user is None:
            raise Invalid("Wrong nickname or password.", "password")
    except ServiceError as error:
        return render_template("auth/login.html", error=error), 400
    return welcome(user)


def welcome(user):
    session.start(user)
    flash(f"Welcome, {user.nickname}.")
    return redirect(safe_target(), 303)


@bp.post("/logout")
def log_out():
    session.end()
    flash("You are logged out.")
    return redirect(safe_target(), 303)
