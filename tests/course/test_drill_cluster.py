"""The drill of several servers: its crowd, and when its targets count as missed."""

from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from types import SimpleNamespace

import pytest
from rich.console import Console
from test_drill_listening import KEYS, PATIENCE, Connection, serving

from course import catalog
from course.drills import fanout, nat, run, soak, step13
from course.drills.crowd import Crowd
from course.drills.fanout import IN_TIME, POSTS, Trial
from course.drills.followers import FOLLOW, listening
from course.drills.load import BUSY, Load
from course.drills.progress import Progress
from course.drills.soak import MEASURED, Sample, rows
from course.errors import CourseError
from course.processes import wait_until


@pytest.fixture
def progress():
    return Progress(Console(file=StringIO()))


@contextmanager
def crowd(talk, progress, size):
    with (
        serving(talk) as first,
        serving(talk) as second,
        Crowd([first, second], "hall", "c1") as crowd,
    ):
        crowd.grow(progress, size, PATIENCE)
        yield crowd


def told(crowd, progress, times):
    def enough():
        crowd.listen(progress)
        return sum(map(len, crowd.times.values())) >= times

    assert progress.wait(enough, PATIENCE), crowd.times


def test_a_crowd_grows_and_hears_each_question_once_for_each(progress):
    joined = []

    def talk(client: Connection):
        joined.append((client.server.server_address, client.accept()))
        client.tell()
        for slowly in (False, True):
            client.say("2")
            assert client.read() == "3"
            client.tell(KEYS[slowly], cursor="c" * 70_000 * slowly, slowly=slowly)
        client.tell(KEYS[1])
        client.wait()

    with crowd(talk, progress, 4) as listeners:
        told(listeners, progress, 8)
        assert {key: len(times) for key, times in listeners.times.items()} == {
            KEYS[0]: 4,
            KEYS[1]: 4,
        }
        assert wait_until(lambda: listeners.listen(progress) or listeners.twice == 4, PATIENCE)
        listeners.grow(progress, 6, PATIENCE)
        assert listeners.there == 6 and listeners.gone == 0
    assert {join["talk"] for _, join in joined} == {"hall"}
    assert set(Counter(address for address, _ in joined).values()) == {3}


def test_a_crowd_that_is_not_let_in_is_said(progress):
    def talk(client):
        client.wfile.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")

    with (
        serving(talk) as url,
        Crowd([url], "hall", "c1") as listeners,
        pytest.raises(CourseError, match=r"0 of 3 listeners came in 1 s\."),
    ):
        listeners.grow(progress, 3, 1)


def test_who_is_cut_off_is_counted_as_gone(progress):
    def talk(client):
        client.accept()
        client.tell(KEYS[0])

    with serving(talk) as url, Crowd([url], "hall", "c1") as listeners:
        with pytest.raises(CourseError):
            listeners.grow(progress, 1, 1)
        listeners.listen(progress)
        assert listeners.gone == 1


def test_a_program_that_fails_says_why(progress):
    with (
        Crowd(["http://127.0.0.1:1"], "hall", "c1") as listeners,
        pytest.raises(CourseError, match="ConnectionRefusedError"),
    ):
        listeners.grow(progress, 1, PATIENCE)


def test_those_who_come_and_go_leave_reload_or_lose_the_network():
    said = []

    def talk(client):
        client.accept()
        client.tell(KEYS[0])
        try:
            said.append(client.rfile.read(1))
        except ConnectionResetError:
            said.append(b"")

    users = 8
    stream = listening("hall", users, "c1", within=0.1, stays=0.05)

    def came():
        return sum(record.status == 101 for record in load.of(FOLLOW))

    with serving(talk) as url, Load(url, stream) as load:
        # A frame says goodbye, an end is a reload; of more than are here nothing is heard at all.
        assert wait_until(lambda: {b"", b"\x81"} == set(said), PATIENCE)
        assert wait_until(lambda: came() - len(said) > users, PATIENCE)


def trial(size, p95, lost=0, busy=0.1):
    posts = Load("http://127.0.0.1:1")
    return Trial(size, p95, size, lost, 0, busy, posts)


