"""Pictures of what was measured: SVG that follows the page's colours, PNG for light and dark."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from course.drills.load import percentile
from course.drills.report import seconds as in_words
from course.load.compare import LABELS, Comparison, Side, shown, times

# Readable on light and dark, and told apart by those who do not see red or green.
COLOURS = {
    "light": {"ink": "#1b1b1b", "paper": "#ffffff", "before": "#8a6d3b", "after": "#0b6e5f"},
    "dark": {"ink": "#e8e6e1", "paper": "#17181a", "before": "#d9b36c", "after": "#6fd6c0"},
}
# In a page of the site the page decides.
IN_PAGE = {"ink": "currentColor", "before": "var(--before)", "after": "var(--after)"}
SIZE = (8, 4)  # inches
NARROW = 4.2  # inches: where text keeps its size in the window of a telephone

DrawOn = Callable[[Sequence[Axes], dict[str, str]], None]


def draw(found: Comparison, folder: Path) -> list[Path]:
    """Write the picture of a comparison, light and dark, as SVG and PNG; return the files."""
    # How long each answer took is worth a look beside what was asked for, too.
    first = {"rate": _rates, "outage": _timeline}.get(found.scenario.metric)
    panels = (first, _distribution) if first else (_distribution,)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"step-{found.after.step.number}"

    def draw_on(axes: Sequence[Axes], colours: dict[str, str]) -> None:
        for panel, each in zip(panels, axes, strict=True):
            panel(each, found, colours)

    return _both(path, found.scenario.question, draw_on, rows=len(panels))


def _style(colours: dict[str, str]) -> dict[str, object]:
    ink, paper = colours["ink"], colours["paper"]
    return {
        "svg.fonttype": "none",
        "font.size": 11,
        "figure.facecolor": paper,
        "axes.facecolor": paper,
        "savefig.facecolor": paper,
        **dict.fromkeys(
            ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), ink
        ),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "grid.color": ink,
        "grid.alpha": 0.15,
    }


def _sides(found: Comparison) -> list[tuple[Side, str]]:
    return [(found.before, "before"), (found.after, "after")]


def _name(side: Side) -> str:
    return f"step {side.step.number}: {side.step.title}"


def _rates(axes: Axes, found: Comparison, colours: dict[str, str]) -> None:
    """A bar for each step, with a mark for each round."""
    for row, (side, key) in enumerate(_sides(found)):
        value = side.value(found.scenario)
        axes.barh(row, value, color=colours[key], height=0.55)
        axes.plot(
            side.values(found.scenario),
            [row] * len(side.results),
            "|",
            color=colours["ink"],
            markersize=16,
        )
        axes.annotate(
            shown(found.scenario, value),
            (value, row),
            xytext=(10, 0),
            textcoords="offset points",
            va="center",
        )
    axes.set_yticks(range(2), [f"step {side.step.number}" for side, _ in _sides(found)])
    axes.invert_yaxis()
    axes.set_xlabel(LABELS[found.scenario.metric] + " a second")
    axes.margins(x=0.2)
    axes.set_xlim(left=0)


def _distribution(axes: Axes, found: Comparison, colours: dict[str, str]) -> None:
    """How many of 100 have their answer after so much time, and where 95 have it."""
    curves = []
    for side, key in _sides(found):
        values = sorted(times(found.scenario, side))
        spread = [(100 * (index + 1) / len(values), value) for index, value in enumerate(values)]
        # The same figure as in the table, where it is this that was asked for.
        asked = found.scenario.metric in ("p95", "freshness")
        p95 = side.value(found.scenario) if asked else percentile(values, 95)
        curves.append((label(_name(side), spread, p95), key, spread, p95))
    spreads_on(curves, found.scenario.metric)([axes], colours)


Spread = Sequence[tuple[float, float]]


def label(name: str, spread: Spread, p95: float) -> str:
    """Return what a curve is called: where 95 of 100 are, or how many of 100 there are."""
    if math.isfinite(p95):
        return f"{name}: p95 {in_words(p95)}"
    served = max((share for share, seconds in spread if math.isfinite(seconds)), default=0)
    return f"{name}: no more than {served:.0f} of 100"


def spreads_on(sides: Sequence[tuple[str, str, Spread, float]], metric: str) -> DrawOn:
    """Return what draws how many of 100 have their answer after so much time.

    Each side is its name, "before" or "after", its (of 100, seconds) and where 95 have it.
    """

    def curves(panels: Sequence[Axes], colours: dict[str, str]) -> None:
        (axes,) = panels
        drawn: list[float] = []
        for name, key, spread, p95 in sides:
            finite = [(share, seconds) for share, seconds in spread if math.isfinite(seconds)]
            if not finite:
                continue
            shares, seconds = zip(*finite, strict=True)
            seconds = [max(value, 0.0005) for value in seconds]
            axes.step(seconds, shares, where="post", color=colours[key], linewidth=2, label=name)
            drawn += seconds
            if math.isfinite(p95):
                axes.plot([p95], [95], "o", color=colours[key])
        axes.axhline(95, color=colours["ink"], linewidth=0.8, linestyle=":")
        axes.set_xscale("log")
        # Within two powers of ten these alone would say little.
        fine = bool(drawn) and max(drawn) < 100 * min(drawn)
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if fine else (1,)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: in_words(value)))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_ylim(0, 102)
        axes.set_ylabel("of 100")
        axes.grid(axis="x")
        what = "have heard of a question" if metric == "freshness" else "are answered"
        axes.set_xlabel(f"{what} after (logarithmic)")
        axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.2))

    return curves


def _timeline(axes: Axes, found: Comparison, colours: dict[str, str]) -> None:
    """Answers in each half second of the last round."""
    for side, key in _sides(found):
        ends = sorted(end for end, _, ok in side.results[-1].requests[found.scenario.name] if ok)
        if not ends:
            continue
        bins = [0] * (int(2 * (ends[-1] - ends[0])) + 1)
        for end in ends:
            bins[int(2 * (end - ends[0]))] += 1
        seconds = [index / 2 for index in range(len(bins))]
        axes.step(seconds, bins, where="post", color=colours[key], linewidth=2, label=_name(side))
    axes.set_xlabel("seconds")
    axes.set_ylabel("answers in half a second")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)


def ladder(path: Path, halls: dict[str, int]) -> None:
    """Draw the largest hall of each step, by title; `path` is without mode and suffix."""
    _both(path, "The largest hall that each step serves", ladder_on(halls), height=6)


def ladder_on(halls: dict[str, int], *, narrow: bool = False) -> DrawOn:
    """Return what draws the largest hall of each step, by title; `narrow` puts it on two lines."""

    def points(panels: Sequence[Axes], colours: dict[str, str]) -> None:
        (axes,) = panels
        names = [f"{number}  {title}" for number, title in enumerate(halls, start=1)]
        if narrow:
            names = [textwrap.fill(name, 26) for name in names]
        # Points, not bars: the length of a bar on a logarithmic scale means nothing.
        axes.plot(
            list(halls.values()), range(len(halls)), "o", color=colours["after"], markersize=8
        )
        for row, hall in enumerate(halls.values()):
            axes.annotate(
                f"{hall:,}", (hall, row), xytext=(9, 0), textcoords="offset points", va="center"
            )
        axes.grid()
        axes.set_yticks(range(len(halls)), names)
        axes.invert_yaxis()
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.set_xlabel("people (logarithmic)")
        axes.set_xlim(min(halls.values()) / 1.5, 2 * max(halls.values()))

    return points


Series = tuple[str, Sequence[float], Sequence[float], Callable[[float], float]]


def laws(path: Path, series: Sequence[Series]) -> None:
    """Draw throughput against concurrency, measured and fitted."""
    _both(path, "Throughput against concurrency, and the law that fits", laws_on(series))


def laws_on(series: Sequence[Series]) -> DrawOn:
    """Return what draws throughput against concurrency, measured and fitted."""

    def curves(panels: Sequence[Axes], colours: dict[str, str]) -> None:
        (axes,) = panels
        axes.set_prop_cycle(color=[colours["after"], colours["before"], colours["ink"]])
        for (name, clients, rates, law), marker in zip(series, "os^Dv", strict=False):
            (points,) = axes.plot(clients, rates, marker, label=name)
            fine = [clients[0] + (clients[-1] - clients[0]) * n / 100 for n in range(101)]
            axes.plot(fine, [law(n) for n in fine], color=points.get_color(), linewidth=1)
        axes.set_xlabel("clients that ask at the same time")
        axes.set_ylabel("lists answered a second")
        axes.set_ylim(bottom=0)
        axes.grid()
        axes.legend(frameon=False, labelcolor=colours["ink"])

    return curves


def page_svg(draw_on: DrawOn, height: float = 4, *, narrow: bool = False) -> str:
    """Return a picture as SVG in the colours of the page that it is put into.

    `height` is in inches. `narrow` makes it for the window of a telephone.
    """
    colours = {"ink": "#010101", "paper": "none", "before": "#020202", "after": "#030303"}
    style = _style(colours) | {"svg.hashsalt": "course"}
    if narrow:
        style |= {"font.size": 10, "legend.fontsize": 8.5}
    with pyplot.rc_context(style):
        width = NARROW if narrow else SIZE[0]
        figure, axes = pyplot.subplots(figsize=(width, height), layout="constrained")
        draw_on([axes], colours)
        written = StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None})
        pyplot.close(figure)
    svg = written.getvalue()
    for name in ("ink", "before", "after"):
        svg = svg.replace(colours[name], IN_PAGE[name])
    return svg


def _both(path: Path, title: str, draw_on: DrawOn, height: float = 4, rows: int = 1) -> list[Path]:
    """Write a picture of so many panels, light and dark, as SVG and PNG; return the files."""
    written = []
    for mode, colours in COLOURS.items():
        with pyplot.rc_context(_style(colours)):
            size = (SIZE[0], height * (1 + 0.7 * (rows - 1)))
            figure, axes = pyplot.subplots(rows, figsize=size, layout="constrained", squeeze=False)
            axes[0][0].set_title(title, loc="left", fontsize=12, fontweight="bold", wrap=True)
            draw_on(axes[:, 0], colours)
            for kind in ("svg", "png"):
                target = path.with_name(f"{path.name}-{mode}.{kind}")
                figure.savefig(target, dpi=150, metadata={"Date": None} if kind == "svg" else None)
                written.append(target)
            pyplot.close(figure)
    return written
