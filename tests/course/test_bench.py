"""What `make bench` says, and that it does not count what is wrong. The loads here are real."""

import http.server
import io
import threading

import pytest
from rich.console import Console

from course import bench
from course.errors import CourseError


@pytest.fixture
def server():
    """Lists fifty questions, until `broken` is set."""

    class Handler(http.server.BaseHTTPRequestHandler):
        broken = False
        asked = 0
        listed = bench.QUESTIONS

        def do_GET(self):
            type(self).asked += 1
            broken = self.broken and self.asked > 1
            body = b'{"questions": [%s]}' % b",".join([b"1"] * self.listed)
            self.send_response(500 if broken else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Handler, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def shown(cases):
    console = Console(record=True, width=120, file=io.StringIO())
    console.print(bench.table(cases))
    return console.export_text()


def test_a_missed_target_is_said_in_words():
    base = bench.Case(1, "the list", "/", 1, rates=[100, 110, 90])
    good = bench.Case(2, "as fast", "/", 0.9, rates=[100])
    bad = bench.Case(3, "slower", "/", 0.9, rates=[80])
    assert "missed" not in shown([base, good])
    assert "0.9 or more: missed" in shown([base, good, bad])


def test_a_load_that_works_is_counted(server):
    _, url = server
    assert bench._rate(url, bench.Case(1, "the list", "/", 1), seconds=3) > 0


def test_a_load_with_errors_is_no_measurement(server):
    handler, url = server
    handler.broken = True
    with pytest.raises(CourseError, match="failed"):
        bench._rate(url, bench.Case(1, "the list", "/", 1), seconds=3)


def test_a_list_that_is_too_short_is_no_measurement(server):
    handler, url = server
    handler.listed = bench.QUESTIONS - 1
    with pytest.raises(CourseError, match="does not list"):
        bench._rate(url, bench.Case(1, "the list", "/", 1), seconds=3)