@pytest.mark.parametrize(
    ("trials", "size"),
    [
        ([trial(1000, 0.1), trial(2000, 0.3), trial(3000, 0.7)], 2500),
        ([trial(1000, 0.1), trial(2000, 0.9, lost=1)], 1000),
        ([trial(1000, 0.1), trial(2000, 0.3)], 2000),
        ([trial(1000, 0.9)], 0),
    ],
)
def test_the_rate_lies_where_it_is_no_longer_in_time(trials, size):
    assert IN_TIME == 0.5
    assert fanout.rate(trials) == pytest.approx(size * POSTS)


@pytest.mark.parametrize(
    ("number", "more", "trials", "bad", "invalid"),
    [
        (13, 1.7, [trial(1000, 0.6)], False, None),
        (13, 1.5, [trial(1000, 0.6)], True, None),
        (12, 1, [trial(1000, 0.6)], False, None),
        (13, 1.5, [trial(1000, 0.6, busy=BUSY + 0.1)], False, "bottleneck"),
        (13, 1.5, [trial(1000, 0.4)], False, "even 1,000"),
        (13, 1.5, [replace(trial(1000, 0.6), twice=1)], True, None),
    ],
)
def test_two_servers_have_to_tell_so_many_more(number, more, trials, bad, invalid):
    row = fanout.row(number, {12: 1000.0, number: more * 1000}, trials, None)
    assert row.bad is bad
    assert row.invalid is None if invalid is None else invalid in row.invalid


@pytest.mark.parametrize(
    ("came", "where", "bad"), [(100, [50, 50], False), (99, [50, 49], True), (100, [100], True)]
)
def test_a_hall_behind_one_address_has_to_be_spread(came, where, bad):
    where = Counter({f"sockets-{n}": count for n, count in enumerate(where)})
    assert nat.row("by cookie", True, came, where).bad is bad
    assert not nat.row("by address", False, came, where).bad


@pytest.mark.parametrize("lines", [each for each in nat.WAYS.values() if each is not nat.OWN])
def test_the_step_with_another_load_balancer_differs_in_these_lines_only(lines):
    own = catalog.find(nat.STEP).path
    before = (own / nat.CONFIGURATION).read_text()
    with nat._balancing(lines) as step:
        after = (step.path / nat.CONFIGURATION).read_text()
        assert not (step.path / "__pycache__").exists()
    assert "sticky" in before and "sticky" not in after
    assert ("ip_hash;" in after) is ("ip_hash" in lines)
    assert abs(len(before.splitlines()) - len(after.splitlines())) <= 2


def samples(**grown):
    flat = Sample(100_000_000, 500, 40, 20)
    return [
        replace(
            flat, **{name: getattr(flat, name) * (1 + by * n / 29) for name, by in grown.items()}
        )
        for n in range(30)
    ]


@pytest.mark.parametrize("name", ["memory", "files", "keys", "connections"])
def test_what_grows_is_seen(name):
    assert [row for row in rows(samples(**{name: 0.03})) if row.bad] == []
    (bad,) = [row for row in rows(samples(**{name: 0.3})) if row.bad]
    assert bad.scene.endswith(name)


def test_the_soak_is_ten_minutes_and_played_when_asked_for_only(monkeypatch):
    assert MEASURED == 600 and soak.ATTENDEES == 300 and step13.CLIENTS == 1000
    asked = []
    module = SimpleNamespace(
        TITLE="A drill",
        SECONDS=1,
        SCENES={"short": lambda stage: asked.append("short")},
        LONG={"soak": lambda stage: asked.append("soak")},
    )
    monkeypatch.setattr(run, "module_of", lambda step: module)
    out = Console(file=StringIO())
    run.drill(None, (), None, out)
    run.drill(None, ("soak",), None, out)
    assert asked == ["short", "soak"]
    with pytest.raises(CourseError, match="choose short, soak"):
        run.drill(None, ("x",), None, out)
    assert list(step13.SCENES) == ["nat", "fanout", "kill", "restart"]
    assert list(step13.LONG) == ["soak"]
