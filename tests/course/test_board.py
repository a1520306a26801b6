"""The class board: real step 13 on one side, an attendee's checkout on the other."""

import contextlib
import json
import os
import re
import secrets
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import httpx
import psutil
import pytest
import websocket
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from rich.console import Console

from course import cli as course_cli
from course import housekeeping, leftovers, ports, verify
from course.board import API, SLUG, addresses, client, command, host, membership, organiser, report
from course.board.membership import Membership
from course.errors import CourseError
from course.exercises import cli as exercises_cli
from course.paths import ROOT
from course.processes import wait_until
from tests.contract.listener import Listener
from tests.course.test_exercises import SOLVED, edit, write_exercise

PATIENCE = 20  # seconds, on a busy machine
CHEAP = {"PODIUM_PASSWORD_HASH": "scrypt:1024:8:1"}
ORGANISER = organiser.Organiser("instructor", secrets.token_urlsafe(12), secrets.token_urlsafe(32))
# What a request may have, and nothing that tells about the machine.
HEADERS = set("host accept accept-encoding connection user-agent authorization".split())
HEADERS |= {"content-type", "content-length"}
SERVE = """
import sys
from pathlib import Path
from course import console
from course.board import host
from course.errors import CourseError

host.DATA = Path(sys.argv[1])
try:
    host.serve(int(sys.argv[2]), "127.0.0.1", "Our board", console.output())
except CourseError as error:
    sys.exit(f"failed: {error}")
"""


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    """A board as a room reaches it, on every address of this machine."""
    data = tmp_path_factory.mktemp("board") / ".data" / "board"
    start = host.live_board(ORGANISER, "Class board", addresses.EVERY)
    # Nobody may look into the directories of pytest, but PostgreSQL has a user of its own.
    with start(host.step(), 0, None if os.geteuid() == 0 else data, CHEAP) as running:
        yield running


@pytest.fixture
def lan(board):
    """The board's URL as others have it: not by the address of the loopback, where there is one."""
    found = [address for address, _ in addresses.local()]
    return f"http://{found[0] if found else ports.HOST}:{httpx.URL(board.url).port}"


@pytest.fixture
def attendee(tmp_path, lan, monkeypatch):
    """A function that returns the checkout of somebody who has joined, and their nickname."""

    def join(url=lan):
        nickname = f"person-{secrets.token_hex(4)}"
        root = tmp_path / nickname
        monkeypatch.setattr(command, "ROOT", root)
        command.join.callback(url, nickname)
        return root, nickname

    return join


@pytest.fixture
def out():
    return Console(record=True, width=200, no_color=True, file=open(os.devnull, "w"))


def run(monkeypatch, capsys, *arguments, root=None):
    """Run the command line as make does; return its exit code and its lines."""
    if root:
        monkeypatch.setattr(command, "ROOT", root)
    monkeypatch.setattr(sys, "argv", ["course", *arguments])
    code = 0
    try:
        course_cli.main()
    except SystemExit as end:
        code = end.code
    said = capsys.readouterr()
    return code, (said.out + said.err).splitlines()


def questions(board):
    """Return the board's questions, as everybody sees them."""
    url = f"{board.url}{API}/talks/{SLUG}/questions"
    return httpx.get(url, params={"limit": 100}, trust_env=False).json()["items"]


def score(board, number):
    found = [q for q in questions(board) if q["source"].startswith(f"Exercise {number}: ")]
    return sum(q["score"] for q in found if q["author"] == ORGANISER.nickname)


class Recorder:
    """Stands between an attendee and the board, and keeps every byte that is sent to it."""

    def __init__(self, board):
        self.target = (ports.HOST, httpx.URL(board.url).port)
        self.server = socket.create_server((ports.HOST, 0))
        self.url = f"http://{ports.HOST}:{self.server.getsockname()[1]}"
        self.connections = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                ours, _ = self.server.accept()
                theirs, sent = socket.create_connection(self.target), bytearray()
                self.connections.append(sent)
                for a, b, kept in ((ours, theirs, sent), (theirs, ours, bytearray())):
                    threading.Thread(target=self._pass_on, args=(a, b, kept), daemon=True).start()

    def _pass_on(self, source, target, kept):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                kept += data
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    @property
    def sent(self):
        return b"".join(bytes(one) for one in self.connections).decode()


@pytest.fixture
def recorder(board):
    one = Recorder(board)
    yield one
    one.server.close()


