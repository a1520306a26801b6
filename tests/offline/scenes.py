"""What somebody in a room without a network does with the kit, in the kit's directory:

    python scenes.py route | step URL-PATH | docs | slides

Run inside the namespace (see nonet.py); a scene ends with an AssertionError when it does not work.
"""

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# On a machine that is busy as well: for a set-up and a start, for an end, for an answer.
SECONDS, ENDS, ANSWERS = 900, 300, 120
# Reserved for documentation: nobody has it, but with a route a packet to it would leave.
OUTSIDE = ("192.0.2.1", 443)


def route() -> None:
    """Nothing outside can be reached, and the loopback can."""
    try:
        socket.create_connection(OUTSIDE, timeout=5).close()
    except OSError as error:
        assert error.errno == errno.ENETUNREACH, f"it failed otherwise: {error}"
    else:
        raise AssertionError(f"there is a way to {OUTSIDE[0]}")
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()


def step(number: str) -> None:
    """A step starts, shows its page, gives out a token and takes a question for it."""
    with running(f"step-{number}", "http://localhost:8000/") as page:
        assert b"Podium" in page
        api = "http://localhost:8000/api"
        password = b64encode(b"marisol:podium-demo").decode()
        token = call(f"{api}/tokens", b"", f"Basic {password}")["token"]
        body = json.dumps({"talk": "million-pollers", "source": "Is this room offline?"}).encode()
        call(f"{api}/questions", body, f"Bearer {token}")
        listed = call(f"{api}/v2/talks/million-pollers/questions", None, f"Bearer {token}")
        assert any("Is this room offline?" in json.dumps(item) for item in listed["items"])


def docs() -> None:
    """The course is built anew and served."""
    with running("docs", "http://localhost:8080/") as page:
        assert b"Flask at Scale" in page


def slides() -> None:
    """The slides are served."""
    with running("slides", "http://localhost:8090/introduction.html") as page:
        assert b"reveal" in page


@contextmanager
def running(target: str, url: str) -> Iterator[bytes]:
    """`make` a target; yield what `url` answers as soon as it does; stop it with Ctrl-C."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            ["make", target],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield first_answer(process, url)
            os.killpg(process.pid, signal.SIGINT)
            process.wait(ENDS)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(ENDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
            output.seek(0)
            sys.stdout.buffer.write(output.read())


def first_answer(process: subprocess.Popen, url: str) -> bytes:
    """Return the page at `url`; AssertionError when the process ends before it answers."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, f"it ended with status {process.returncode}"
        with suppress(OSError), urllib.request.urlopen(url, timeout=ANSWERS) as answer:
            return answer.read()
        time.sleep(0.2)
    raise AssertionError(f"nothing answered at {url} for {SECONDS} s")


def call(url: str, body: bytes | None, authorization: str) -> dict:
    """Return what the API answers, to a POST if there is a body."""
    headers = {"Authorization": authorization, "Content-Type": "application/json"}
    request = urllib.request.Request(url, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=ANSWERS) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{url}: {error} {error.read()[:500]!r}") from error


if __name__ == "__main__":
    # In the background of a script it is ignored, and what is started here would ignore it as well.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    scene, *arguments = sys.argv[1:]
    {"route": route, "step": step, "docs": docs, "slides": slides}[scene](*arguments)
