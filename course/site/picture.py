"""Draws what runs in a step as SVG: for a page in the page's colours, for a slide in its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from course.load.chart import COLOURS
from course.site.topology import Edge, Node, Topology

WIDTH, GAP, PAD, HEAD = 182, 14, 14, 26  # of a box, between boxes, inside a lane, its heading
LINE, TITLE, SMALL = 18, 15, 13
ROW = 58  # between rows: the room for lines
NARROW = 620  # below that width it scrolls rather than shrinks
MARGIN, CURVE = 8, 7
BUS = 9  # between lines that run side by side
CHARACTER = 0.56  # of the font's size, on average
# In a page the page decides; see docs/assets/site.css.
IN_PAGE = {
    "ink": "currentColor",
    "web": "var(--picture-web)",
    "worker": "var(--picture-worker)",
    "store": "var(--picture-store)",
    "paper": "var(--picture-paper)",
}
TINTS = {
    "light": {"web": "#d9efeb", "worker": "#f3e9d6", "store": "#ececea"},
    "dark": {"web": "#17463f", "worker": "#4a3b1e", "store": "#34363a"},
}
FILLS = {"web": "web", "worker": "worker", "beat": "worker", "store": "store"}


@dataclass
class Box:
    """A rectangle on the picture: of a node, or of a lane with its nodes in it."""

    name: str
    x: float
    y: float
    width: float
    height: float
    node: Node | None = None
    heading: str = ""
    inside: Sequence[Box] = ()

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def right(self) -> float:
        return self.x + self.width

    def move(self, x: float, y: float) -> None:
        for each in (self, *self.inside):
            each.x += x
            each.y += y


def in_page(found: Topology, id: str) -> str:
    """Return the picture for a page; `id` begins the ids in it, unique on the page."""
    return _svg(found, id, IN_PAGE)


def standalone(found: Topology, mode: str = "light", id: str = "topology") -> str:
    """Return the picture with colours of its own; `mode` is light or dark."""
    colours = {"ink": COLOURS[mode]["ink"], "paper": COLOURS[mode]["paper"]} | TINTS[mode]
    return _svg(found, id, colours)


def _svg(found: Topology, id: str, colours: dict[str, str]) -> str:
    boxes, width, height = _laid_out(found)
    title = f"What runs in step {found.step.number}, {found.step.title}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="topology" role="img" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" '
        f'style="min-width:{min(width, NARROW):.0f}px" aria-labelledby="{id}-title {id}-text" '
        f'font-family="system-ui, sans-serif" '
        f'fill="{colours["ink"]}">',
        f'<title id="{id}-title">{escape(title)}</title>',
        f'<desc id="{id}-text">{escape(found.description)}</desc>',
        f'<defs><marker id="{id}-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        f'markerHeight="7" orient="auto-start-reverse"><path d="M0 0.5 L8 4 L0 7.5 z"/></marker>'
        "</defs>",
    ]
    parts += [_drawn_lane(box, colours) for box in boxes if box.inside]
    parts += _drawn_edges(found, boxes, id, colours)
    parts += [_drawn(box, colours) for box in _each_node(boxes)]
    return "".join(parts) + "</svg>"


def _laid_out(found: Topology) -> tuple[list[Box], float, float]:
    """Return all boxes in their places, and the size of the picture."""
    groups = _grouped(found)
    rows = [
        [box for box in groups if _kinds(box) & kinds]
        for kinds in ({"browser"}, {"balancer"}, {"web", "other"}, {"store"}, {"worker", "beat"})
    ]
    outside = [box for box in groups if _kinds(box) & {"outside"}]
    rows = [row for row in rows if row]
    reader = next((edge.start for edge in found.edges if edge.end in _names(outside)), "")
    for row in rows:
        if any(reader in (box.name, *_names(box.inside)) for box in row):
            row += outside
    y = MARGIN
    for row in rows:
        height = max(box.height for box in row)
        core = [box for box in row if box not in outside]
        x = -(sum(box.width for box in core) + 2 * GAP * (len(core) - 1)) / 2
        for box in row:
            x += 2 * PAD if box in outside else 0
            box.move(x, y + (height - box.height) / 2 * (box in outside))
            x += box.width + 2 * GAP
        y += height + ROW
    left = min(box.x for box in groups) - MARGIN
    for box in groups:
        box.move(-left, 0)
    return groups, max(box.right for box in groups) + MARGIN, y - ROW + MARGIN


def _grouped(found: Topology) -> list[Box]:
    boxes: list[Box] = []
    # Who has a line to the side stands at the side.
    outside = [node.name for node in found.of("outside")]
    aside = {edge.start for edge in found.edges if edge.end in outside}
    for node in found.nodes:
        if not node.lane:
            boxes.append(_box(node))
        elif node.lane not in _names(boxes):
            members = [each for each in found.nodes if each.lane == node.lane]
            members.sort(key=lambda each: each.name in aside)
            boxes.append(_lane(node.lane, found.lanes[node.lane], members))
    return boxes


def _box(node: Node) -> Box:
    wanted = max(
        len(node.name) * TITLE * CHARACTER * 1.1,
        *(len(line) * SMALL * CHARACTER for line in node.lines or ("",)),
    )
    cylinder = 12 if node.kind == "store" else 0
    height = 2 * PAD + TITLE + LINE * len(node.lines) + cylinder
    return Box(node.name, 0, 0, max(WIDTH, wanted + 2 * PAD), height, node)


def _lane(name: str, heading: str, members: Iterable[Node]) -> Box:
    inside, x, height = [], PAD, 0.0
    for node in members:
        box = _box(node)
        box.move(x, HEAD + 4)
        x += box.width + GAP
        height = max(height, box.height)
        inside.append(box)
    for box in inside:
        box.height = height
    return Box(name, 0, 0, x - GAP + PAD, height + HEAD + 4 + PAD, None, heading, inside)


def _names(boxes: Iterable[Box]) -> list[str]:
    return [box.name for box in boxes]


def _kinds(box: Box) -> set[str]:
    return {box.node.kind} if box.node else {each.node.kind for each in box.inside}


def _each_node(boxes: Iterable[Box]) -> list[Box]:
    return [each for box in boxes for each in (box.inside or [box])]


def _drawn_lane(box: Box, colours: dict[str, str]) -> str:
    return (
        f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" '
        f'rx="{CURVE + 3}" fill="none" stroke="{colours["ink"]}" stroke-opacity="0.45" '
        f'stroke-dasharray="5 4"/>'
        + _text(box.x + PAD, box.y + 19, box.heading, SMALL, anchor="start")
    )


def _drawn(box: Box, colours: dict[str, str]) -> str:
    node = box.node
    fill = colours[FILLS.get(node.kind, "paper")]
    dash = ' stroke-dasharray="2 4" stroke-linecap="round"' if node.kind == "outside" else ""
    style = f'fill="{fill}" stroke="{colours["ink"]}" stroke-width="1.3"{dash}'
    top = box.y + PAD + TITLE - 3
    if node.kind == "store":
        shape = _cylinder(box, style)
        top += 12
    else:
        shape = (
            f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" '
            f'height="{box.height:.1f}" rx="{CURVE}" {style}/>'
        )
    texts = [_text(box.middle, top, node.name, TITLE, weight="600")]
    texts += [
        _text(box.middle, top + LINE * (place + 1), line, SMALL)
        for place, line in enumerate(node.lines)
    ]
    return f"<g>{shape}{''.join(texts)}</g>"


def _cylinder(box: Box, style: str) -> str:
    half, depth = box.width / 2, 9
    left, top, bottom = box.x, box.y + depth, box.bottom - depth
    arc = f"a{half:.1f} {depth} 0 0 "
    return (
        f'<path d="M{left:.1f} {top:.1f} V{bottom:.1f} {arc}0 {box.width:.1f} 0 V{top:.1f}" '
        f'{style}/><ellipse cx="{box.middle:.1f}" cy="{top:.1f}" rx="{half:.1f}" ry="{depth}" '
        f"{style}/>"
    )


def _text(
    x: float, y: float, text: str, size: int, anchor: str = "middle", weight: str = "400"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}">{escape(text)}</text>'
    )


def _drawn_edges(
    found: Topology, boxes: list[Box], id: str, colours: dict[str, str]
) -> Iterable[str]:
    places = {box.name: box for box in _each_node(boxes)} | {box.name: box for box in boxes}
    ends: dict[tuple[str, str], list[Edge]] = {}
    for edge in found.edges:
        start, end = places[edge.start], places[edge.end]
        if start.bottom <= end.y:
            ends.setdefault((edge.start, "bottom"), []).append(edge)
            ends.setdefault((edge.end, "top"), []).append(edge)
        elif end.bottom <= start.y:
            ends.setdefault((edge.start, "top"), []).append(edge)
            ends.setdefault((edge.end, "bottom"), []).append(edge)
    order = sorted({edge.end for edge in found.edges}, key=lambda name: places[name].middle)
    for edge in found.edges:
        start, end = places[edge.start], places[edge.end]
        down = start.bottom <= end.y
        if not down and end.bottom > start.y:
            y = start.y + start.height / 2
            path = f"M{start.right:.1f} {y:.1f} H{end.x - 2:.1f}"
            label = _text((start.right + end.x) / 2, y - 7, edge.label, SMALL)
        else:
            x1 = _port(start, ends[edge.start, "bottom" if down else "top"], edge, places, "end")
            x2 = _port(end, ends[edge.end, "top" if down else "bottom"], edge, places, "start")
            y1, y2 = (start.bottom, end.y - 2) if down else (start.y, end.bottom + 2)
            shift = BUS * (order.index(edge.end) - (len(order) - 1) / 2)
            middle = (y1 + y2) / 2 + (shift if abs(x1 - x2) > 1 else 0)
            path = f"M{x1:.1f} {y1:.1f} V{middle:.1f} H{x2:.1f} V{y2:.1f}"
            label = _text(x2 + 8, y2 - 12, edge.label, SMALL, anchor="start")
        yield (
            f'<path d="{path}" fill="none" stroke="{colours["ink"]}" stroke-width="1.3" '
            f'marker-end="url(#{id}-arrow)"/>' + (label if edge.label else "")
        )


def _port(box: Box, edges: list[Edge], edge: Edge, places: dict[str, Box], other: str) -> float:
    """Return where on a side of a box an edge begins or ends: in the order of the other ends."""
    ordered = sorted(edges, key=lambda each: places[getattr(each, other)].middle)
    step = min(36.0, box.width / (len(edges) + 1))
    return box.middle + step * (ordered.index(edge) - (len(edges) - 1) / 2)