def tells(sent, forbidden):
    """Return what of the attendee is in what was sent, beside what has to be."""
    names = re.findall(r"(?m)^([\w-]+): ", sent)
    return {name.lower() for name in names} - HEADERS | {word for word in forbidden if word in sent}


def reachable(processes):
    """Return the ports on which any of these processes listens to others than this machine."""
    trees = [p for one in processes for p in (one, *one.children(recursive=True))]
    return {
        each.laddr.port
        for process in trees
        for each in process.net_connections("tcp")
        if each.status == psutil.CONN_LISTEN and not each.laddr.ip.startswith("127.")
    }


# The board


def test_the_board_has_a_question_for_each_exercise_and_the_sample_people_are_not_there(board):
    texts = [question["source"] for question in questions(board)]
    assert [re.match(r"Exercise (\d+): \S", text)[1] for text in texts] == [
        str(n) for n in range(1, 14)
    ]
    talks = httpx.get(f"{board.url}{API}/talks", trust_env=False).json()["talks"]
    assert [(talk["slug"], talk["organiser"]) for talk in talks] == [(SLUG, ORGANISER.nickname)]
    # Their password is in the repository.
    auth = ("marisol", "podium-demo")
    answer = httpx.post(f"{board.url}{API}/tokens", auth=auth, trust_env=False)
    assert answer.status_code == 401


def test_a_second_start_adds_nothing_and_may_change_the_title(board):
    before = questions(board)
    arguments = (board.url, board.variables["DATABASE_URL"], ORGANISER)
    tasks = host.exercises.load(ROOT)
    organiser.prepare(*arguments, "Our class", tasks)
    talk = httpx.get(f"{board.url}{API}/talks/{SLUG}", trust_env=False).json()
    assert talk["title"] == "Our class"
    assert [q["id"] for q in questions(board)] == [q["id"] for q in before]
    stranger = replace(ORGANISER, password="another password")
    with pytest.raises(CourseError, match="FRESH=1 make board"):
        organiser.prepare(board.url, arguments[1], stranger, "Theirs", tasks)


def test_the_room_reaches_the_load_balancer_and_no_other_process(board, lan):
    assert httpx.get(f"{lan}/talks/{SLUG}", trust_env=False).status_code == 200
    processes = [psutil.Process(one.pid) for one in board.processes.values()]
    assert len(processes) > 8
    assert reachable(processes) == {httpx.URL(board.url).port}


def test_a_process_that_listens_to_the_room_would_be_found():
    with socket.create_server(("0.0.0.0", 0)) as server:
        assert server.getsockname()[1] in reachable([psutil.Process()])


def test_sessions_are_signed_with_a_key_that_is_not_in_the_repository(board, attendee):
    root, nickname = attendee()
    token = membership.read(root).token

    def shown_to(key):
        app = Flask("board")
        app.secret_key = key
        cookie = SecureCookieSessionInterface().get_signing_serializer(app).dumps({"token": token})
        cookies = {"session": cookie}
        return httpx.get(f"{board.url}/talks/{SLUG}", cookies=cookies, trust_env=False).text

    assert nickname in shown_to(ORGANISER.secret_key)
    assert nickname not in shown_to("only for development")


def test_a_posted_link_makes_the_board_ask_no_other_site(board, attendee):
    root, _ = attendee()
    with socket.create_server((ports.HOST, 0)) as asked:
        link = f"http://{ports.HOST}:{asked.getsockname()[1]}/"
        answer = httpx.post(
            f"{board.url}{API}/talks/{SLUG}/questions",
            json={"source": f"See {link}"},
            headers={"Authorization": f"Bearer {membership.read(root).token}"},
            trust_env=False,
        )
    assert answer.status_code == 201
    assert answer.json()["previews"] == {"status": "done", "items": []}


def test_a_page_of_the_board_is_pushed_to_and_one_of_another_site_is_not(board, lan, attendee, out):
    root, _ = attendee()
    before = score(board, 11)
    # It says that it is a page of where it connects to, as a browser does.
    page = Listener(SimpleNamespace(url=lan, side_talk=SLUG), transports=["websocket"])
    try:
        assert told(page, 11) == before
        report.checked(root, 11, True, out, PATIENCE)
        assert wait_until(lambda: told(page, 11) == before + 1, PATIENCE), page.items
    finally:
        page.client.disconnect()
    address = f"ws{lan.removeprefix('http')}/socket.io/?EIO=4&transport=websocket"
    websocket.create_connection(address, timeout=PATIENCE, origin=lan).close()
    for other in ("https://elsewhere.example", "http://localhost:1"):
        with pytest.raises(websocket.WebSocketBadStatusException):
            websocket.create_connection(address, timeout=PATIENCE, origin=other)


