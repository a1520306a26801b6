"""What finds faults in logs, in HTML and on the network; test_guards.py breaks each on purpose."""

import contextlib
import re
import socket
import threading
from html.parser import HTMLParser
from urllib.parse import urlsplit

# The first line of a traceback, also of one within an exception group.
TRACEBACK = re.compile(r"^.*Traceback \(most recent call last\):.*$", re.MULTILINE)

HARMLESS = set(
    "a abbr b blockquote br caption code dd del dl dt em h1 h2 h3 h4 h5 h6 hr i kbd li ol p pre q "
    "s small span strong sub sup table tbody td th thead tr u ul".split()
)
ATTRIBUTES = {"href", "rel", "title", "start", "align", "class", "lang"}
SCHEMES = {"", "http", "https", "mailto"}


def traceback_in(log):
    """Return the first traceback in a log and some lines after it; an empty string for none."""
    found = TRACEBACK.search(log)
    return "\n".join(log[found.start() :].splitlines()[:60]) if found else ""


def scheme(url):
    """Return a URL's scheme as a browser reads it: control characters and blanks do not count."""
    return urlsplit(re.sub(r"[\x00-\x20]", "", url)).scheme.lower()


class FragmentInspector(HTMLParser):
    """Collects what may not be in the HTML of a question."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.faults = []

    def handle_starttag(self, tag, attrs):
        if tag not in HARMLESS:
            self.faults.append(f"<{tag}>")
        for name, value in attrs:
            if name not in ATTRIBUTES:
                self.faults.append(f"{name}= at <{tag}>")
            if name == "href" and scheme(value or "") not in SCHEMES:
                self.faults.append(f"{value} at <{tag}>")

    def handle_comment(self, data):
        self.faults.append(f"the comment {data[:40]!r}")

    def handle_decl(self, decl):
        self.faults.append(f"the declaration {decl[:40]!r}")

    unknown_decl = handle_pi = handle_decl


class PageInspector(HTMLParser):
    """Collects what acts on a page, other than the page's own script files."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.faults = []
        self.script = None

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.script = attrs if tag == "script" else None
        if tag in ("iframe", "object", "embed", "base", "frame", "math"):
            self.faults.append(f"<{tag}>")
        if (
            tag == "script"
            and scheme(attrs.get("src") or "") + urlsplit(attrs.get("src", "")).netloc
        ):
            self.faults.append(f"a script from {attrs['src']}")
        for name, value in attrs.items():
            if name.startswith("on") or name in ("style", "srcdoc"):
                self.faults.append(f"{name}= at <{tag}>")
            if (
                name in ("href", "src", "action", "formaction")
                and scheme(value or "") not in SCHEMES
            ):
                self.faults.append(f"{value} at <{tag}>")

    def handle_endtag(self, tag):
        self.script = None

    def handle_data(self, data):
        # A block of data is not run; what runs has to come from a file.
        inert = self.script is None or self.script.get("type") == "application/json"
        if not inert and data.strip():
            self.faults.append(f"the script {data.strip()[:60]!r}")


def faults_in_fragment(html):
    """Return what is active or foreign in a question's HTML, as a list of short texts."""
    return _inspect(FragmentInspector(), html)


def faults_in_page(html):
    """Return what somebody could have smuggled into a page to act there, as a list."""
    return _inspect(PageInspector(), html)


def _inspect(inspector, html):
    inspector.feed(html)
    inspector.close()
    return inspector.faults


class Decoy:
    """Listens on the loopback, in IPv4 and IPv6 on one port, and counts who connects."""

    def __init__(self):
        self.connections = 0
        self._sockets = [socket.create_server(("127.0.0.1", 0))]
        self.port = self._sockets[0].getsockname()[1]
        # Some machines have no IPv6: then nothing can connect to it either.
        with contextlib.suppress(OSError):
            six = socket.create_server(("::1", self.port), family=socket.AF_INET6)
            self._sockets.append(six)
        for listening in self._sockets:
            threading.Thread(target=self._accept, args=(listening,), daemon=True).start()

    def _accept(self, listening):
        page = b"<title>Secret</title>"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(page)}\r\n"
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            self.connections += 1
            with contextlib.suppress(OSError), client:
                client.settimeout(2)
                client.recv(4096)
                client.sendall(head.encode() + b"Connection: close\r\n\r\n" + page)

    def close(self):
        for listening in self._sockets:
            # Closing alone does not end an accept() that waits.
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
