"""From step 10 on: two hosts behind a load balancer, and what it does for them and for clients."""

import gzip
import re
import socket
from collections import Counter
from urllib.parse import urlsplit

import httpx
import pytest
from test_api_versions import is_problem
from test_votes import at_once

from tests.podium_api import is_error, unique, wait_until

pytestmark = pytest.mark.since(10)

HOSTS = {"host-a", "host-b"}
STARTS_WITHIN = 45  # seconds, both hosts at once on a busy machine
# Path, and who answers it: all answers have a request ID, those of the balancer too.
EVERYWHERE = [
    "/",
    "/talks/nothing",
    "/nothing",
    "/api/talks",
    "/api/nothing",
    "/api/v2/nothing",
    "/healthz",
    "/readyz",
    "/static/site/style.css",
    "/static/site/nothing.css",
    "/static/nothing/nothing.css",
]
BAD_KEYS = [b"", b"x" * 201, b"two words", b"\xc3\xa9", b"\xff", "ключ".encode()]


def served_by(podium, path="/healthz"):
    return podium.http.get(path).headers["X-Served-By"]


def test_both_hosts_answer(podium):
    seen = Counter()

    def both():
        seen[served_by(podium)] += 1
        return len(seen) >= 2 and min(seen.values()) >= 3

    wait_until(both, "only one host answers", 30, every=0)
    assert set(seen) == HOSTS


def test_the_hosts_are_one_application(podium, alice):
    question = podium.ask("Who knows me?")
    path = f"/api/questions/{question['id']}"
    answers = []

    def by_both():
        answers.append(podium.http.get(path))
        seen = {answer.headers["X-Served-By"] for answer in answers}
        return seen == HOSTS and len(answers) >= 20

    wait_until(by_both, "only one host answers", 30, every=0)
    assert {answer.text for answer in answers} == {answers[0].text}
    assert {alice.get(f"/api/votes?talk={podium.talk}").status_code for _ in range(10)} == {200}


def test_a_host_is_alive_and_ready(podium):
    for _ in range(6):
        answer = podium.http.get("/healthz")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        answer = podium.http.get("/readyz")
        assert answer.status_code == 200
        assert answer.json() == {"status": "ready", "host": answer.headers["X-Served-By"]}


def test_without_the_database_a_host_is_alive_and_not_ready(database_outage):
    answers = database_outage.result().meanwhile
    ready = [answer for name, answer in answers if name == "readiness"]
    assert ready and {answer.status_code for answer in ready} == {503}
    for answer in ready:
        problem = answer.json()
        assert set(problem) == {"status", "host", "reasons"}
        assert (problem["status"], problem["host"]) == ("not ready", answer.headers["X-Served-By"])
        assert problem["reasons"] and all("database" in reason for reason in problem["reasons"])
    assert {answer.status_code for name, answer in answers if name == "health"} == {200}


def test_every_answer_has_a_request_id_of_its_own(podium, alice):
    answers = [podium.http.get(path) for path in EVERYWHERE for _ in range(2)]
    answers.append(podium.http.request("DELETE", "/api/talks"))
    answers.append(podium.http.post("/api/questions", content=b"x" * 70_000))
    answers.append(alice.post("/api/questions", json={"talk": podium.talk, "source": "?"}))
    assert {200, 201, 404, 405, 413} <= {answer.status_code for answer in answers}
    ids = [answer.headers.get_list("X-Request-ID") for answer in answers]
    assert all(len(each) == 1 and re.fullmatch(r"[0-9a-f-]{16,64}", each[0]) for each in ids), ids
    assert len({each[0] for each in ids}) == len(ids)


def test_a_request_is_found_in_the_log_of_the_application_by_its_id(podium, ours):
    for path in (f"/api/questions?talk={unique()}", "/api/v2/nothing", "/"):
        id = podium.http.get(path).headers["X-Request-ID"]
        lines = wait_until(lambda id=id: lines_with(podium, id), f"the log does not name {id}")
        assert any(urlsplit(path).path in line for line in lines)


def test_a_request_id_that_a_client_made_up_is_not_believed(podium, ours):
    spoofed = unique("spoofed")
    for path in ("/api/talks", "/static/site/style.css"):
        answer = podium.http.get(path, headers={"X-Request-ID": spoofed})
        assert spoofed not in answer.headers.get_list("X-Request-ID")
    id = podium.http.get("/api/talks").headers["X-Request-ID"]
    wait_until(lambda: lines_with(podium, id), f"the log does not name {id}")
    assert lines_with(podium, spoofed) == []


