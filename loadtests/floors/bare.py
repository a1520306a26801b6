"""The least that could answer in place of step 13, for the same server: Flask and nothing else.

`/` says hello, to a POST too. The list is that of version 2, by hand: one query, the rows, JSON.
"""

import json
import os
import re
from datetime import UTC, datetime

from flask import Flask
from sqlalchemy import create_engine, text

QUERY = text("""
SELECT q.id, q.source, q.html, q.score, q.answered, q.created_at, q.updated_at, u.nickname,
       p.url, p.title, p.description
FROM question q
JOIN talk t ON t.id = q.talk_id
JOIN "user" u ON u.id = q.author_id
LEFT JOIN preview p ON p.question_id = q.id
WHERE t.slug = :slug AND NOT q.deleted
ORDER BY q.version, p.id
LIMIT 100
""")


def create_app():
    app = Flask(__name__)
    url = re.sub("^postgresql:", "postgresql+psycopg:", os.environ["DATABASE_URL"])
    engine = create_engine(url, pool_pre_ping=True)

    @app.route("/", methods=["GET", "POST"])
    def hello():
        return "Hello, world"

    @app.get("/list/<slug>")
    def questions(slug):
        with engine.connect() as connection:
            rows = connection.execute(QUERY, {"slug": slug}).all()
        return json.dumps({"items": items(slug, rows)}), {"Content-Type": "application/json"}

    return app


def items(slug, rows):
    found = {}
    for id, source, html, score, answered, created, updated, nickname, *preview in rows:
        item = found.setdefault(
            id,
            {
                "id": id,
                "source": source,
                "html": html,
                "score": score,
                "answered": bool(answered),
                "created_at": time(created),
                "updated_at": time(updated),
                "talk": slug,
                "author": nickname,
                "previews": {"status": "done", "items": []},
            },
        )
        add(item, *preview)
    return list(found.values())


def add(item, url, title, description):
    if url and title is None:
        item["previews"] = {"status": "pending"}
    elif url and "items" in item["previews"]:
        preview = {"url": url, "title": title, "description": description}
        item["previews"]["items"].append(preview)


def time(seconds):
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
