"""What runs in a step, and what is connected with what: read off its files.

The Procfile says which processes there are, gunicorn.conf.py and podium/config.py how many workers
of which kind each has, nginx.conf what it sends where, step.toml which servers are beside them.
Nothing is listed here by step: a process that is added to a Procfile is in the picture.
"""

from __future__ import annotations

import ast
import re
import shlex
from dataclasses import dataclass

from course import procfile
from course.catalog import Step
from course.site import symbols

VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*=")
# What a step keeps in Valkey: by the file that does, and how a picture says it.
IN_VALKEY = (
    ("podium/queue.py", "", "job queue"),
    ("podium/shared.py", "", "shared state"),
    ("podium/news.py", "", "news"),
    ("podium/sockets/push.py", "message_queue", "Socket.IO messages"),
)
KINDS = {"gthread": "threads", "gevent": "gevent", "sync": "sync"}


@dataclass(frozen=True)
class Node:
    """Something that runs. `kind` is browser, balancer, web, worker, beat, other, store or outside.

    `lines` say more about it, a line each; `lane` is the group that it is drawn in, "" for none.
    """

    name: str
    kind: str
    lines: tuple[str, ...] = ()
    lane: str = ""


@dataclass(frozen=True)
class Edge:
    """`start` connects to `end`, both names of nodes or lanes; `label` says what for."""

    start: str
    end: str
    label: str = ""


@dataclass(frozen=True)
class Topology:
    """All that runs in a step. `lanes` maps the name of a group to what is written on it."""

    step: Step
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    lanes: dict[str, str]

    def of(self, *kinds: str) -> list[Node]:
        """Return the nodes of some kinds."""
        return [node for node in self.nodes if node.kind in kinds]

    @property
    def description(self) -> str:
        """All of the picture in words."""
        nodes = [": ".join(filter(None, (n.name, ", ".join(n.lines)))) for n in self.nodes]
        lines = []
        for edge in self.edges:
            start, end = (_spoken(name, edge, self) for name in (edge.start, edge.end))
            lines.append(f"{start} to {end}" + f", {edge.label}" * bool(edge.label))
        return f"What runs: {'; '.join(nodes)}. Connections: {'; '.join(lines)}."


def read(step: Step) -> Topology:
    """Return what runs in a step; CourseError when its Procfile is wrong."""
    commands = procfile.read(step.path / "Procfile", step.entry).processes
    files = Files(step)
    balanced = files.has("nginx.conf")
    nodes = [Node("Browsers", "browser", ("the audience, the organiser",))]
    lanes: dict[str, str] = {}
    for name, command in commands.items():
        nodes.append(_process(name, command, step, balanced, files))
    upstreams = _upstreams(files, [node.name for node in nodes if node.kind == "web"])
    if balanced:
        for upstream, (policy, members) in upstreams.items():
            lane = f"upstream {upstream}"
            lanes[lane] = ", ".join(filter(None, (lane, policy)))
            nodes = [_into(node, lane) if node.name in members else node for node in nodes]
    if any(node.kind in ("worker", "beat") for node in nodes):
        lanes["Celery"] = "Celery"
        nodes = [_into(n, "Celery") if n.kind in ("worker", "beat") else n for n in nodes]
    nodes += _stores(step, files)
    nodes.append(Node("Other web sites", "outside", ("posted links lead there",)))
    return Topology(step, tuple(nodes), tuple(_edges(step, nodes, lanes, files)), lanes)


class Files:
    """Reads files of a step; what is not there is empty."""

    def __init__(self, step: Step) -> None:
        self.step = step

    def has(self, name: str) -> bool:
        return (self.step.path / name).is_file()

    def text(self, name: str) -> str:
        return (self.step.path / name).read_text(encoding="utf-8") if self.has(name) else ""

    def values(self, name: str) -> dict[str, str]:
        """Return the names that a module or its classes set, with the values as written."""
        tree = ast.parse(self.text(name))
        found: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found.setdefault(node.targets[0].id, ast.unparse(node.value))
        return found


def _process(name: str, command: str, step: Step, balanced: bool, files: Files) -> Node:
    words = _words(command)
    if balanced and name == step.entry:
        return Node(name, "balancer", ("load balancer",))
    program = next((word for word in words if not VARIABLE.match(word)), "")
    if program == "celery" and "beat" in words:
        return Node(name, "beat", ("the clock",))
    if program == "celery":
        queues = _option(words, "--queues", "-Q").replace(",", ", ")
        count = _option(words, "--concurrency", "-c")
        lines = (f"queues {queues}" if "," in queues else f"queue {queues}", f"{count} processes")
        return Node(name, "worker", lines if queues else lines[1:])
    if program == "gunicorn":
        return Node(name, "web", ("gunicorn", _workers(words, files)))
    if program == "flask" and "run" in words:
        return Node(name, "web", ("flask run, for development", "1 process, many threads"))
    return Node(name, "web" if name == step.entry else "other", (program,))


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


def _option(words: list[str], *names: str) -> str:
    for place, word in enumerate(words):
        if word in names and place + 1 < len(words):
            return words[place + 1]
        for name in names:
            if word.startswith(f"{name}="):
                return word.partition("=")[2]
    return ""


