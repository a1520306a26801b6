"""The guards themselves: each is broken on purpose and has to notice."""

import socket

import httpx
import pytest
from guards import Decoy, faults_in_fragment, faults_in_page, traceback_in

from tests.podium_api import is_error


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<p onclick=alert(1)>x</p>",
        "<img src=x>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href="java&#9;script:alert(1)">x</a>',
        '<a href=" &#1;JAVASCRIPT:alert(1)">x</a>',
        '<a href="data:text/html,x">x</a>',
        "<p style=color:red>x</p>",
        "<p id=questions>x</p>",
        "<svg/onload=alert(1)>",
        "<!-- x -->",
        "<!doctype html>",
        "<![CDATA[x]]>",
        "<?xml?>",
        "<form></form>",
        "<scr<b>ipt>",
    ],
)
def test_what_acts_in_a_fragment_is_found(html):
    assert faults_in_fragment(f"<p>Fine.</p>{html}")


def test_what_does_not_act_in_a_fragment_is_left_in_peace():
    html = (
        '<p><em>a</em> &lt;script&gt; <a href="https://example.com/?a&amp;b" rel="nofollow">b</a>'
    )
    assert faults_in_fragment(html + "<pre><code>c</code></pre>") == []


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<script type=module>alert(1)</script>",
        "<script src=//192.0.2.1/x.js></script>",
        "<script src=data:,alert(1)></script>",
        "<body onload=alert(1)>",
        "<a href=javascript:alert(1)>x</a>",
        "<button formaction=javascript:alert(1)>x</button>",
        "<iframe></iframe>",
        "<base href=/>",
        "<p style=color:red>",
    ],
)
def test_what_acts_on_a_page_is_found(html):
    assert faults_in_page(f"<!doctype html><p>Fine.</p>{html}")


def test_what_a_page_needs_is_left_in_peace():
    html = (
        "<!doctype html><script type=module src=/static/talk.js></script>"
        '<script type="application/json">{"talk": 1}</script><a href="/talks/x">x</a>'
    )
    assert faults_in_page(html) == []


@pytest.mark.parametrize(
    "log",
    [
        "GET / 200\nTraceback (most recent call last):\n  File x\nValueError: y\nGET / 200\n",
        "  + Exception Group Traceback (most recent call last):\n  |   File x\n",
    ],
)
def test_a_traceback_in_a_log_is_found(log):
    assert "Traceback" in traceback_in(log)


def test_a_log_without_a_traceback_is_left_in_peace():
    assert traceback_in("GET /?q=Traceback 200\nno preview of http://x: ValueError('y')\n") == ""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f000001"])
def test_the_decoy_notices_who_connects(host):
    decoy = Decoy()
    with socket.create_connection((host, decoy.port), timeout=5) as client:
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert b"<title>Secret</title>" in client.recv(4096) + client.recv(4096)
    assert decoy.connections == 1
    decoy.close()


@pytest.mark.parametrize(
    "status,headers,body",
    [
        (400, {}, {"status": 400, "reason": "x"}),
        (404, {"Content-Type": "text/html"}, {"status": 404, "reason": "x"}),
        (404, {}, {"status": 400, "reason": "x"}),
        (404, {}, {"status": 404, "reason": ""}),
        (404, {}, {"status": 404, "reason": "x", "traceback": "y"}),
        (404, {}, {"status": 404}),
    ],
)
def test_an_error_that_is_not_as_promised_is_found(status, headers, body):
    answer = httpx.Response(status, json=body)
    answer.headers.update(headers)
    with pytest.raises((AssertionError, KeyError)):
        is_error(answer, 404)


def test_an_error_without_the_header_it_needs_is_found():
    for status in (401, 405):
        with pytest.raises(KeyError):
            is_error(httpx.Response(status, json={"status": status, "reason": "x"}), status)
