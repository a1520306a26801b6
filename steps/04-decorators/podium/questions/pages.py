"""How a question looks: its template, and the module that keeps the list up to date."""

from flask import Blueprint

bp = Blueprint(
    "questions",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/static/questions",
)