def _workers(words: list[str], files: Files) -> str:
    """Say how many workers of which kind gunicorn starts: by its options, else its settings."""
    settings = files.values("gunicorn.conf.py")
    given = _option(words, "WEB_CONCURRENCY") or _assigned(words, "WEB_CONCURRENCY")
    count = _option(words, "--workers", "-w") or given or _number(settings.get("workers", "1"))
    kind = _option(words, "--worker-class", "-k") or settings.get("worker_class", "sync").strip("'")
    threads = _option(words, "--threads") or settings.get("threads", "")
    if (name := threads.rpartition(".")[2]).isidentifier():
        threads = files.values("podium/config.py").get(name, threads)
    processes = "1 process" if count == "1" else f"{count} processes"
    if kind == "gthread" and threads:
        return f"{processes} × {threads} threads"
    return f"{processes}, {KINDS.get(kind, kind)}"


def _assigned(words: list[str], name: str) -> str:
    return next((w.partition("=")[2] for w in words if w.startswith(f"{name}=")), "")


def _number(expression: str) -> str:
    """Return the default out of something like int(os.environ.get("WEB_CONCURRENCY", 2))."""
    numbers = re.findall(r"\b\d+\b", expression)
    return numbers[-1] if numbers else "1"


def _upstreams(files: Files, web: list[str]) -> dict[str, tuple[str, list[str]]]:
    """Return the upstreams of nginx.conf: how each chooses, and which processes are in it.

    balancer.py fills in the addresses: the first upstream has the hosts, another the processes that
    are called after it.
    """
    text = files.text("nginx.conf")
    names = re.findall(r"^\s*upstream\s+(\w+)", text, re.MULTILINE)
    found, left = {}, list(web)
    for name in names[1:]:
        members = [process for process in web if process.startswith(name)]
        found[name] = (_policy(text, name), members)
        left = [process for process in left if process not in members]
    return {names[0]: (_policy(text, names[0]), left)} | found if names else {}


def _policy(text: str, upstream: str) -> str:
    (first, last) = symbols.nginx(text, f"upstream {upstream}")[0]
    block = "\n".join(text.splitlines()[first:last])
    block = re.sub(r"#.*", "", block)
    named = [name for name in ("least_conn", "ip_hash") if re.search(rf"\b{name}\b", block)]
    return ", ".join(named + ["sticky cookie"] * bool(re.search(r"\bsticky\s+cookie\b", block)))


def _into(node: Node, lane: str) -> Node:
    return Node(node.name, node.kind, node.lines, lane)


def _stores(step: Step, files: Files) -> list[Node]:
    stores = []
    if "valkey" in step.services:
        used = tuple(
            what for name, word, what in IN_VALKEY if files.has(name) and word in files.text(name)
        )
        stores.append(Node("Valkey", "store", used))
    if "postgres" in step.services:
        stores.append(Node("PostgreSQL", "store", ("all that lasts",)))
    elif "sqlite" in files.text("podium/config.py") + files.text("podium.py"):
        stores.append(Node("SQLite", "store", ("a file",)))
    return stores


def _edges(step: Step, nodes: list[Node], lanes: dict[str, str], files: Files) -> list[Edge]:
    edges = []
    groups = _groups(nodes)
    balancer = next((node for node in nodes if node.kind == "balancer"), None)
    serving = [group for group, kinds in groups.items() if kinds & {"web"}]
    sockets = (step.path / "podium" / "sockets").is_dir()
    if balancer:
        edges.append(Edge("Browsers", balancer.name, "HTTP, WebSocket" if sockets else "HTTP"))
        for group in serving:
            path = _path(group, files)
            edges.append(Edge(balancer.name, group, path))
    else:
        edges += [Edge("Browsers", group, "HTTP") for group in serving]
    stores = [node.name for node in nodes if node.kind == "store"]
    for group, kinds in groups.items():
        if kinds & {"web", "worker", "beat", "other"}:
            edges += [Edge(group, store) for store in stores]
    edges.append(Edge(_reader_of_pages(nodes), "Other web sites", "HTTP"))
    return edges


def _path(group: str, files: Files) -> str:
    """Return which addresses nginx sends to an upstream, "" for all that are nobody else's."""
    upstream = group.removeprefix("upstream ")
    text = files.text("nginx.conf")
    found = re.findall(
        rf"location\s+(/\S*)\s*{{[^{{}}]*proxy_pass http://{upstream}\b", re.sub("#.*", "", text)
    )
    return "" if "/" in found else ", ".join(found)


def _groups(nodes: list[Node]) -> dict[str, set[str]]:
    """Return lanes, and nodes in none, with the kinds of what is in them."""
    groups: dict[str, set[str]] = {}
    for node in nodes:
        groups.setdefault(node.lane or node.name, set()).add(node.kind)
    return groups


def _reader_of_pages(nodes: list[Node]) -> str:
    """Return which process fetches the pages behind posted links."""
    for node in nodes:
        if node.kind == "worker" and any("previews" in line for line in node.lines):
            return node.name
    return next(node.name for node in nodes if node.kind == "web")


def _spoken(name: str, edge: Edge, found: Topology) -> str:
    """Return a node or a lane in words; of Celery, beat knows the broker only."""
    inside = [
        node.name
        for node in found.nodes
        if node.lane == name and not (node.kind == "beat" and edge.end != "Valkey")
    ]
    return f"{name} ({', '.join(inside)})" if inside else name
