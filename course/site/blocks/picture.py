"""`topology`: the picture of what runs in a step."""

from __future__ import annotations

from course.site import picture, topology
from course.site.html import escape, scrolled, tag
from course.site.place import Place
from course.site.values import Body


def of_step(body: Body, place: Place) -> str:
    """Return the picture of a step, with a caption."""
    step = body.step
    caption = f"What runs in step {step.number}: drawn from its Procfile and its settings."
    svg = picture.in_page(topology.read(step), place.prefix)
    inner = scrolled(svg, f"Picture of what runs in step {step.number}", "wide picture")
    return tag("figure", inner + tag("figcaption", escape(caption)), class_="data")
