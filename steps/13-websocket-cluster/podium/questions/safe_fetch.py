"""Reads a page of somebody else's web site without being harmed by it.

The site chooses its address, its redirects, its size and its speed; so each is limited here.
"""

import socket
import time
from ipaddress import ip_address
from urllib.parse import urljoin

import httpcore
from werkzeug.http import parse_options_header

SECONDS = 3
MAX_BYTES = 256 * 1024
MAX_REDIRECTS = 3
AZURE_METADATA = "168.63.129.16"
TEMPORARY = (429, 500, 502, 503, 504)


class TryLater(Exception):
    """The site may do better another time."""


class DeadlineStream(httpcore.NetworkStream):
    """A connection with one deadline for all it does: a site that trickles cannot hold us."""

    def __init__(self, stream, deadline):
        self.stream, self.deadline = stream, deadline
        self.close, self.get_extra_info = stream.close, stream.get_extra_info

    def left(self):
        return max(self.deadline - time.monotonic(), 0.001)

    def read(self, max_bytes, timeout=None):
        return self.stream.read(max_bytes, self.left())

    def write(self, buffer, timeout=None):
        self.stream.write(buffer, self.left())

    def start_tls(self, ssl_context, server_hostname=None, timeout=None):
        tls = self.stream.start_tls(ssl_context, server_hostname, self.left())
        return DeadlineStream(tls, self.deadline)


def is_public(address):
    ip = ip_address(address)
    return ip.is_global and not ip.is_multicast and address != AZURE_METADATA


class PublicNetwork(httpcore.SyncBackend):
    """Connects to public addresses only; checked after DNS, so that no name can lie.

    IPv4 only: IPv6 has too many ways to spell a private IPv4 address.
    """

    def __init__(self, allow_hosts):
        super().__init__()
        self.allow_hosts = allow_hosts

    def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        deadline = time.monotonic() + timeout
        address = socket.getaddrinfo(host, port, socket.AF_INET)[0][4][0]
        if not is_public(address) and f"{host}:{port}" not in self.allow_hosts:
            raise ValueError(f"{host} has the address {address}, which is not public")
        return DeadlineStream(super().connect_tcp(address, port, timeout), deadline)


def read_page(url, allow_hosts=()):
    """Read the HTML page at `url`: URL after redirects, at most MAX_BYTES bytes, charset if given.

    Gives up after SECONDS in all, not counting a slow DNS resolver. Refuses a host that is not
    public unless `allow_hosts` contains its "host:port": ValueError, as where the answer is no HTML
    page. Raises TryLater where the network or the server fails.
    """
    try:
        return follow(url, allow_hosts)
    except (httpcore.TimeoutException, httpcore.NetworkError) as error:
        raise TryLater(f"{url}: {error!r}") from error


def follow(url, allow_hosts):
    deadline = time.monotonic() + SECONDS
    with httpcore.ConnectionPool(network_backend=PublicNetwork(allow_hosts)) as pool:
        for _ in range(1 + MAX_REDIRECTS):
            timeout = {"connect": max(deadline - time.monotonic(), 0.001)}
            with pool.stream("GET", url, extensions={"timeout": timeout}) as response:
                headers = {name.lower(): value.decode() for name, value in response.headers}
                if response.status in (301, 302, 303, 307, 308):
                    url = urljoin(url, headers[b"location"])
                    continue
                if response.status in TEMPORARY:
                    raise TryLater(f"{url} answered {response.status}")
                kind, options = parse_options_header(headers[b"content-type"])
                if response.status != 200 or kind != "text/html":
                    raise ValueError(f"{url} answered {response.status}, {kind}: no HTML page")
                return url, first_bytes(response), options.get("charset")
    raise ValueError(f"{url} redirects once too often")


def first_bytes(response):
    page = b""
    for chunk in response.iter_stream():
        page += chunk
        if len(page) >= MAX_BYTES:
            break
    return page[:MAX_BYTES]