def told(page, number):
    """Return the last score of an exercise that the page was told, by whatever event."""
    ids = {q["id"] for q in page.items if q.get("source", "").startswith(f"Exercise {number}: ")}
    scores = [q["score"] for q in page.items if q["id"] in ids and "score" in q]
    return scores[-1] if scores else None


def test_who_is_connected_to_which_server_is_counted(board, lan):
    place = SimpleNamespace(url=lan, side_talk=SLUG)
    pages = [Listener(place, transports=["websocket"]) for _ in range(3)]
    try:
        assert wait_until(lambda: sum(host.connections(board).values()) == 3, PATIENCE)
        counts = host.connections(board)
        assert re.fullmatch(
            r"3 connected: sockets-a \d \(process \d+\), sockets-b \d \(process \d+\)",
            host.told(board, counts),
        )
    finally:
        for page in pages:
            page.client.disconnect()
    assert wait_until(lambda: sum(host.connections(board).values()) == 0, PATIENCE)


# An attendee


def test_two_who_pass_are_two_votes_however_often_they_pass(board, attendee, out):
    (one, first), (two, _) = attendee(), attendee()
    before = score(board, 8)
    for root in (one, one, two, one):
        report.checked(root, 8, True, out, PATIENCE)
    assert score(board, 8) == before + 2
    assert f"On the class board as {first}: exercise 8." in out.export_text()
    assert membership.read(one).unsent == ()


def test_a_check_that_passes_is_reported_and_one_that_does_not_is_not(
    board, attendee, checkout, recorder, out
):
    exercise = write_exercise(checkout)
    root, _ = attendee(recorder.url)
    checkout.write(checkout.root / membership.FILE, (root / membership.FILE).read_text())
    before, joined = score(board, 1), len(recorder.connections)
    assert exercises_cli.checked(exercise, out) is False
    assert len(recorder.connections) == joined
    edit(exercise, SOLVED)
    assert exercises_cli.checked(exercise, out) is True
    assert wait_until(lambda: score(board, 1) == before + 1, PATIENCE), out.export_text()


def test_who_has_not_joined_reports_nothing(tmp_path, out, monkeypatch):
    monkeypatch.setattr(client, "send", lambda member: pytest.fail("something was sent"))
    report.checked(tmp_path, 8, True, out)
    assert out.export_text() == ""
    assert list(tmp_path.iterdir()) == []


def test_nothing_but_the_nickname_and_the_number_is_sent(attendee, recorder, out, monkeypatch):
    root, nickname = attendee(recorder.url)
    report.checked(root, 8, True, out, PATIENCE)
    member = membership.read(root)
    monkeypatch.setattr(command, "ROOT", root)
    command.leave.callback()
    wait_until(lambda: "DELETE " in recorder.sent, PATIENCE)
    sent = recorder.sent
    lines = re.findall(r"([A-Z]+ /\S*) HTTP/1\.1\r\n", sent)
    assert lines[:3] == [
        f"GET {API}/talks/{SLUG}",
        f"POST {API}/users",
        f"POST {API}/tokens",
    ]
    assert [re.sub(r"\d+/vote", "N/vote", line) for line in lines[3:]] == [
        f"GET {API}/talks/{SLUG}",
        f"GET {API}/talks/{SLUG}/questions?limit=100",
        f"PUT {API}/questions/N/vote",
        f"DELETE {API}/tokens",
    ]
    bodies = re.findall(r"\{.*?\}", sent)
    assert list(map(json.loads, bodies)) == [{"nickname": nickname, "password": member.password}]
    home = str(Path.home())
    secret = {home, str(root.parent), socket.gethostname(), "python", "httpx"} - {"/", ""}
    assert tells(sent, secret) == set()
    # The same is seen where something is: planted in a header, and as a header.
    planted = sent.replace(client.AGENT, f"python on {socket.gethostname()}")
    assert {"python", socket.gethostname()} <= tells(planted, secret)
    planted = sent.replace("\r\n\r\n", "\r\nX-Machine: mine\r\n\r\n")
    assert tells(planted, secret) == {"x-machine"}


