"""Fills an empty database with three talks, their people and their questions."""

import json
import os
import random
from pathlib import Path

from werkzeug.security import generate_password_hash

from podium import PASSWORD_HASH, Preview, Question, Talk, User, Vote, app, db, now, render

SLOW_SITE_URL = os.environ.get("SLOW_SITE_URL", "http://127.0.0.1:8001")
PASSWORD = "podium-demo"


def seed():
    data = json.loads(Path(__file__).with_name("sample_data.json").read_text("utf-8"))
    password_hash = generate_password_hash(PASSWORD, PASSWORD_HASH)
    people = {name: User(nickname=name, password_hash=password_hash) for name in data["people"]}
    db.session.add_all(people.values())
    for talk in data["talks"]:
        questions = talk.pop("questions")
        talk = Talk(**talk | {"organiser": people[talk["organiser"]]})
        db.session.add(talk)
        for question in questions:
            db.session.add(sample_question(question, talk, people))
    db.session.commit()


def sample_question(sample, talk, people):
    author = people[sample["author"]]
    voters = random.sample([user for user in people.values() if user != author], sample["votes"])
    source = sample["source"].replace("{slow_site}", SLOW_SITE_URL)
    asked = now() - 60 * sample["age"]
    return Question(
        talk=talk,
        author=author,
        source=source,
        html=render(source),
        score=len(voters),
        answered=sample["answered"],
        created_at=asked,
        updated_at=asked,
        votes=[Vote(user=user) for user in voters],
        previews=[sample_preview(sample["preview"])] if "preview" in sample else [],
    )


def sample_preview(preview):
    url = f"{SLOW_SITE_URL}/page/{preview['page']}?delay=0.5"
    return Preview(url=url, title=preview["title"], description=preview["description"])


if __name__ == "__main__":
    with app.app_context():
        if db.session.scalar(db.select(Talk)) is None:
            seed()
