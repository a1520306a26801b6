"""The picture of what runs is read off the files of a step, and says the same in words."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from course import catalog
from course.site import picture, topology

STEPS = [step.number for step in catalog.load()]


def nodes(found):
    return {node.name: node for node in found.nodes}


def edges(found):
    return {(edge.start, edge.end) for edge in found.edges}


def test_a_process_that_is_added_to_a_procfile_is_in_the_picture(checkout):
    step = checkout.step(1)
    assert "mailer" not in nodes(topology.read(step))
    (step.path / "Procfile").write_text(
        "web: gunicorn --workers 3 --worker-class gevent app\n"
        "mailer: celery --app app worker --queues mail,post --concurrency 5\n"
        "watcher: python watch.py\n"
    )
    found = topology.read(step)
    assert nodes(found)["web"].lines == ("gunicorn", "3 processes, gevent")
    assert nodes(found)["mailer"].lines == ("queues mail, post", "5 processes")
    assert nodes(found)["watcher"].kind == "other"
    for text in ("mailer", "watcher", "3 processes, gevent"):
        assert text in picture.standalone(found)
        assert text in found.description


def test_services_that_a_step_names_are_in_the_picture(checkout):
    step = checkout.step(1, toml='services = ["valkey", "postgres"]')
    found = topology.read(step)
    assert {("web", "Valkey"), ("web", "PostgreSQL")} <= edges(found)


def test_settings_of_gunicorn_are_read_where_they_are(checkout):
    files = {
        "Procfile": "web: WEB_CONCURRENCY=1 gunicorn app\nother: gunicorn app\n",
        "gunicorn.conf.py": """
            workers = int(os.environ.get("WEB_CONCURRENCY", 4))
            worker_class = "gthread"
            threads = Config.POOL_SIZE
        """,
        "podium/config.py": "class Config:\n    POOL_SIZE = 6\n",
    }
    found = nodes(topology.read(checkout.step(1, files=files)))
    assert found["web"].lines[1] == "1 process × 6 threads"
    assert found["other"].lines[1] == "4 processes × 6 threads"


def test_the_first_step_is_a_browser_a_server_and_a_file():
    found = topology.read(catalog.find(1))
    assert [node.kind for node in found.nodes] == ["browser", "web", "store", "outside"]
    assert {("Browsers", "web"), ("web", "SQLite"), ("web", "Other web sites")} == edges(found)


def test_the_last_step_is_two_hosts_and_two_servers_of_sockets_behind_nginx():
    found = topology.read(catalog.find(13))
    lanes = {node.name: node.lane for node in found.nodes}
    assert lanes["host-a"] == lanes["host-b"] == "upstream podium"
    assert lanes["sockets-a"] == lanes["sockets-b"] == "upstream sockets"
    assert "sticky cookie" in found.lanes["upstream sockets"]
    assert ("nginx", "upstream sockets", "/socket.io/") in {
        (edge.start, edge.end, edge.label) for edge in found.edges
    }
    assert nodes(found)["sockets-a"].lines[1] == "1 process, gevent"
    assert ("previews", "Other web sites") in edges(found)
    assert "; Celery (previews, transcripts) to PostgreSQL;" in found.description
    assert "; Celery (previews, transcripts, beat) to Valkey;" in found.description


@pytest.mark.parametrize("number", STEPS)
def test_a_picture_is_whole_and_nothing_lies_on_anything_else(number):
    found = topology.read(catalog.find(number))
    svg = ElementTree.fromstring(picture.in_page(found, "a"))
    texts = ["".join(text.itertext()) for text in svg.iter("{http://www.w3.org/2000/svg}text")]
    for node in found.nodes:
        assert node.name in texts
    boxes, width, height = picture._laid_out(found)
    drawn = picture._each_node(boxes)
    for box in drawn:
        assert box.x >= 0 and box.right <= width and box.y >= 0 and box.bottom <= height
        for other in drawn:
            apart = box.right <= other.x or other.right <= box.x
            apart = apart or box.bottom <= other.y or other.bottom <= box.y
            assert box is other or apart, (box.name, other.name)


@pytest.mark.parametrize("number", STEPS)
def test_no_line_runs_through_a_box(number):
    found = topology.read(catalog.find(number))
    boxes, _, _ = picture._laid_out(found)
    drawn = picture._each_node(boxes)
    paths = "".join(picture._drawn_edges(found, boxes, "a", picture.IN_PAGE))
    for path in re.findall(r'd="(M[^"]+)"', paths):
        for (x1, y1), (x2, y2) in segments(path):
            for box in drawn:
                inside_x = max(x1, x2) > box.x + 3 and min(x1, x2) < box.right - 3
                inside_y = max(y1, y2) > box.y + 3 and min(y1, y2) < box.bottom - 3
                assert not (inside_x and inside_y), (path, box.name)


def segments(path: str):
    places = []
    x = y = 0.0
    for letter, numbers in re.findall(r"([MHV])([-\d. ]+)", path):
        values = [float(number) for number in numbers.split()]
        if letter == "M":
            x, y = values
        elif letter == "H":
            x = values[0]
        else:
            y = values[0]
        places.append((x, y))
    return pairwise(places)


def test_the_colours_are_the_pages_or_the_pictures_own():
    found = topology.read(catalog.find(13))
    page, slide = picture.in_page(found, "x"), picture.standalone(found, "dark")
    assert "currentColor" in page and "#" not in re.sub(r"url\(#[^)]*\)", "", page)
    assert "var(" not in slide and "currentColor" not in slide
    assert 'id="x-title"' in page and 'aria-labelledby="x-title x-text"' in page
