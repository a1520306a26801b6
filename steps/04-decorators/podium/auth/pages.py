"""The forms to register and log in, and the module that keeps the token."""

from flask import Blueprint

bp = Blueprint(
    "auth",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/static/auth",
)