def test_while_the_board_is_down_the_check_says_so_and_the_next_one_reports(board, attendee, out):
    root, _ = attendee()
    member = membership.read(root)
    gone = replace(member, url=f"http://{ports.HOST}:{ports.find_free()}")
    membership.write(root, gone)
    before = score(board, 3), score(board, 4)
    report.checked(root, 3, True, out)
    text = out.export_text()
    assert text.startswith(f"Board not reached: nobody answers at {gone.url}.")
    assert text.count("\n") == 1
    assert membership.read(root).unsent == (3,)
    # It is there again; the next check does not pass, and is not reported.
    membership.write(root, replace(membership.read(root), url=member.url))
    report.checked(root, 4, False, out, PATIENCE)
    assert (score(board, 3), score(board, 4)) == (before[0] + 1, before[1])
    assert membership.read(root).unsent == ()


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 200 OK\r\n"])
def test_a_board_that_does_not_come_to_an_end_makes_no_check_wait(tmp_path, out, says):
    with socket.create_server((ports.HOST, 0)) as server:
        over = threading.Event()

        def drip():
            with contextlib.suppress(OSError):
                there, _ = server.accept()
                there.sendall(says)
                while says and not over.wait(0.1):
                    there.sendall(b"X: y\r\n")
                over.wait()

        threading.Thread(target=drip, daemon=True).start()
        url = f"http://{ports.HOST}:{server.getsockname()[1]}"
        membership.write(tmp_path, Membership(url, "ada", "password", "token"))
        began = time.monotonic()
        report.checked(tmp_path, 8, True, out, limit=0.5)
        took = time.monotonic() - began
        over.set()
    assert 0.4 < took < 5
    assert out.export_text().startswith(f"Board not reached: no answer from {url}.")
    assert membership.read(tmp_path).unsent == (8,)


@pytest.mark.parametrize(
    "body", [b"[1]", b"nonsense", b"{}", b'{"organiser": 1, "items": 3}', b'{"items": [1]}']
)
def test_a_server_that_is_no_board_breaks_no_check(tmp_path, out, body):
    with answering(body) as url:
        membership.write(tmp_path, Membership(url, "ada", "password", "token"))
        report.checked(tmp_path, 8, True, out, PATIENCE)
    assert out.export_text().startswith("Board not reached: ")
    assert membership.read(tmp_path).unsent == (8,)


def test_what_a_server_says_cannot_write_over_the_terminal(tmp_path, out):
    with answering(b'{"detail": "\\u001b[2Jyou\\rwin"}', status=403) as url:
        membership.write(tmp_path, Membership(url, "ada", "password", "token"))
        report.checked(tmp_path, 8, True, out, PATIENCE)
    assert "Board not reached: [2Jyouwin." in out.export_text()


@contextlib.contextmanager
def answering(body, status=200):
    """A web server that answers everything with the same."""
    head = f"HTTP/1.1 {status} OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"

    def answer():
        with contextlib.suppress(OSError):
            while True:
                there, _ = server.accept()
                with there:
                    there.recv(65536)
                    there.sendall(head.encode() + body)

    with socket.create_server((ports.HOST, 0)) as server:
        threading.Thread(target=answer, daemon=True).start()
        yield f"http://{ports.HOST}:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def test_a_token_that_has_ended_is_replaced(board, attendee, out):
    root, _ = attendee()
    membership.write(root, replace(membership.read(root), token="ended"))
    before = score(board, 5)
    report.checked(root, 5, True, out, PATIENCE)
    assert score(board, 5) == before + 1
    assert membership.read(root).token != "ended"


def test_a_board_that_has_begun_anew_is_to_be_joined_again(attendee, out):
    root, nickname = attendee()
    member = membership.read(root)
    membership.write(root, replace(member, token="another", password="another password"))
    report.checked(root, 5, True, out, PATIENCE)
    assert f"it does not know {nickname} any more: make leave" in out.export_text()


def test_a_question_that_looks_like_the_organisers_gets_no_vote(board, attendee, out):
    (root, _), (other, _) = attendee(), attendee()
    fake = httpx.post(
        f"{board.url}{API}/talks/{SLUG}/questions",
        json={"source": "Exercise 9: vote for me"},
        headers={"Authorization": f"Bearer {membership.read(other).token}"},
        trust_env=False,
    ).json()
    before = score(board, 9)
    report.checked(root, 9, True, out, PATIENCE)
    assert score(board, 9) == before + 1
    assert [q["score"] for q in questions(board) if q["id"] == fake["id"]] == [0]


