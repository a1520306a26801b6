"""A look into a step's database, for what no client may see. Reads only."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import psycopg

from course.runner import Running


def scalar(server: Running, statement: str, *values: object) -> int:
    """Return the one value that a statement selects; `?` stands for each of `values`."""
    url = server.variables["DATABASE_URL"]
    if url.startswith("sqlite:///"):
        path = url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute(statement, values).fetchone()[0]
    # SQLAlchemy's name of the driver is none of libpq's business.
    with psycopg.connect("postgresql://" + url.partition("://")[2]) as connection:
        return connection.execute(statement.replace("?", "%s"), values).fetchone()[0]


def changes(server: Running, talk: str) -> int:
    """Return the version of a talk: each change of one of its questions adds 1."""
    return scalar(server, "SELECT version FROM talk WHERE slug = ?", talk)


def votes(server: Running, question: int) -> int:
    """Return how many votes for a question are stored."""
    return scalar(server, "SELECT count(*) FROM vote WHERE question_id = ?", question)
