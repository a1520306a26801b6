"""Greenlets give way where they wait: whatever the application waits for, and only if patched."""

import json
import socket
import time
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from conftest import CONF, is_there

PATCH = "from gevent import monkey"
AT_ONCE = 0.5  # seconds; what blocks does so for one


def get(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)


def probe(url, thing):
    return get(f"{url}/probe/{urllib.parse.quote(thing)}")


def test_whatever_one_waits_for_the_others_go_on(serve, app, pages):
    site = f"127.0.0.1:{pages.server_port}"
    pages("<title>Slow</title>")
    url = serve(PROBED_SITE=site)
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(probe, url, "reading a page")
        for thing in ("a query", "a command to Valkey", "resolving a name", "sleeping"):
            assert probe(url, thing)["stood_still"] < AT_ONCE, thing
        pages.open()
        assert reading.result()["stood_still"] < AT_ONCE
    blocked = probe(url, "blocking")
    assert blocked["stood_still"] > AT_ONCE, "the probe does not notice what blocks"


def test_checking_a_password_does_not_stop_the_others(serve, client, app):
    app.config["PASSWORD_HASH"] = "scrypt:131072:8:4"  # takes a second or so
    body = {"nickname": "hashed", "password": "correct horse"}
    assert client.post("/api/users", json=body).status_code == 201
    answer = probe(serve(), "checking a password")
    assert answer["took"] > AT_ONCE > answer["stood_still"]


def test_patched_too_late_the_database_blocks_everybody(serve, tmp_path):
    lines = CONF.read_text().splitlines()
    assert PATCH in lines
    late = [line for line in lines if not line.startswith((PATCH, "monkey."))]
    (tmp_path / "late.conf.py").write_text("\n".join(late))
    answer = probe(serve(tmp_path / "late.conf.py"), "a query")
    assert answer["stood_still"] > AT_ONCE


def test_as_many_can_wait_for_the_database_as_there_are_connections_and_the_rest_hears_so(serve):
    url = serve()

    def ask(_):
        began = time.monotonic()
        try:
            status = urllib.request.urlopen(f"{url}/probe/a%20query", timeout=30).status
        except urllib.error.HTTPError as error:
            status = error.code
        return status, time.monotonic() - began

    with ThreadPoolExecutor(60) as pool:
        answers = list(pool.map(ask, range(60)))
    statuses = [status for status, _ in answers]
    assert statuses.count(200) >= 8 and statuses.count(503) >= 8
    assert set(statuses) == {200, 503}
    assert max(seconds for _, seconds in answers) < 10
    assert is_there(url)


def test_thousands_wait_in_one_process(serve, client, log_in):
    """Each costs a connection and some memory, and the next request is answered all the same."""
    url = serve()
    path = "/api/v2/talks/talk/questions"
    query = f"{path}?wait=20&after={client.get(path).json['next']}"
    request = f"GET {query} HTTP/1.1\r\nHost: {url[7:]}\r\n\r\n".encode()
    address = ("127.0.0.1", int(url.rpartition(":")[2]))
    waiting = []
    try:
        for _ in range(2000):
            waiting.append(socket.create_connection(address))
            waiting[-1].sendall(request)
        assert get(f"{url}/api/talks")["talks"]
        asked = client.post(path, json={"source": "All?"}, headers=log_in("asker"))
        assert asked.status_code == 201
        for connection in waiting:
            connection.settimeout(20)
            assert connection.recv(12) == b"HTTP/1.1 200"
    finally:
        for connection in waiting:
            connection.close()