def test_after_leaving_nothing_is_reported(board, attendee, out, monkeypatch, capsys):
    root, _ = attendee()
    member = membership.read(root)
    code, lines = run(monkeypatch, capsys, "leave", root=root)
    assert (code, lines[-1][:30]) == (0, "Nothing is reported any more. ")
    before = score(board, 2)
    report.checked(root, 2, True, out)
    assert (score(board, 2), out.export_text()) == (before, "")
    assert not (root / membership.FILE).exists()
    # And the token is good for nothing.
    with pytest.raises(client.Refused) as caught:
        client.log_out(member)
    assert caught.value.status == 401
    assert run(monkeypatch, capsys, "leave", root=root) == (0, ["You are on no board."])


def test_secrets_are_for_this_user_only(attendee, tmp_path):
    root, _ = attendee()
    who, new = organiser.known(tmp_path / "board")
    assert new
    assert organiser.known(tmp_path / "board") == (who, False)
    for file in (root / membership.FILE, tmp_path / "board" / organiser.FILE):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_nickname_is_taken_once(attendee, lan, monkeypatch, capsys, tmp_path):
    _, nickname = attendee()
    capsys.readouterr()
    arguments = ("join", "--board", lan, "--nickname", nickname)
    assert run(monkeypatch, capsys, *arguments, root=tmp_path / "other") == (
        2,
        [f"The nickname {nickname} is taken: choose another one for NICKNAME."],
    )
    assert not (tmp_path / "other" / membership.FILE).exists()


def test_who_has_joined_leaves_before_joining_as_another(attendee, lan, monkeypatch, capsys):
    root, nickname = attendee()
    capsys.readouterr()
    again = run(monkeypatch, capsys, "join", "--board", lan, "--nickname", nickname, root=root)
    assert again == (0, [f"You are {nickname} on {lan} already."])
    other = run(monkeypatch, capsys, "join", "--board", lan, "--nickname", "bob", root=root)
    assert other == (2, [f"You are {nickname} on {lan}: make leave first."])


@pytest.mark.parametrize(
    ("board_url", "nickname", "message"),
    [
        ("", "ada", "BOARD is missing: make join BOARD="),
        ("http://127.0.0.1:8000", "", "NICKNAME is missing: make join BOARD="),
        ("127.0.0.1:8000", "ada", "BOARD is '127.0.0.1:8000'; expected what is on the whiteboard"),
        ("file:///etc/passwd", "ada", "BOARD is 'file:///etc/passwd'; expected"),
        ("http://:8000", "ada", "BOARD is 'http://:8000'; expected"),
        ("http://a:99999", "ada", "BOARD is 'http://a:99999'; expected"),
        ("http://ada:secret@127.0.0.1", "ada", "BOARD is "),
        ("http://127.0.0.1:1", "ada", "Board not reached: nobody answers at http://127.0.0.1:1"),
    ],
)
def test_bad_usage_of_join_is_one_line(monkeypatch, capsys, tmp_path, board_url, nickname, message):
    for name in ("BOARD", "NICKNAME"):
        monkeypatch.delenv(name, raising=False)
    arguments = ["--board", board_url, "--nickname", nickname]
    code, lines = run(monkeypatch, capsys, "join", *arguments, root=tmp_path)
    assert (code, len(lines)) == (2, 1), lines
    assert lines[0].startswith(message)
    assert not (tmp_path / membership.FILE).exists()


def test_a_nickname_that_podium_does_not_take_is_one_line(lan, monkeypatch, capsys, tmp_path):
    arguments = ("join", "--board", lan, "--nickname", "a b")
    code, lines = run(monkeypatch, capsys, *arguments, root=tmp_path)
    assert (code, len(lines)) == (2, 1)
    assert lines[0].startswith("The board does not take NICKNAME 'a b': ")


def test_the_address_may_be_copied_from_the_page(lan):
    assert client.address(f"{lan}/talks/{SLUG}") == lan
    assert client.address("https://board.example/") == "https://board.example"
    assert client.address("http://[::1]:8000") == "http://[::1]:8000"


def test_a_membership_that_cannot_be_read_is_one_line(tmp_path, out, monkeypatch, capsys):
    (tmp_path / ".data").mkdir()
    (tmp_path / membership.FILE).write_text("{")
    report.checked(tmp_path, 8, True, out)
    assert "make leave, then make join" in out.export_text()
    assert run(monkeypatch, capsys, "leave", root=tmp_path)[0] == 0
    assert not (tmp_path / membership.FILE).exists()


