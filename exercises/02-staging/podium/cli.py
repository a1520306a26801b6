"""Commands: `flask --app podium init-db` and `flask --app podium seed`."""

import json
import random
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from werkzeug.security import generate_password_hash

from podium.extensions import db
from podium.models import Preview, Question, Talk, User, Vote, now
from podium.text import render

PASSWORD = "podium-demo"


@click.command("init-db")
@with_appcontext
def init_db():
    """Create the tables that are not there yet."""
    db.create_all()


@click.command("seed")
@with_appcontext
def seed():
    """Fill an empty database with sample talks and people whose password everybody knows."""
    # TODO: staging has a secret of its own and sample accounts: these are two questions now.
    if not current_app.config["DEVELOPMENT_SECRET_IS_FINE"]:
        raise click.UsageError("The sample accounts share a known password: not in production.")
    db.create_all()
    if db.session.scalar(db.select(Talk)) is None:
        add_sample_data()


def add_sample_data():
    data = json.loads(Path(__file__).with_name("sample_data.json").read_text("utf-8"))
    password_hash = generate_password_hash(PASSWORD, current_app.config["PASSWORD_HASH"])
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
    source = sample["source"].replace("{slow_site}", current_app.config["SLOW_SITE_URL"])
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
    slow_site = current_app.config["SLOW_SITE_URL"]
    url = f"{slow_site}/page/{preview['page']}?delay=0.5"
    return Preview(url=url, title=preview["title"], description=preview["description"])


def init_app(app):
    app.cli.add_command(init_db)
    app.cli.add_command(seed)
