"""nginx itself, in front of two hosts that say what reached them."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Host(BaseHTTPRequestHandler):
    """Answers with its name and what it was asked; fails in the ways in which a host can."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append(self.path)
        if self.server.dies:
            self.close_connection = True
            return
        self.server.let_go.wait()
        body = json.dumps({"host": self.server.name, "headers": dict(self.headers)}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_):
        pass


class Balancer:
    """nginx and its hosts."""

    def __init__(self, directory, until):
        self.hosts, self.directory = {}, directory
        for name in ("host-a", "host-b"):
            host = ThreadingHTTPServer(("127.0.0.1", 0), Host)
            host.name, host.seen, host.dies, host.let_go = name, [], False, threading.Event()
            host.let_go.set()
            threading.Thread(target=host.serve_forever, args=(0.01,), daemon=True).start()
            self.hosts[name] = host
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        a, b = (str(host.server_port) for host in self.hosts.values())
        directory.mkdir()
        own = {"DATA_DIR": str(directory), "HOST_A_PORT": a, "HOST_B_PORT": b}
        self.environment = os.environ | own | {"PORT": str(self.port)}
        self.process = subprocess.Popen(
            [sys.executable, "balancer.py", "serve"], env=self.environment, start_new_session=True
        )
        until(self.listens, lambda yes: yes)

    def listens(self):
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    def run(self, *arguments):
        command = [sys.executable, "balancer.py", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, timeout=40)

    def ask(self, method="GET", path="/", body=None, timeout=20, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.text = answer.read()
        connection.close()
        return answer

    def reached(self, **request):
        return json.loads(self.ask(**request).text)

    def serving(self):
        """The hosts that answer; one that keeps us waiting still gets requests."""
        try:
            return {self.reached(timeout=0.5)["host"] for _ in range(6)}
        except TimeoutError:
            return set(self.hosts)

    def close(self):
        for host in self.hosts.values():
            host.let_go.set()
            host.shutdown()
            host.server_close()
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(10)


@pytest.fixture
def balancer(tmp_path, until):
    balancer = Balancer(tmp_path / "with a space", until)
    yield balancer
    balancer.close()


def test_both_hosts_get_requests(balancer):
    assert {balancer.reached()["host"] for _ in range(10)} == set(balancer.hosts)


def test_a_get_that_a_host_fails_goes_to_the_other(balancer):
    balancer.hosts["host-a"].dies = True
    assert [balancer.ask().status for _ in range(6)] == [200] * 6
    assert balancer.hosts["host-a"].seen


def test_a_post_is_sent_twice_only_with_a_key(balancer):
    for host in balancer.hosts.values():
        host.dies = True
    assert balancer.ask("POST", "/plain", "{}").status == 503
    assert sum(host.seen.count("/plain") for host in balancer.hosts.values()) == 1


def test_a_post_with_a_key_is_sent_to_the_other_host(balancer):
    balancer.hosts["host-a"].dies = True
    for n in range(4):
        assert balancer.ask("POST", "/keyed", "{}", Idempotency_Key=f"k{n}").status == 200
    assert "/keyed" in balancer.hosts["host-a"].seen


def test_a_drained_host_gets_nothing_more_and_finishes_what_it_has(balancer, until):
    slow = balancer.hosts["host-a"]
    slow.let_go.clear()
    answers = []
    asking = [threading.Thread(target=lambda: answers.append(balancer.ask())) for _ in range(4)]
    for thread in asking:
        thread.start()
    until(lambda: slow.seen, lambda seen: seen)
    draining = threading.Thread(target=balancer.run, args=("drain", "host-a"))
    draining.start()
    marked = balancer.directory / "nginx" / "hosts.conf"
    until(marked.read_text, lambda text: "down" in text)
    until(balancer.serving, lambda hosts: hosts == {"host-b"})
    had = len(slow.seen)
    assert {balancer.reached()["host"] for _ in range(6)} == {"host-b"}
    assert draining.is_alive() and len(slow.seen) == had
    slow.let_go.set()
    draining.join(20)
    for thread in asking:
        thread.join()
    assert [answer.status for answer in answers] == [200] * 4
    assert balancer.run("restore", "host-a").returncode == 0
    assert {balancer.reached()["host"] for _ in range(10)} == set(balancer.hosts)


def test_what_a_client_says_of_itself_is_not_passed_on(balancer):
    said = {"X_Forwarded_For": "6.6.6.6", "X_Request_ID": "mine", "X_Forwarded_Proto": "https"}
    answer = balancer.ask(**said)
    headers = json.loads(answer.text)["headers"]
    assert headers["X-Forwarded-For"] == "127.0.0.1" and headers["X-Forwarded-Proto"] == "http"
    assert headers["X-Request-ID"] == answer.headers["X-Request-ID"] != "mine"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/v1/x", "application/json"),
        ("/api/v2/x", "application/problem+json"),
        ("/x", "text/html"),
    ],
)
def test_an_error_of_nginx_has_the_form_of_the_application(balancer, path, kind):
    for host in balancer.hosts.values():
        host.dies = True
    away, large = balancer.ask(path=path), balancer.ask("POST", path, "x" * 70_000)
    assert (away.status, large.status) == (503, 413)
    for answer in (away, large):
        assert answer.headers["Content-Type"] == kind and answer.headers["Retry-After"]


def test_a_client_that_floods_is_slowed_down(balancer):
    flood = (
        b"GET /static/site/icon.svg HTTP/1.1\r\nHost: podium\r\nCookie: visitor=flood\r\n\r\n"
        * 1000
    )
    last = b"GET / HTTP/1.0\r\n\r\n"
    with socket.create_connection(("127.0.0.1", balancer.port)) as client:
        client.sendall(flood + last)
        answers = client.makefile("rb").read()
    assert answers.count(b"HTTP/1.1 200") < 900 < answers.count(b"HTTP/1.1 ")
    assert b"HTTP/1.1 429" in answers and balancer.ask(Cookie="visitor=other").status == 200


def test_static_files_come_from_nginx_compressed_and_cached(balancer):
    answer = balancer.ask(path="/static/site/style.css", Accept_Encoding="gzip")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "max-age" in answer.headers["Cache-Control"] and answer.headers["ETag"]
    assert not any(host.seen for host in balancer.hosts.values())
    assert balancer.ask(path="/static/site/../../config.py").status in (200, 400)
    for path in ("/static/site/%2e%2e/config.py", "/static/site/..%2fconfig.py"):
        assert b"SECRET_KEY" not in balancer.ask(path=path).text


def test_an_unknown_host_is_refused(balancer):
    assert balancer.run("drain", "host-z").returncode == 2
