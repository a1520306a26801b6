"""`chapter`: the head of a chapter; `steps`: the list of all; `plan`: the minutes of the class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from course import catalog
from course.catalog import Step
from course.exercises import catalog as exercises
from course.site import place as places
from course.site.html import escape, link, table, tag
from course.site.place import Place
from course.site.values import Body
from course.slides import deck as decks


@dataclass(frozen=True)
class Session:
    """A part of the class, with minutes; `to` is the page that it belongs to, "" for none."""

    part: str
    title: str
    minutes: int
    to: str = ""


def chapter(body: Body, place: Place) -> str:
    """Return the head of a chapter: how far this is, how long it takes, which problem it solves."""
    step, everything = body.step, catalog.load()
    where = f"Step {step.number} of {len(everything)} · {step.part}"
    rungs = "".join(
        tag("span", "", class_="here" if each == step else None, data_step=each.number)
        for each in everything
    )
    times = [("In a class", step.minutes), ("To read", place.page.minutes)]
    times.append(("The exercise", exercises.find(step.number).minutes))
    listed = "".join(
        tag("div", tag("dt", name) + tag("dd", f"{minutes} min")) for name, minutes in times
    )
    problem = tag("p", f"<strong>The problem.</strong> {escape(step.problem)}", class_="problem")
    button = tag(
        "button",
        "Mark as done",
        type="button",
        class_="done-button",
        aria_pressed="false",
        data_step=step.number,
    )
    inner = (
        tag("p", escape(where), class_="where")
        + tag("div", rungs, class_="rungs", aria_hidden="true")
        + problem
        + tag("div", tag("dl", listed) + button, class_="row")
    )
    return tag("section", inner, class_="chapter-head", aria_label="This chapter")


def list_of_steps(body: Body, place: Place) -> str:
    """Return all steps by part, each with its problem and a link to its chapter."""
    parts = []
    for part, group in groupby(catalog.load(), key=attrgetter("part")):
        members = list(group)
        items = "".join(_item(step, place) for step in members)
        parts.append(tag("p", escape(part), class_="part"))
        parts.append(tag("ol", items, class_="steps", start=members[0].number))
    return tag("div", "".join(parts), class_="list-of-steps")


def _item(step: Step, place: Place) -> str:
    mark = tag("span", "", class_="done-mark", data_step=step.number)
    title = link(escape(step.title), place.to(places.chapter(step)))
    head = tag("span", f"{title} {mark}", class_="title")
    times = [f"exercise {exercises.find(step.number).minutes} min"]
    if page := place.chapter(step):
        times.insert(0, f"{page.minutes} min to read")
    below = tag("span", ", ".join(times), class_="times")
    return tag("li", head + tag("span", escape(step.problem), class_="problem") + below)


def plan(body: Body, place: Place) -> str:
    """Return the minutes of the class, part by part."""
    rows: list[Sequence[str]] = []
    total = 0
    for part, group in groupby(sessions(), key=attrgetter("part")):
        members = list(group)
        minutes = sum(each.minutes for each in members)
        total += minutes
        rows.append((tag("strong", escape(part)), tag("strong", str(minutes))))
        rows += [(_title(each, place), str(each.minutes)) for each in members]
    rows.append((tag("strong", "all"), tag("strong", str(total))))
    caption = "The minutes of the class, exercises included"
    return table(caption, ("part and step", "minutes"), rows, numbers=(1,), class_="plan")


def _title(session: Session, place: Place) -> str:
    title = escape(session.title)
    return link(title, place.to(session.to)) if session.to else title


def sessions() -> list[Session]:
    """Return what the class consists of, in order: the decks, and of some of them the steps."""
    steps = catalog.load()
    found = []
    for deck in decks.load():
        if deck.part is None:
            found.append(Session(deck.title, "slides and talk", deck.minutes))
        found += [
            Session(step.part, f"{step.number}  {step.title}", step.minutes, places.chapter(step))
            for step in steps
            if step.part == deck.part
        ]
    return found
