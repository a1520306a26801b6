"""Promises of the slow site, asked of the running server."""

import re
import socket
import subprocess
import sys
import threading
import time
import zlib
from html import unescape
from urllib.parse import urlsplit

import httpx
import pytest
from slow_site_process import start, stop


def title(text):
    found = re.search("<title>(.*?)</title>", text, re.S)
    return unescape(found[1]) if found else None


def description(text):
    found = re.search('<meta name="?description"? content=["\'](.*?)["\']>', text, re.S)
    return unescape(found[1]) if found else None


def read_raw(url, path, enough, seconds=5):
    """Send a GET and return the first `enough` bytes, or what came before the connection closed."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=seconds) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        data = bytearray()
        while len(data) < enough and (more := client.recv(65536)):
            data += more
        return bytes(data)


def test_each_page_has_a_title_and_a_description_of_its_own(site):
    pages = [site.get(f"/page/{n}").text for n in range(1, 31)]
    assert len({title(page) for page in pages}) == 30
    assert len({description(page) for page in pages}) == 12
    assert all(len(description(page)) > 40 for page in pages)
    assert all(f"Page {n} of" in page for n, page in enumerate(pages, 1))


def test_a_page_comes_after_the_delay_that_was_asked_for(site):
    began = time.monotonic()
    site.get("/page/1?delay=0.3").raise_for_status()
    assert 0.3 <= time.monotonic() - began < 2


def test_slow_pages_do_not_wait_for_each_other(site):
    began = time.monotonic()
    readers = [threading.Thread(target=site.get, args=("/page/1?delay=0.5",)) for _ in range(20)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("delay", ["-1", "60.1", "abc", "nan", "inf", "1e1", "٣", "1" * 400])
def test_a_delay_out_of_range_is_refused_with_a_reason(site, delay):
    answer = site.get("/page/1", params={"delay": delay})
    assert answer.status_code == 400
    assert "delay must be a number from 0 to 60" in answer.text


@pytest.mark.parametrize("n", ["0", "-1", "x", "1.5", "9" * 5000, "1%00"])
def test_a_page_number_out_of_range_is_refused(site, n):
    assert site.get(f"/page/{n}").status_code == 400


@pytest.mark.parametrize("path", ["/", "/nothing", "/page", "/page/1/2", "/broken/nothing"])
def test_an_unknown_path_is_not_found(site, path):
    assert site.get(path).status_code == 404


def test_it_says_that_it_is_healthy(site):
    assert site.get("/healthz").text == "ok\n"


def test_redirects_end_at_a_page_after_as_many_hops(site):
    answer = site.get("/redirect/3?to=/page/2", follow_redirects=True)
    assert len(answer.history) == 3
    assert title(answer.text) == title(site.get("/page/2").text)


def test_a_redirect_can_go_to_any_address_and_also_in_circles(site):
    target = "http://192.0.2.1:80/a?b=c&d"
    answer = site.get("/redirect-to", params={"url": target})
    assert (answer.status_code, answer.headers["Location"]) == (302, target)
    assert site.get("/redirect/loop").headers["Location"] == "/redirect/loop"


def test_a_redirect_cannot_smuggle_a_header(site):
    answer = site.get("/redirect-to", params={"url": "/\r\nX-Evil: 1"})
    assert answer.status_code == 400
    assert "X-Evil" not in answer.headers


def test_a_huge_page_has_its_title_at_the_beginning_and_many_mebibytes(site_url):
    page = read_raw(site_url, "/huge", 5 * 2**20)
    assert len(page) >= 5 * 2**20
    assert b"<title>A huge page</title>" in page[:1000]


def test_a_huge_head_has_its_title_after_a_mebibyte(site):
    assert site.get("/huge-head").text.index("<title>") > 2**20


def test_an_endless_page_keeps_coming_slowly(site):
    with site.stream("GET", "/endless") as answer:
        pieces = answer.iter_raw()
        began = time.monotonic()
        received = sum(len(next(pieces)) for _ in range(5))
    assert received < 2000
    assert time.monotonic() - began > 0.2


def test_headers_can_trickle(site_url):
    head = read_raw(site_url, "/trickle-headers", 58)
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\n\r\n" not in head


def test_never_means_never(site):
    with pytest.raises(httpx.ReadTimeout):
        site.get("/never", timeout=0.5)


@pytest.mark.parametrize("how", ["", "/short", "/length", "/chunk", "/status"])
def test_broken_answers_break_a_client(site, how):
    with pytest.raises(httpx.RemoteProtocolError):
        site.get(f"/broken{how}")


def test_a_redirect_without_a_location_and_an_unknown_charset_are_served(site_url):
    assert b"302" in read_raw(site_url, "/broken/redirect", 20)
    assert b"none-such" in read_raw(site_url, "/broken/charset", 200)


@pytest.mark.parametrize("code", [200, 204, 304, 404, 500, 503])
def test_any_status_can_be_had(site, code):
    answer = site.get(f"/status/{code}")
    assert answer.status_code == code
    assert bool(answer.content) == (code not in (204, 304))


@pytest.mark.parametrize("code", [0, 100, 199, 600, "x"])
def test_a_status_that_ends_no_response_is_refused(site, code):
    assert site.get(f"/status/{code}").status_code == 400


def test_a_page_is_not_html_because_it_looks_like_it(site):
    answer = site.get("/binary")
    assert answer.headers["Content-Type"] == "image/png"
    assert "<title>" in answer.text


def test_a_charset_in_the_header_counts(site):
    answer = site.get("/latin1")
    assert b"Caf\xe9" in answer.content
    assert title(answer.text) == "Café Zoë"
    assert "utf-8" not in answer.text


def test_titles_can_be_missing_or_look_like_a_script(site):
    assert title(site.get("/no-title").text) is None
    page = site.get("/script-title").text
    assert title(page) == '<script>alert(1)</script> & "friends"'
    assert "<script>" not in page


def test_a_deep_page_has_200_000_open_tags(site):
    assert site.get("/deep").text.count("<b>") == 200_000


def test_a_gzip_bomb_is_small_until_it_is_unpacked(site):
    with site.stream("GET", "/gzip-bomb") as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(packed) < 256 * 1024
    page = zlib.decompress(packed, wbits=31)
    assert len(page) > 100 * 2**20
    assert page.startswith(b"<!doctype html>")


def test_fetches_are_counted_for_each_key(site):
    for _ in range(3):
        site.get("/counter/apples").raise_for_status()
    site.get("/counter/pears").raise_for_status()
    counts = [site.get(f"/counted/{key}").json()["fetched"] for key in ("apples", "pears", "figs")]
    assert counts == [3, 1, 0]


def test_a_flaky_page_fails_as_often_as_was_asked_and_then_comes(site):
    answers = [site.get("/flaky/mondays?times=2") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [503, 503, 200, 200]
    assert [title(answer.text) for answer in answers[2:]] == ["There at try 3", "There at try 4"]
    assert site.get("/flaky/tuesdays?times=0").status_code == 200
    assert site.get("/counted/mondays").json()["fetched"] == 4


@pytest.mark.parametrize("times", ["-1", "x", "101", "1.5"])
def test_how_often_a_flaky_page_fails_is_a_number_or_refused(site, times):
    assert site.get("/flaky/wednesdays", params={"times": times}).status_code == 400
    assert site.get("/counted/wednesdays").json()["fetched"] == 0


def test_a_slow_page_counts_those_too_who_did_not_wait_for_it(site):
    with pytest.raises(httpx.ReadTimeout):
        site.get("/counter/kiwis?delay=5", timeout=0.2)
    assert site.get("/counted/kiwis").json()["fetched"] == 1


def test_it_stops_at_once_although_clients_wait():
    process, url = start()
    address = urlsplit(url)
    clients = []
    for path in ("/page/1?delay=60", "/never", "/endless", "/trickle-headers"):
        client = socket.create_connection((address.hostname, address.port), timeout=5)
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        clients.append(client)
    # The last one has been answered, so all four wait.
    assert clients[-1].recv(1)
    began = time.monotonic()
    assert "Traceback" not in stop(process)
    assert time.monotonic() - began < 2
    for client in clients:
        client.close()


def test_a_port_in_use_is_one_clear_line_and_exit_code_2(site_url):
    port = str(urlsplit(site_url).port)
    command = [sys.executable, "-m", "course.slow_site", "--port", port]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    assert answer.returncode == 2
    assert answer.stderr.count("\n") == 1
    assert f"port {port}" in answer.stderr