@pytest.mark.parametrize(
    ("options", "environment", "message"),
    [
        (["--bind", "198.51.100.7"], {}, "BIND is '198.51.100.7', which is no IPv4 address of"),
        (["--bind", "localhost"], {}, "BIND is 'localhost', which is no IPv4 address of"),
        (["--title", " "], {}, "TITLE has to be a line of 1 to 100 characters."),
        (["--title", "a\nb"], {}, "TITLE has to be a line of 1 to 100 characters."),
        ([], {"PORT": "abc"}, "PORT is 'abc'; expected a number"),
    ],
)
def test_bad_usage_of_board_is_one_line(monkeypatch, capsys, options, environment, message):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    code, lines = run(monkeypatch, capsys, "board", *options)
    assert (code, len(lines)) == (2, 1), lines
    assert lines[0].startswith(message)


def test_a_port_that_is_taken_is_one_line(monkeypatch, capsys):
    with socket.create_server((ports.HOST, 0)) as server:
        port = str(server.getsockname()[1])
        monkeypatch.setenv("PORT", port)
        code, lines = run(monkeypatch, capsys, "board")
    assert (code, len(lines)) == (2, 1), lines
    assert re.fullmatch(rf"Port {port} is in use .*: PORT=\d+ make board", lines[0])


def test_a_fresh_board_has_nothing_of_the_old_one_and_no_running_one_is_deleted(tmp_path):
    board = replace(host.step(), data=tmp_path / ".data" / "board")
    organiser.known(board.data_dir)
    with leftovers.exclusive(board.data_dir), pytest.raises(CourseError):
        housekeeping.reset(board)
    assert (board.data_dir / organiser.FILE).exists()
    housekeeping.reset(board)
    assert not board.data_dir.exists()
    housekeeping.reset(board)


def test_the_readers_variables_reach_no_test(monkeypatch):
    for name in ("BOARD", "NICKNAME", "TITLE", "FRESH", "BIND"):
        monkeypatch.setenv(name, "x")
    assert not {"BOARD", "NICKNAME", "TITLE", "FRESH", "BIND"} & set(verify.environment())


def test_make_board_says_what_to_write_down_and_ends_cleanly():
    # Not in pytest's directories: see the fixture.
    with leftovers_of_a_board() as data:
        port = ports.find_free()
        output = data.parent / "output"
        with output.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, "-c", SERVE, data, str(port)],
                cwd=ROOT,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        try:
            assert wait_until(
                lambda: "Ctrl-C stops it" in output.read_text() or process.poll() is not None, 90
            )
            text = output.read_text()
            who = json.loads((data / organiser.FILE).read_text())
            assert f"Open      http://127.0.0.1:{port}/talks/{SLUG}" in text
            assert f"make join BOARD=http://127.0.0.1:{port} NICKNAME=" in text
            assert f"Organiser instructor, password {who['password']}\n" in text
            page = httpx.get(f"http://127.0.0.1:{port}/talks/{SLUG}", trust_env=False).text
            assert "<h1>Our board</h1>" in page
            # A server is killed: the others stay, and it comes again.
            pids = {one.name: one.pid for one in leftovers.stale(data)}
            os.kill(pids["sockets-a"], signal.SIGKILL)
            again = "sockets-a was ended by SIGKILL; it is started again in 1 s."
            assert wait_until(lambda: again in output.read_text(), PATIENCE), output.read_text()
            assert wait_until(lambda: len(fresh(data, pids)) == 1, PATIENCE)
            pids = [*pids.values(), *fresh(data, pids)]
            assert len(pids) > 9
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(40)
        assert process.returncode == 0, output.read_text()
        assert not any(map(psutil.pid_exists, pids))
        # Those of `make step-13` are elsewhere.
        assert host.step().data_dir == ROOT / ".data" / "board"


def fresh(data, pids):
    """Return the processes that run and are not among `pids`."""
    return {one.pid for one in leftovers.stale(data)} - set(pids.values())


@contextlib.contextmanager
def leftovers_of_a_board():
    with tempfile.TemporaryDirectory(prefix="course-board-") as directory:
        Path(directory).chmod(0o755)
        data = Path(directory).resolve() / ".data" / "board"
        data.mkdir(parents=True)
        yield data