def lines_with(podium, text):
    return [line for line in podium.server.log().splitlines() if text in line]


@pytest.mark.parametrize(
    "path,kind",
    [
        ("/static/site/style.css", "text/css"),
        ("/static/talks/talk.js", "text/javascript"),
        ("/static/site/icon.svg", "image/svg+xml"),
    ],
)
def test_a_file_may_be_kept_and_is_sent_again_only_when_it_changed(podium, path, kind):
    answer = podium.http.get(path, headers={"Accept-Encoding": "identity"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].split(";")[0] == kind
    assert "Content-Encoding" not in answer.headers
    assert int(re.search(r"max-age=(\d+)", answer.headers["Cache-Control"])[1]) > 0
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    tag = answer.headers["ETag"]
    again = podium.http.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert podium.http.get(path, headers={"If-None-Match": '"another"'}).status_code == 200


@pytest.mark.parametrize("path", ["/static/site/style.css", "/static/talks/talk.js"])
def test_text_is_packed_for_who_can_unpack_it(podium, path):
    plain = podium.http.get(path, headers={"Accept-Encoding": "identity"})
    with podium.http.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed) == plain.content
    assert len(packed) < len(plain.content)
    for each in (plain, answer):
        assert "Accept-Encoding" in each.headers["Vary"]


def test_only_static_files_are_served_as_files(podium):
    secrets = ("import ", "proxy_pass", "SECRET", "create_app")
    for path in (
        *("/static/site/", "/static/site", "/static/", "/static/site/..%2f..%2fconfig.py"),
        *("/static/../config.py", "/static/..%2fconfig.py", "/static/..%2f..%2fnginx.conf"),
        *("/static/site/%2e%2e/%2e%2e/config.py", "/static/site/%252e%252e/config.py"),
        *(
            "/static/api/routes.py",
            "/static/services/jobs.py",
            "/nginx.conf",
            "/errors/503.v1.json",
        ),
        *("/static/site/style.css%00.py", "/static/site/.", "/podium/config.py", "/balancer.py"),
    ):
        status, _, body = raw_get(podium, path)
        assert status in (301, 308, 400, 403, 404), f"{path}: {status}"
        assert not any(secret in body.decode("utf-8", "replace") for secret in secrets), path


def test_what_the_balancer_refuses_it_refuses_in_the_form_of_who_was_asked(podium, alice):
    body = b'{"source": "%s"}' % (b"x" * 200_000)
    headers = {"Content-Type": "application/json"}
    new = alice.post(f"/api/v2/talks/{podium.talk}/questions", content=body, headers=headers)
    assert is_problem(new, 413)
    for prefix in ("/api", "/api/v1"):
        old = alice.post(f"{prefix}/questions", content=body, headers=headers)
        assert is_error(old, 413)
    page = podium.http.post("/login", content=body)
    assert page.status_code == 413
    assert page.headers["Content-Type"].startswith("text/html")


def test_a_client_that_floods_us_is_slowed_down_and_others_are_not(podium):
    cookie = f"visitor={unique('flood')}"
    # 100 a second are allowed after the first 200, and a busy machine takes seconds for these.
    answers = pipelined(podium, ["/static/site/icon.svg"] * 900, cookie)
    counted = Counter(answer.status_code for answer in answers)
    assert set(counted) == {200, 429} and counted[200] >= 200, counted
    by_path = {}

    def all_refused():
        """Each form of the answer, while the flood goes on."""
        paths = ["/api/talks", "/api/v2/talks", "/talks/nothing"]
        flood = ["/static/site/icon.svg"] * 200
        answers = pipelined(podium, [*flood, *paths], cookie)[len(flood) :]
        for path, answer in zip(paths, answers, strict=True):
            if answer.status_code == 429:
                by_path[path] = answer
        return len(by_path) == len(paths)

    wait_until(all_refused, "not every form of the answer is seen", 30, every=0)
    assert is_error(by_path["/api/talks"], 429)
    assert is_problem(by_path["/api/v2/talks"], 429)
    assert by_path["/talks/nothing"].headers["Content-Type"].startswith("text/html")
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in by_path.values())
    other = podium.http.get("/api/talks", headers={"Cookie": f"visitor={unique('calm')}"})
    assert other.status_code == 200


