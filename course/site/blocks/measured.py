"""`chart`, `claims`, `floors`, `drill`: what was measured, as pictures and tables."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Sequence

from course import catalog
from course.drills.report import COUNTS
from course.drills.report import seconds as in_words
from course.errors import CourseError
from course.load import chart as charts
from course.load import figures, scenario
from course.load.claims import HOLDS
from course.load.compare import factor, told
from course.load.usl import Law
from course.site.html import escape, scrolled, table, tag
from course.site.place import Place
from course.site.values import Body

DRAWN: dict[str, str] = {}  # a page that is served is built whenever somebody saves another
LADDER, CLAIMS = "ladder.json", "claims.json"


def chart(body: Body, place: Place) -> str:
    """Return the picture of a claim, of the ladder or of the laws."""
    if (id := body.get("claim")) and not body.get("result"):
        return _claim_chart(str(id), place)
    match body.get("result"):
        case "ladder" if not id:
            return _ladder_chart(place)
        case "laws" if not id:
            return _laws_chart(place)
    raise CourseError("expected `claim: ID`, `result: ladder` or `result: laws`")


def _claim_chart(id: str, place: Place) -> str:
    claim = _claim(id)
    found = scenario.find(claim["claim"]["scenario"])
    sides = []
    for number, key in zip(claim["claim"]["steps"], ("before", "after"), strict=True):
        spread = [(share, _number(value)) for share, value in claim["spreads"][key]]
        p95 = dict(spread).get(95, math.nan)
        name = charts.label(f"step {number}: {catalog.find(number).title}", spread, p95)
        sides.append((name, key, spread, p95))
    pictures = _drawn(
        [sides, found.metric], place, lambda _: charts.spreads_on(sides, found.metric)
    )
    sentence = _sentence(claim, found)
    text = f"{sentence} " + " ".join(f"{name}." for name, *_ in sides)
    return _figure(pictures, found.question, text, sentence, place)


def _sentence(claim: dict, found: scenario.Scenario) -> str:
    """Return what was found: in today's words, unless it was another scenario then."""
    ratio = claim["ratio"]
    if found.what not in claim["found"]:
        return claim["found"]
    if not isinstance(ratio, int | float):
        p95s = [dict(spread).get(95) for spread in claim["spreads"].values()]
        if found.metric == "freshness" and p95s and not any(map(_is_finite, p95s)):
            return f"In {found.what}, no step brought a question to 95 of 100 in time."
        return claim["found"]
    return told(found, claim["claim"]["steps"], claim["before"], claim["after"], ratio)


def _ladder_chart(place: Place) -> str:
    rungs = figures.load(LADDER)["rungs"]
    halls = {catalog.find(int(n)).title: rung["hall"] for n, rung in rungs.items()}
    pictures = _drawn(halls, place, lambda narrow: charts.ladder_on(halls, narrow=narrow), height=6)
    listed = (f"step {n}, {rung['hall']:,}" for n, rung in rungs.items())
    title = "The largest hall that each step serves"
    return _figure(pictures, title, f"People by step: {'; '.join(listed)}.", title + ".", place)


def _laws_chart(place: Place) -> str:
    laws = figures.load(LADDER)["laws"]
    series = [
        (f"step {number}", found["clients"], found["rates"], Law(**found["law"]).throughput)
        for number, found in laws.items()
    ]
    text = " ".join(f"Step {number}: {found['says']}" for number, found in laws.items())
    title = "Throughput against concurrency, and the law that fits"
    pictures = _drawn(laws, place, lambda _: charts.laws_on(series))
    return _figure(pictures, title, text, title + ".", place)


def _drawn(
    of: object, place: Place, draw_on: Callable[[bool], charts.DrawOn], height: float = 4
) -> dict[str, str]:
    """Return a picture by the class of its box: that for wide windows, that for narrow ones.

    What it is `of` was not drawn before, or is not drawn again.
    """
    found = {}
    for narrow in (False, True) if place.narrow else (False,):
        key = json.dumps([of, narrow])
        if key not in DRAWN:
            DRAWN[key] = charts.page_svg(draw_on(narrow), height, narrow=narrow)
        found["wide chart narrow" if narrow else "wide chart"] = DRAWN[key]
    return found


def _figure(pictures: dict[str, str], title: str, text: str, caption: str, place: Place) -> str:
    """Return a picture of matplotlib as a part of the page, with its text alternative."""
    inner = "".join(
        scrolled(_named(svg, f"{place.prefix}-{number}", title, text), title, class_)
        for number, (class_, svg) in enumerate(pictures.items(), start=1)
    )
    return tag("figure", inner + tag("figcaption", escape(caption)), class_="data")


def _named(svg: str, prefix: str, title: str, text: str) -> str:
    """Return a picture with its text alternative, and with ids that begin with `prefix`."""
    svg = svg[svg.index("<svg") :]
    # Its ids are those of any other picture on the page.
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = re.sub(r'(url\(#|href="#)', rf"\1{prefix}-", svg)
    names = f"{prefix}-title {prefix}-text"
    head, _, drawing = svg.partition(">")
    head += f' role="img" aria-labelledby="{names}">'
    head += tag("title", escape(title), id=f"{prefix}-title")
    head += tag("desc", escape(text), id=f"{prefix}-text")
    return head + drawing


