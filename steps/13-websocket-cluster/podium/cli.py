"""Commands: `flask --app podium init-db`, `seed`, and `announce "…"`."""

import json
import random
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from werkzeug.security import generate_password_hash

from podium import outages
from podium.extensions import db, shared, socketio
from podium.models import Preview, Question, Talk, User, Vote, now
from podium.news import channel
from podium.questions.text import render
from podium.services.feed import touch

PASSWORD = "podium-demo"
ANNOUNCEMENT = 200  # characters


@click.command("init-db")
@with_appcontext
def init_db():
    """Create the tables that are not there yet."""
    db.create_all()


@click.command("seed")
@with_appcontext
def seed():
    """Fill an empty database with sample talks and people whose password everybody knows."""
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
        db.session.flush()
        for question in questions:
            question = sample_question(question, talk, people)
            db.session.add(question)
            touch(question)
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


@click.command("announce")
@click.argument("text")
@click.option("--talk", help="Only to those who watch the talk with this slug.")
@with_appcontext
def announce(text, talk):
    """Show TEXT to all who are connected, to whichever server. An empty one takes it away."""
    if len(text) > ANNOUNCEMENT:
        raise click.UsageError(f"An announcement has up to {ANNOUNCEMENT} characters.")
    try:
        if talk and not db.session.scalar(db.select(Talk.id).where(Talk.slug == talk)):
            raise click.UsageError(f"There is no talk {talk!r}.")
        [(_, servers)] = shared.do(lambda valkey: valkey.pubsub_numsub(channel(valkey, "events")))
    except outages.ANY as error:
        reason = str(error).partition("\n")[0]
        raise click.UsageError(f"A server that this needs does not answer: {reason}") from None
    socketio.emit("announcement", {"text": text}, to=talk)
    click.echo(f"Servers that pass it on to whoever is connected: {servers}")


def init_app(app):
    app.cli.add_command(init_db)
    app.cli.add_command(seed)
    app.cli.add_command(announce)