def test_when_one_host_is_killed_the_other_goes_on_and_it_comes_back(own):
    running = own.server.running
    person, key = own.register(), unique("key")
    path = f"/api/v2/talks/{own.talk}/questions"
    running.kill("host-a")
    try:
        read = [own.http.get("/api/talks") for _ in range(30)]
        body, headers = {"source": "Is one of us enough?"}, {"Idempotency-Key": key}
        posted = [person.post(path, json=body, headers=headers) for _ in range(2)]
    finally:
        running.start("host-a")
    assert {answer.status_code for answer in read} == {200}
    assert {answer.headers["X-Served-By"] for answer in read} == {"host-b"}
    assert [answer.status_code for answer in posted] == [201, 201]
    wait_until(lambda: served_by(own) == "host-a", "host-a does not come back", STARTS_WITHIN)


def test_when_no_host_is_there_the_answer_says_when_to_come_back(own):
    running = own.server.running
    for host in HOSTS:
        running.kill(host)
    try:
        old, new, page = (
            own.http.get(path) for path in ("/api/talks", "/api/v2/talks", "/talks/nothing")
        )
        file = own.http.get("/static/site/style.css")
    finally:
        for host in HOSTS:
            running.start(host)
    assert is_error(old, 503)
    assert is_problem(new, 503)
    assert page.status_code == 503 and page.headers["Content-Type"].startswith("text/html")
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in (old, new, page))
    assert file.status_code == 200
    wait_until(
        lambda: own.http.get("/readyz").status_code == 200,
        "no host comes back",
        STARTS_WITHIN,
        every=0.2,
    )


# Keys that make a POST repeatable.


@pytest.fixture
def poster(podium):
    return Poster(podium, podium.register())


class Poster:
    """Somebody who posts questions with a key, to a talk where few others do."""

    def __init__(self, podium, person):
        self.podium, self.person = podium, person
        self.talk = podium.talks[2]["slug"]

    def post(self, key, source="Once?", talk=None, **options):
        headers = {"Idempotency-Key": key}
        path = f"/api/v2/talks/{talk or self.talk}/questions"
        return self.person.post(path, json={"source": source}, headers=headers, **options)

    def questions(self, talk=None):
        """Return the ids of this person's questions."""
        listed = self.podium.questions(talk=talk or self.talk)
        return [each["id"] for each in listed if each["author"] == self.person.nickname]


def is_replay(answer, first):
    """Assert that an answer is the stored answer to an earlier request, byte for byte."""
    assert answer.headers.get("Idempotent-Replayed") == "true", answer.headers
    for name in ("Content-Type", "Location"):
        assert answer.headers[name] == first.headers[name]
    assert (answer.status_code, answer.content) == (first.status_code, first.content)
    return True


@pytest.mark.parametrize(
    "key", ["k", "!~'\"<>\\", "x" * 200, "8e03978e-40d5-43dd-bc93-6894a57f9324"]
)
def test_a_post_with_the_same_key_is_answered_again_and_done_once(poster, key):
    first = poster.post(key)
    assert first.status_code == 201 and "Idempotent-Replayed" not in first.headers
    assert all(is_replay(poster.post(key), first) for _ in range(3))
    assert poster.questions() == [first.json()["id"]]


def test_the_answer_is_repeated_as_it_was_although_the_question_has_changed(poster):
    key = unique("key")
    first = poster.post(key)
    path = f"/api/v2/questions/{first.json()['id']}"
    assert poster.person.put(path, json={"source": "Changed?"}).status_code == 200
    assert is_replay(poster.post(key), first)
    assert poster.person.delete(path).status_code == 204
    assert is_replay(poster.post(key), first)
    assert poster.questions() == []


def test_ten_posts_with_one_key_at_once_are_one_question(poster):
    key = unique("key")
    answers = at_once(poster.post, [(key,)] * 10)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert poster.questions() == [answers[0].json()["id"]]


def test_a_post_that_is_repeated_does_not_count_against_the_limit(poster):
    key = unique("key")
    first = poster.post(key)
    assert all(is_replay(poster.post(key), first) for _ in range(35))
    assert poster.post(unique("key")).status_code == 201


