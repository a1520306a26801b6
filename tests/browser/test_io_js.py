"""io.js in a real browser, talking to a real Flask-SocketIO."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import quote

import pytest

from course import catalog

pytestmark = pytest.mark.since(12)

SERVER = Path(__file__).with_name("socketio_server.py")
DEADLINE = 30  # seconds, for what should take far less
SOON = {"reconnectionDelay": 50, "reconnectionDelayMax": 100}


class Server:
    def __init__(
        self, io_js, interval=25, timeout=20
    ):  # whole seconds: python-engineio cuts the rest
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.arguments = [str(self.port), str(interval), str(timeout), str(io_js)]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        self.process = subprocess.Popen([sys.executable, str(SERVER), *self.arguments])
        until(self.answers)

    def answers(self):
        assert self.process.poll() is None, "the server has not started"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self):
        self.process.kill()
        self.process.wait()

    def request(self, method="GET"):
        request = urllib.request.Request(f"{self.url}/log", method=method)
        with urllib.request.urlopen(request, timeout=DEADLINE) as response:
            return json.load(response)

    def has_logged(self, *entry):
        until(lambda: list(entry) in self.request())
        return True


def until(condition):
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "this should have happened by now"
        time.sleep(0.02)


# The browser


class Visitor:
    """A page with io.js, and what it has heard."""

    def __init__(self, page):
        self.page = page
        self.errors = []
        page.set_default_timeout(DEADLINE * 1000)
        page.on("pageerror", lambda error: self.errors.append(error.message))

    def visit(self, server):
        self.page.goto(server.url)
        self.until("!!window.start")
        return self

    def start(self, url=None, **options):
        self.page.evaluate("([url, options]) => { start(url ?? undefined, options); }",
                           [url, options])  # fmt: skip
        return self

    def connect(self, **options):
        self.start(**options)
        self.until("socket.connected")
        return self

    def run(self, expression):
        """The value, when there is one: that of a promise is waited for."""
        return self.page.evaluate(expression)

    def do(self, script):
        self.page.evaluate(f"() => {{ {script} }}")

    def until(self, condition):
        self.page.wait_for_function(condition)

    def until_heard(self, *event):
        self.page.wait_for_function(
            "(event) => heard.some((one) => JSON.stringify(one) === event)",
            arg=json.dumps(event, separators=(",", ":"), ensure_ascii=False),
        )

    def heard(self):
        return self.page.evaluate("heard")

    def sockets(self):
        return self.page.evaluate("sockets.length")

    def until_closed(self):
        """What the browser says of the connection has been said then."""
        self.until("sockets[0].readyState === WebSocket.CLOSED")

    def stop_time(self):
        """From now on timers run only in `pass_time`."""
        self.page.clock.install(time=0)
        self.page.clock.pause_at(1000)

    def pass_time(self, ms):
        self.page.clock.run_for(ms)


@pytest.fixture(scope="module")
def io_js(step):
    return catalog.find(step).path / "podium" / "site" / "static" / "io.js"


@pytest.fixture(scope="module")
def shared_server(io_js):
    server = Server(io_js)
    yield server
    server.kill()


@pytest.fixture
def server(shared_server):
    shared_server.request("DELETE")
    return shared_server


@pytest.fixture
def start_server(io_js):
    """For tests that mistreat it."""
    servers = []

    def start(**options):
        servers.append(Server(io_js, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


@pytest.fixture
def visitor(chromium):
    context = chromium.new_context()
    visitor = Visitor(context.new_page())
    yield visitor
    context.close()
    assert visitor.errors == []


# Connecting


def test_connect_arrives_with_auth(visitor, server):
    visitor.visit(server).connect(auth={"token": "šéf"})
    assert visitor.heard() == [["connect"]]
    assert visitor.run("socket.active && typeof socket.id === 'string'")
    assert server.has_logged("connect", {"token": "šéf"})


def test_connect_needs_no_auth_and_no_url(visitor, server):
    visitor.visit(server).do("start()")
    visitor.until("socket.connected")
    assert server.has_logged("connect", None)
    assert visitor.run("sockets[0].url") == (
        f"ws://127.0.0.1:{server.port}/socket.io/?EIO=4&transport=websocket"
    )


def test_options_alone_are_enough(visitor, server):
    visitor.visit(server).do("start({ auth: { token: 1 } })")
    visitor.until("socket.connected")
    assert server.has_logged("connect", {"token": 1})


def test_a_namespace_is_refused_at_once(visitor, server):
    message = visitor.visit(server).run("try { start('/admin') } catch (error) { error.message }")
    assert "default namespace" in message
    assert visitor.sockets() == 0


def test_an_auth_function_is_asked_anew_at_each_connect(visitor, server):
    visitor.visit(server)
    visitor.do("""
      window.turn = 0;
      start(undefined, { auth: (send) => setTimeout(() => send({ turn: ++turn })) });
    """)
    visitor.until("socket.connected")
    visitor.do("socket.disconnect(); socket.connect();")
    visitor.until("socket.connected")
    assert server.has_logged("connect", {"turn": 1})
    assert server.has_logged("connect", {"turn": 2})


def test_a_late_auth_does_not_speak_on_the_next_connection(visitor, server):
    visitor.visit(server)
    visitor.do("""
      window.senders = [];
      start(undefined, { auth: (send) => senders.push(send) });
    """)
    visitor.until("senders.length === 1")
    visitor.do("socket.disconnect(); socket.connect();")
    visitor.until("senders.length === 2")
    visitor.do("senders[0]({ turn: 1 }); senders[1]({ turn: 2 });")
    visitor.until("socket.connected")
    assert server.has_logged("connect", {"turn": 2})
    assert ["connect", {"turn": 1}] not in server.request()


def test_a_refused_connect_tells_why_and_is_not_tried_again(visitor, server):
    visitor.stop_time()
    visitor.visit(server).start(auth={"refuse": True})
    visitor.until_heard("connect_error", "The hall is closed.", {"opens": "9:00"})
    visitor.until_closed()
    assert visitor.run("socket.active") is False
    visitor.pass_time(120_000)
    assert visitor.sockets() == 1
    assert len(visitor.heard()) == 1


def test_after_a_refusal_one_may_connect_with_another_auth(visitor, server):
    visitor.visit(server).start(auth={"refuse": True})
    visitor.until("heard.length === 1")
    visitor.do("socket.auth = { token: 'better' }; socket.connect();")
    visitor.until("socket.connected")
    assert server.has_logged("connect", {"token": "better"})


def test_a_server_that_says_nothing_is_given_up_and_tried_again(visitor, server):
    visitor.stop_time()
    visitor.visit(server).start("/?silent=1", path="/raw", timeout=2000)
    visitor.until("sockets[0].readyState === 1")
    visitor.pass_time(1900)
    assert visitor.heard() == []
    visitor.pass_time(200)
    visitor.until_heard("connect_error", "timeout", None)
    assert visitor.run("socket.active")
    visitor.pass_time(1500)
    assert visitor.sockets() == 2


# Events


def test_events_carry_several_arguments_and_unicode(visitor, server):
    visitor.visit(server).connect()
    visitor.do("""
      socket.on("echo", (...args) => { window.echo = args; });
      socket.emit("echo", 1, "Žluťoučký 🐎\\n", { a: [null, true] }, []);
    """)
    visitor.until("window.echo")
    assert visitor.run("echo") == [1, "Žluťoučký 🐎\n", {"a": [None, True]}, []]


def test_acknowledgements_find_the_question_that_they_answer(visitor, server):
    visitor.visit(server).connect()
    visitor.do("""
      window.answers = [];
      socket.emit("answer", 1, 0.3, (...answer) => answers.push(answer));
      socket.emit("answer", 2, (...answer) => answers.push(answer));
    """)
    visitor.until("answers.length === 2")
    assert visitor.run("answers") == [[2, "the answer to 2"], [1, "the answer to 1"]]


def test_emit_with_ack_resolves_to_the_first_part_of_the_answer(visitor, server):
    visitor.visit(server).connect()
    assert visitor.run("socket.emitWithAck('answer', 42)") == 42


def test_emit_with_ack_may_be_given_a_timeout(visitor, server):
    visitor.visit(server).connect()
    assert visitor.run("socket.timeout(10000).emitWithAck('answer', 42)") == 42
    failure = "socket.timeout(10).emitWithAck('never').catch((error) => error.message)"
    assert visitor.run(failure) == "no answer in time"


def test_what_has_timed_out_is_not_sent_later(visitor, server):
    visitor.visit(server).connect()
    visitor.do("socket.disconnect()")
    visitor.run("socket.timeout(10).emitWithAck('note', 'too late').catch(() => {})")
    visitor.do("socket.emit('note', 'in time'); socket.connect();")
    assert server.has_logged("note", "in time")
    assert ["note", "too late"] not in server.request()


def test_the_server_may_ask_for_an_answer(visitor, server):
    visitor.visit(server).connect()
    visitor.do("""
      socket.on("question", (a, b, answer) => answer(a * b, "šest krát sedm"));
      socket.emit("ask me");
    """)
    assert server.has_logged("answered", 42, "šest krát sedm")


def test_events_from_before_the_welcome_come_when_the_socket_is_connected(visitor, server):
    visitor.visit(server)
    visitor.do("""
      start(undefined, { auth: { early: true } });
      socket.on("news", (text) => heard.push([text, socket.connected]));
    """)
    visitor.until_heard("connect")
    assert visitor.heard() == [["before the welcome", True], ["connect"]]


def test_listeners_may_come_once_and_go(visitor, server):
    visitor.visit(server).connect()
    visitor.do("""
      const listener = (number) => heard.push(["forgotten", number]);
      socket.once("echo", (number) => heard.push(["once", number]));
      socket.on("echo", listener).once("echo", listener).off("echo", listener);
      socket.on("echo", (number) => heard.push(["always", number]));
      socket.emit("echo", 1).emit("echo", 2);
    """)
    visitor.until_heard("always", 2)
    assert visitor.heard() == [["connect"], ["once", 1], ["always", 1], ["always", 2]]
    visitor.do("socket.off('echo'); socket.on('echo', () => heard.push(['new']));")
    visitor.do("socket.emit('echo')")
    visitor.until_heard("new")
    assert len(visitor.heard()) == 5


def test_an_error_in_a_listener_stops_nothing(visitor, server):
    visitor.visit(server)
    visitor.do("""
      start();
      socket.off();
      socket.on("connect", () => { throw new Error("oops"); });
      socket.on("connect", () => heard.push(["connect"]));
    """)
    visitor.until_heard("connect")
    assert visitor.run("socket.emitWithAck('answer', 1)") == 1
    assert visitor.errors == ["oops"]
    visitor.errors.clear()


# Losing the connection


def test_a_restarted_server_is_found_again_and_gets_what_was_emitted_meanwhile(
    visitor, start_server
):
    server = start_server()
    visitor.visit(server).connect(**SOON)
    before = visitor.run("socket.id")
    server.kill()
    visitor.until_heard("disconnect", "transport close")
    assert visitor.run("[socket.connected, socket.active, socket.id ?? null]") == [
        False,
        True,
        None,
    ]
    visitor.do("""
      socket.emit("note", "first");
      socket.emit("answer", 7, (answer) => heard.push(["answer", answer]));
      socket.emit("note", "second");
    """)
    visitor.until("heard.filter(([event]) => event === 'connect_error').length >= 2")
    server.start()
    visitor.until("socket.connected")
    assert visitor.run("socket.id") != before
    visitor.until_heard("answer", 7)
    visitor.do("socket.disconnect(); socket.connect();")
    visitor.until("socket.connected")
    assert visitor.run("socket.emitWithAck('answer', 8)") == 8  # all before it has arrived
    notes = [entry for entry in server.request() if entry[0] == "note"]
    assert notes == [["note", "first"], ["note", "second"]]


def test_answers_of_a_lost_connection_do_not_come(visitor, start_server):
    server = start_server()
    visitor.visit(server).connect(**SOON)
    visitor.do("""
      socket.emit("never", () => heard.push(["answer"]));
      socket.emitWithAck("never").catch((error) => heard.push(["rejected", error.message]));
    """)
    until(lambda: server.request().count(["never"]) == 2)
    server.kill()
    visitor.until_heard("rejected", "disconnected before the answer")
    server.start()
    visitor.until("socket.connected")
    assert visitor.run("socket.emitWithAck('answer', 1)") == 1
    assert ["answer"] not in visitor.heard()
    assert ["never"] not in server.request()


def test_the_attempts_become_rarer_until_one_succeeds(visitor, start_server):
    server = start_server()
    visitor.stop_time()
    visitor.visit(server).connect(randomizationFactor=0)
    server.kill()
    visitor.until_heard("disconnect", "transport close")
    for attempt, delay in enumerate([1000, 2000, 4000, 5000, 5000], 2):
        visitor.pass_time(delay - 1)
        assert visitor.sockets() == attempt - 1
        visitor.pass_time(1)
        assert visitor.sockets() == attempt
        visitor.until(f"heard.length === {attempt + 1}")  # it has failed
    server.start()
    visitor.pass_time(5000)
    visitor.until("socket.connected")
    server.kill()
    visitor.until("!socket.connected")
    before = visitor.sockets()
    visitor.pass_time(1000)
    assert visitor.sockets() == before + 1


@pytest.mark.parametrize(("random", "delays"), [(0, [500, 1000, 2000, 2500]),
                                                (0.5, [1000, 2000, 3500, 3750])])  # fmt: skip
def test_the_attempts_are_spread_by_chance(visitor, start_server, random, delays):
    server = start_server()
    visitor.stop_time()
    visitor.visit(server).do(f"Math.random = () => {random}")
    visitor.connect()
    server.kill()
    visitor.until_heard("disconnect", "transport close")
    for attempt, delay in enumerate(delays, 2):
        visitor.pass_time(delay - 1)
        assert visitor.sockets() == attempt - 1
        visitor.pass_time(1)
        assert visitor.sockets() == attempt
        visitor.until(f"heard.length === {attempt + 1}")


def test_back_online_there_is_an_attempt_at_once(visitor, start_server):
    server = start_server()
    visitor.stop_time()
    visitor.visit(server).connect()
    visitor.do("dispatchEvent(new Event('online'))")
    assert visitor.sockets() == 1, "a working connection should have been left alone"
    server.kill()
    visitor.until("!socket.connected")
    server.start()
    visitor.do("dispatchEvent(new Event('online'))")
    visitor.until("socket.connected")
    visitor.pass_time(10_000)
    assert visitor.sockets() == 2, "the timer should not have rung as well"


def test_who_is_thrown_out_stays_out(visitor, server):
    visitor.stop_time()
    visitor.visit(server).connect()
    visitor.do("socket.emit('throw me out')")
    visitor.until_heard("disconnect", "io server disconnect")
    visitor.until_closed()
    assert visitor.run("[socket.connected, socket.active]") == [False, False]
    visitor.pass_time(120_000)
    assert visitor.sockets() == 1
    visitor.do("socket.connect()")
    visitor.until("socket.connected")


def test_who_leaves_says_goodbye_and_stays_away(visitor, server):
    visitor.stop_time()
    visitor.visit(server).connect()
    visitor.do("socket.disconnect()")
    assert visitor.heard() == [["connect"], ["disconnect", "io client disconnect"]]
    assert server.has_logged("disconnect", "client disconnect")
    visitor.until_closed()
    assert visitor.run("wire.at(-1)") == "> 41"
    visitor.pass_time(120_000)
    assert visitor.sockets() == 1
    assert visitor.run("[socket.connected, socket.active]") == [False, False]
    visitor.do("socket.disconnect()")
    assert len(visitor.heard()) == 2


def test_who_leaves_while_waiting_for_the_next_attempt_stays_away(visitor, start_server):
    server = start_server()
    visitor.stop_time()
    visitor.visit(server).connect()
    visitor.do("socket.on('disconnect', () => socket.disconnect())")
    server.kill()
    visitor.until_heard("disconnect", "transport close")
    visitor.pass_time(120_000)
    visitor.do("dispatchEvent(new Event('online'))")
    assert visitor.sockets() == 1
    assert len(visitor.heard()) == 2


def test_a_server_that_hangs_up_is_not_one_that_wants_us_out(visitor, server):
    """1 is what python-engineio sends when it shuts down."""
    visitor.visit(server).start("/?frame=1", path="/raw", **SOON)
    visitor.until_heard("disconnect", "transport close")
    visitor.until("sockets.length >= 2")


# The heartbeat


def test_pings_are_answered_for_as_long_as_they_come(visitor, start_server):
    visitor.visit(start_server(interval=1, timeout=1)).connect(**SOON)
    visitor.until("wire.filter((frame) => frame === '< 2').length >= 4")
    assert visitor.heard() == [["connect"]]
    assert visitor.run("wire.filter((frame) => frame === '> 3').length >= 4")


def test_a_server_gone_silent_is_left_and_found_again(visitor, start_server):
    server = start_server(interval=1, timeout=1)
    visitor.visit(server).connect(**SOON)
    before = visitor.run("socket.id")
    server.process.send_signal(signal.SIGSTOP)
    visitor.until_heard("disconnect", "ping timeout")
    assert visitor.run("socket.active")
    server.process.send_signal(signal.SIGCONT)
    visitor.until("socket.connected")
    assert visitor.run("socket.id") != before


# Frames that are none


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("frame=" + quote(frame), id=frame)
        for frame in ["42{not json", "42[]", '42["a"', "42[7]", "43[1]", "431", "9", "2probe",
                      '451-["file",{"_placeholder":true,"num":0}]', '42/admin,["a"]', "hello"]
    ] + [pytest.param("binary=1", id="binary")],
)  # fmt: skip
def test_nonsense_ends_the_connection_and_another_is_tried(visitor, server, query):
    visitor.visit(server).start(f"/?{query}", path="/raw", **SOON)
    visitor.until_heard("disconnect", "parse error")
    visitor.until("heard.filter(([event]) => event === 'connect').length >= 2")
    assert server.has_logged("raw closed")


@pytest.mark.parametrize("terms", ["0", "0{}", '0{"sid":"x","pingInterval":"soon"}'])
def test_nonsense_instead_of_terms_is_a_connect_error(visitor, server, terms):
    visitor.visit(server).start(f"/?terms={quote(terms)}", path="/raw", **SOON)
    visitor.until_heard("connect_error", "parse error", None)
    visitor.until("sockets.length >= 2")