def claims(body: Body, place: Place) -> str:
    """Return the table of some claims: what is said, what was measured, whether it holds."""
    rows = []
    for id in body.texts("ids"):
        each = _claim(id)
        spread = sorted(_number(ratio) for ratio in each["ratios"])
        ratio = factor(each["ratio"]) if isinstance(each["ratio"], int | float) else ""
        if ratio and len(spread) > 1:
            ratio += tag("span", f" ({factor(spread[0])} to {factor(spread[-1])})", class_="spread")
        outcome = escape(each["outcome"])
        if each["reason"]:
            outcome += f": {escape(each['reason'])}"
        rows.append(
            (
                escape(each["claim"]["sentence"]),
                _measured(each),
                ratio,
                f"{each['claim']['minimum']:g}",
                tag("span", outcome, class_="holds" if each["outcome"] == HOLDS else "fails"),
            )
        )
    headings = ("claim", "measured", "times better", "at least", "verdict")
    caption = "What is claimed, and what was measured"
    return table(caption, headings, rows, numbers=(2, 3), class_="claims", note=_machine(CLAIMS))


def _measured(each: dict) -> str:
    """Return both figures of a claim; they may stand on two lines, but each of them in one."""
    if not each["before"] or each["ratio"] is None:  # there is nothing to compare
        return ""
    sides = [tag("span", escape(each[key]), class_="figure") for key in ("before", "after")]
    return " → ".join(sides)


def floors(body: Body, place: Place) -> str:
    """Return what a step does beside the least that could do it."""
    of = body.text("of")
    every = figures.load(LADDER)["floors"]
    if of not in every:
        raise CourseError(f"there are no floors of {of!r}; choose {', '.join(every)}")
    if of == "push":
        rows = [
            (
                escape(server),
                f"{each['listeners']:,}",
                f"{each['messages']:,}",
                in_words(each["p95"]),
                f"{1e6 * each['cost']:.0f} µs",
            )
            for server, each in every[of].items()
        ]
        headings = ("server", "listeners", "messages", "p95", "processor time of one")
        caption = "Telling a crowd, and the least that could"
        return table(
            caption, headings, rows, numbers=range(1, 5), class_="floors", note=_machine(LADDER)
        )
    rows = []
    for call, each in every[of].items():
        target = each.get("target")
        share = f"{each['ratio']:.0%} of {escape(each['of'])}" if target else ""
        missed = target is not None and each["ratio"] < target
        wanted = f"{target:.0%} or more" if target else ""
        if missed:
            wanted = tag("span", f"{wanted}: missed", class_="fails")
        cost = f"{1000 * min(each['costs']):.2f} ms"
        rows.append((escape(call), f"{each['rate']:,.0f}", cost, share, wanted))
    headings = ("call", "a second", "processor time of one", "share", "target")
    caption = f"One process of {of}, and the least that could stand in its place"
    return table(
        caption, headings, rows, numbers=range(1, 5), class_="floors", note=_machine(LADDER)
    )


def drill(body: Body, place: Place) -> str:
    """Return the table of a recorded drill, or some of its rows."""
    file = f"drill-{body.step.number}.json"
    found = figures.load(file)
    rows = _chosen(found["rows"], body.texts("rows"), file)
    shown = [name for name in COUNTS if any(row[name] is not None for row in rows)]
    figured = any(row["figure"] for row in rows)
    headings = ("scene", *shown, *(["figure"] * figured), "target")
    cells = [
        (
            escape(row["scene"]),
            *("" if row[name] is None else f"{row[name]:,}" for name in shown),
            *([escape(row["figure"])] * figured),
            _target(row),
        )
        for row in rows
    ]
    numbers = range(1, len(shown) + 1)
    return table(
        found["title"], headings, cells, numbers=numbers, class_="drill", note=_machine(file)
    )


def _chosen(rows: list[dict], scenes: Sequence[str], file: str) -> list[dict]:
    by_scene = {row["scene"]: row for row in rows}
    for scene in scenes:
        if scene not in by_scene:
            raise CourseError(f"{file} has no row {scene!r}; it has {', '.join(by_scene)}")
    return [by_scene[scene] for scene in scenes] if scenes else rows


def _target(row: dict) -> str:
    if row["invalid"]:
        return tag("span", f"not valid: {escape(row['invalid'])}", class_="fails")
    parts = [row["target"]] if row["target"] else []
    if row["zero"]:
        parts.append(f"0 {' / '.join(row['zero'])}")
    text = escape(", ".join(parts))
    bad = row["missed"] or any(row[name] for name in row["zero"])
    return tag("span", f"{text}: missed", class_="fails") if bad else text


def _claim(id: str) -> dict:
    every = figures.load(CLAIMS)
    if id not in every:
        raise CourseError(f"there is no claim {id!r} in {CLAIMS}; it has {', '.join(every)}")
    return every[id]


def _machine(file: str) -> str:
    """Return what something was measured on."""
    values = figures.load(file)
    here = values["provenance"] if "provenance" in values else _first(values.values())
    text = f"Measured on {here['cpu']}, {here['cores']} cores, Python {here['python']}."
    return tag("span", escape(text), class_="machine")


def _first(values: Iterable[dict]) -> dict:
    return next(iter(values))["provenance"]


def _is_finite(value: object) -> bool:
    return math.isfinite(_number(value))


def _number(value: object) -> float:
    """Return a figure of a result, in which none and infinity are no numbers."""
    return math.nan if value is None else float(value)
