"""The desk of an organiser: their talks, and how many questions wait."""

from flask import Blueprint

# TODO: this area has templates of its own; where?
bp = Blueprint("organisers", __name__)

# TODO: the desk, and the area's own page for whoever has none.
