"""Links that a question may hold, from harmless to hostile, and how to post them all."""

import threading

import httpx

from tests.podium_api import PREVIEWS_COME_LATER, unique

# Path on the slow site: what the title of the preview has to be, None for no preview.
PAGES = {
    "/page/1?delay=0.5": "Connection pool sizing, measured",
    "/redirect/1?to=/page/3": "A poller's diary: what a 304 saves",
    "/redirect/3?to=/page/3": "A poller's diary: what a 304 saves",
    "/redirect/4?to=/page/3": None,
    "/redirect/loop": None,
    "/huge": "A huge page",
    "/huge-head": None,
    "/latin1": "Café Zoë",
    "/script-title": '<script>alert(1)</script> & "friends"',
    "/deep": "A deep page",
    "/binary": None,
    "/status/404": None,
    "/status/500": None,
    "/status/204": None,
    "/broken": None,
    "/broken/length": None,
    "/broken/status": None,
    "/broken/chunk": None,
    "/broken/redirect": None,
    "/page/1?delay=20": None,
    "/never": None,
    "/trickle-headers": None,
    "/redirect-to?url=/never": None,
    "/redirect-to?url=file:///etc/passwd": None,
    "/redirect-to?url=gopher://127.0.0.1/": None,
    "/redirect-to?url=javascript:alert(1)": None,
    "/redirect-to?url=http://[::1": None,
    "/redirect-to?url=http://127.0.0.1:99999/": None,
}
# Whether there is a preview is for the step to say; that there is an answer in time is not.
EITHER = ["/endless", "/gzip-bomb", "/no-title", "/broken/charset"]
THREE = "three slow links"

# Addresses that are the loopback or not public in disguise; {port} is that of the decoy, which
# must see no connection.
HIDDEN = [
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST.:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[0:0:0:0:0:0:0:1]:{port}/",
    "http://[::]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://0x7f000001:{port}/",
    "http://2130706433:{port}/",
    "http://017700000001:{port}/",
    "http://0x7f.1:{port}/",
    "http://127.1:{port}/",
    "http://127.0.0.2:{port}/",
    "http://0.0.0.0:{port}/",
    "http://0:{port}/",
    "http://user:secret@127.0.0.1:{port}/",
    "http://{allowed}@127.0.0.1:{port}/",
    "http://{allowed}#@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}#@{allowed}/",
    "http://example.com%2f@127.0.0.1:{port}/",
    "http://①②⑦.0.0.①:{port}/",
    "http://127。0。0。1:{port}/",
    "{slow}/redirect-to?url=http://127.0.0.1:{port}/",
    "{slow}/redirect-to?url=http://localhost:{port}/",
    "{slow}/redirect-to?url=http://[::1]:{port}/",
    "{slow}/redirect-to?url=//127.0.0.1:{port}/",
    "{slow}/redirect/3?to=http://127.0.0.1:{port}/",
    "{slow}@127.0.0.1:{port}/",
]
FAR = [
    "http://0x7f000001/",
    "http://2130706433/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://10.0.0.1/",
    "http://192.168.0.1/",
    "http://172.16.0.1/",
    "http://100.64.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[fe80::1]/",
    "{slow}/redirect-to?url=http://169.254.169.254/latest/meta-data/",
    "http://127.0.0.1:0/",
    "http://127.0.0.1:22/",
]
OTHER_SCHEMES = [
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_x",
    "ftp://127.0.0.1:{port}/",
    "dict://127.0.0.1:{port}/",
    "ws://127.0.0.1:{port}/",
    "http:127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
]
MALFORMED = [
    "http://",
    "http://[",
    "http://[::1",
    "http://:80/",
    "http://a:b:c/",
    "http://example.com:99999/",
    "http://example.com:-1/",
    "http://.../",
    "http://" + "a" * 300 + ".example/",
    "http://" + "a." * 400 + "example/",
    "http://xn--zzzzzz99999/",
    "http://%00/",
    "http://exa mple/",
    "http://\ufffd/",
    "https://127.0.0.1:{port}/",
]
# How often a page fails before it comes: twice is tried again, nine times is too often.
FLAKY = (1, 2, 9)
NOT_PUBLIC = [*HIDDEN, *FAR, *OTHER_SCHEMES, *MALFORMED]


def post_all(podium, background, decoy):
    """Begin to post a question for each link; return the futures by link.

    A future's result is the answer and how many seconds it took.
    """
    allowed = podium.slow_site_url.removeprefix("http://")
    names = {"port": decoy.port, "slow": podium.slow_site_url, "allowed": allowed}
    sources = {path: f"[link]({podium.slow_site_url}{path})" for path in [*PAGES, *EITHER]}
    for url in NOT_PUBLIC:
        sources[url] = f"[link](<{url.format(**names)}>) and {url.format(**names)}"
    sources[THREE] = " ".join(f"{podium.slow_site_url}/never?{n}" for n in range(3))

    # Posts that wait may all wait together; a crowd of those that do not measures only itself.
    at_once = threading.Semaphore(40 if podium.server.step < PREVIEWS_COME_LATER else 8)

    def post(source):
        body = {"talk": podium.side_talk, "source": source}
        with at_once:
            answer = podium.author().post("/api/questions", json=body)
        return answer, answer.elapsed.total_seconds()

    return {name: background.submit(post, source) for name, source in sources.items()}


def follow_flaky(podium, times):
    """Post a link that fails that often; return the titles of its previews, and its fetches."""
    key = unique("flaky")
    url = f"{podium.slow_site_url}/flaky/{key}?times={times}"
    question = podium.settled(podium.ask(f"When does {url} come?", podium.side_talk))
    return [preview["title"] for preview in question["previews"]], fetched(podium, key)


def fetched(podium, key):
    """Return how often the slow site was asked for what it counts under `key`."""
    url = f"{podium.slow_site_url}/counted/{key}"
    return httpx.get(url, trust_env=False).json()["fetched"]