def test_a_key_with_another_body_or_for_another_talk_is_refused(podium, poster):
    key = unique("key")
    first = poster.post(key)
    assert is_problem(poster.post(key, "Twice?"), 422)
    assert is_problem(poster.post(key, talk=podium.side_talk), 422)
    assert is_replay(poster.post(key), first)
    assert poster.questions() == [first.json()["id"]]
    assert poster.questions(talk=podium.side_talk) == []


def test_a_key_is_its_users(podium, poster):
    key = unique("key")
    other = Poster(podium, podium.register())
    mine, theirs = poster.post(key), other.post(key)
    assert theirs.status_code == 201 and "Idempotent-Replayed" not in theirs.headers
    assert mine.json()["id"] != theirs.json()["id"]
    assert is_replay(poster.post(key), mine) and is_replay(other.post(key), theirs)


@pytest.mark.parametrize("key", BAD_KEYS)
def test_a_key_that_is_none_is_refused_and_nothing_is_posted(poster, key):
    assert is_problem(poster.post(key), 400)
    assert poster.questions() == []


@pytest.mark.parametrize("key", [b"a\x7fb", b"a\x01b", b"a\tb"])
def test_a_control_character_in_a_key_is_refused_and_nothing_is_posted(poster, key):
    # Whoever reads the head of the request may refuse it, before anybody knows what it is for.
    assert poster.post(key).status_code == 400
    assert poster.questions() == []


def test_a_key_whose_request_was_refused_is_free_for_the_next(poster):
    key = unique("key")
    assert is_problem(poster.post(key, ""), 400, field="source")
    assert is_problem(poster.post(key, talk="nothing"), 404)
    first = poster.post(key)
    assert first.status_code == 201 and "Idempotent-Replayed" not in first.headers
    assert is_replay(poster.post(key), first)


def test_a_key_is_no_token(podium, poster):
    key = unique("key")
    first = poster.post(key)
    headers = {"Idempotency-Key": key}
    path = urlsplit(str(first.request.url)).path
    assert is_problem(podium.http.post(path, json={"source": "Once?"}, headers=headers), 401)


def test_without_a_key_every_post_is_a_question(poster):
    path = f"/api/v2/talks/{poster.talk}/questions"
    answers = [poster.person.post(path, json={"source": "Once?"}) for _ in range(2)]
    assert len({answer.json()["id"] for answer in answers}) == 2
    assert all("Idempotent-Replayed" not in answer.headers for answer in answers)


def test_keys_are_described_in_the_document_of_version_2(podium):
    paths = podium.http.get("/api/v2/openapi.json").json()["paths"]
    post = next(
        paths[path]["post"] for path in paths if re.fullmatch("/talks/{.*}/questions", path)
    )
    headers = [each["name"] for each in post["parameters"] if each["in"] == "header"]
    assert headers == ["Idempotency-Key"]
    assert "422" in post["responses"]


def pipelined(podium, paths, cookie):
    """GET paths on one connection without waiting for each answer; return the answers."""
    address = urlsplit(podium.url)
    request = "GET {} HTTP/1.1\r\nHost: x\r\nCookie: {}\r\nConnection: {}\r\n\r\n"
    last = len(paths) - 1
    requests = [
        request.format(path, cookie, "close" if n == last else "keep-alive")
        for n, path in enumerate(paths)
    ]
    with socket.create_connection((address.hostname, address.port), timeout=20) as client:
        client.sendall("".join(requests).encode())
        reader = client.makefile("rb")
        return [read_answer(reader, f"{podium.url}{path}") for path in paths]


def read_answer(reader, url):
    """Read one answer with a length from a connection."""
    status = int(reader.readline().split()[1])
    headers = []
    while line := reader.readline().strip():
        name, _, value = line.decode().partition(": ")
        headers.append((name, value))
    answer = httpx.Response(status, headers=headers, request=httpx.Request("GET", url))
    content = reader.read(int(answer.headers["Content-Length"]))
    return httpx.Response(status, headers=headers, content=content, request=answer.request)


def raw_get(podium, path):
    """GET a path that no client would send as it is; status, head and body."""
    address = urlsplit(podium.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        data = client.makefile("rb").read()
    head, _, body = data.partition(b"\r\n\r\n")
    return int(head.split()[1]), head, body
