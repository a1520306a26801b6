"""Mistakes of clients: always JSON with a reason, never a 500."""

import json

import pytest

from tests.podium_api import PASSWORD, is_error, refusal, unique

JSON = {"Content-Type": "application/json"}
DEEP = 20_000
# Requests that take a body: method, path, a body that would do.
BODIES = [
    ("POST", "/api/users", {"nickname": "{unique}", "password": PASSWORD}),
    ("POST", "/api/questions", {"talk": "{talk}", "source": "Good?"}),
    ("PUT", "/api/questions/{own}", {"source": "Better?"}),
]
NOT_AN_OBJECT = {
    "an empty body": b"",
    "blanks": b"  \n ",
    "half an object": b'{"nickname": "x',
    "an array": b"[]",
    "an array of objects": b'[{"source": "x"}]',
    "a string": b'"text"',
    "a number": b"1",
    "null": b"null",
    "true": b"true",
    "NaN": b"NaN",
    "infinity": b'{"source": Infinity, "nickname": -Infinity}',
    "single quotes": b"{'source': 'x'}",
    "a trailing comma": b'{"source": "x",}',
    "two objects": b"{}{}",
    "a form": b"nickname=x&password=y",
    "invalid UTF-8": b'{"nickname": "\xff\xfe", "source": "\xff", "talk": "\xc3\x28"}',
    "an overlong encoding": b'{"source": "\xc0\x80"}',
    "an encoded surrogate": b'{"source": "\xed\xa0\x80", "talk": "x"}',
    "UTF-16": '{"source": "x"}'.encode("utf-16"),
    "a null byte": b'{"source": "x"}\0',
    "raw control characters": b'{"source": "\x01\x02"}',
    "deep arrays": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"source":' * 5000 + b"1" + b"}" * 5000,
    "deep and never closed": b"[" * 60_000,
    "a long number": b'{"source": ' + b"9" * 20_000 + b"}",
    "a huge exponent": b'{"source": 1e999999}',
    "an empty object": b"{}",
    "an unknown field only": b'{"colour": "red"}',
    "an empty name": b'{"": 1}',
    "a name with a null byte": b'{"a\\u0000b": 1}',
    "a name that is a lone surrogate": b'{"\\ud800": 1}',
    "a prototype": b'{"__proto__": {"admin": true}, "__class__": "x"}',
    "thousands of fields": json.dumps({f"f{n}": n for n in range(4000)}).encode(),
}


@pytest.fixture(scope="session")
def sender(podium):
    """Sends one of BODIES, as the author of the question that is edited."""
    author = podium.register()
    own = author.ask("Mine?")["id"]

    def send(method, path, body=None, **options):
        if body is not None:
            text = json.dumps(body).replace("{talk}", podium.talk).replace("{unique}", unique())
            options.setdefault("content", text.encode())
        path = path.replace("{own}", str(own))
        return author.request(method, path, **{"headers": JSON} | options)

    return send


@pytest.mark.parametrize("what", NOT_AN_OBJECT)
@pytest.mark.parametrize("method,path,good", BODIES)
def test_a_body_that_is_not_the_object_asked_for_is_400(sender, method, path, good, what):
    assert is_error(sender(method, path, content=NOT_AN_OBJECT[what]), 400)


@pytest.mark.parametrize("method,path,good", BODIES)
def test_an_unknown_field_is_refused_by_name(sender, method, path, good):
    assert is_error(sender(method, path, good | {"colour": "red"}), 400, field="colour")


@pytest.mark.parametrize("value", [None, True, False, 0, 1.5, [], {}, ["x"], {"x": "y"}])
@pytest.mark.parametrize("method,path,good", BODIES)
def test_nothing_else_passes_for_a_string(sender, method, path, good, value):
    for field in good:
        assert is_error(sender(method, path, good | {field: value}), 400, field=field)


@pytest.mark.parametrize("method,path,good", BODIES)
def test_a_null_byte_in_any_string_is_refused_by_name(sender, method, path, good):
    for field in good:
        assert is_error(sender(method, path, good | {field: "long enough\0"}), 400, field=field)


@pytest.mark.parametrize("method,path,good", BODIES)
def test_a_lone_surrogate_in_any_string_is_400(sender, method, path, good):
    for field in good:
        assert is_error(sender(method, path, good | {field: "long enough \ud800"}), 400)


@pytest.mark.parametrize(
    "kind",
    [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "nonsense"],
)
@pytest.mark.parametrize("method,path,good", BODIES)
def test_a_body_of_another_type_is_415(sender, method, path, good, kind):
    headers = {"Content-Type": kind} if kind else {}
    assert is_error(sender(method, path, good, headers=headers), 415)


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
@pytest.mark.parametrize("method,path,good", BODIES)
def test_json_may_be_named_in_other_ways(sender, method, path, good, kind):
    answer = sender(method, path, good, headers={"Content-Type": kind})
    assert answer.status_code in (200, 201)


@pytest.mark.parametrize("field", ["nickname", "password", "source", "talk"])
def test_a_megabyte_in_any_string_is_413(sender, field):
    for method, path, good in BODIES:
        if field in good:
            assert is_error(sender(method, path, good | {field: "x" * 2**20}), 413)


@pytest.mark.parametrize("method,path,good", BODIES)
def test_64_kib_are_read_and_one_byte_more_is_413(sender, method, path, good):
    full = b"{" + b" " * (64 * 1024 - 2) + b"}"
    assert is_error(sender(method, path, content=full), 400)
    assert is_error(sender(method, path, content=full + b" "), 413)


@pytest.mark.parametrize("method,path,good", BODIES)
def test_100_000_levels_are_refused(sender, method, path, good):
    answer = sender(method, path, content=b"[" * 100_000)
    assert is_error(answer, 400 if answer.status_code == 400 else 413)


def test_a_body_in_chunks_without_a_length_is_read_or_refused(sender):
    for method, path, good in BODIES:
        text = json.dumps(good).replace("{unique}", unique()).encode()
        answer = sender(method, path, content=iter([text[:5], text[5:]]))
        if path == "/api/questions":
            assert is_error(answer, 411 if answer.status_code == 411 else 400)  # "{talk}" is none
        elif answer.status_code not in (200, 201):
            assert is_error(answer, 411)


def test_a_megabyte_in_chunks_is_refused(sender):
    for method, path, _ in BODIES:
        answer = sender(method, path, content=iter([b" " * 4096] * 256))
        # A server may also read the first 64 KiB only, and then finds no object in them.
        assert answer.status_code in (400, 411, 413)
        assert is_error(answer, answer.status_code)


def test_a_name_twice_in_an_object_is_not_a_failure(sender):
    body = b'{"nickname": "first", "nickname": "%s", "password": "%s"}'
    body %= unique().encode(), PASSWORD.encode()
    answer = sender("POST", "/api/users", content=body)
    assert answer.status_code == 201 or is_error(answer, 400)


@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/nothing",
        "/api/talks/",
        "/api/questions/1/votes",
        "/api/%00",
        "/api/%ff",
    ],
)
def test_an_unknown_path_of_the_api_is_404(podium, path):
    answer = podium.http.get(path, follow_redirects=False)
    assert is_error(answer, refusal(answer, path))


@pytest.mark.parametrize(
    "method,path",
    [
        ("GET", "/api/users"),
        ("DELETE", "/api/users/x"),
        ("GET", "/api/tokens"),
        ("PUT", "/api/tokens"),
        ("POST", "/api/talks"),
        ("DELETE", "/api/talks/x"),
        ("DELETE", "/api/questions"),
        ("POST", "/api/questions/1"),
        ("PATCH", "/api/questions/1"),
        ("GET", "/api/questions/1/vote"),
        ("POST", "/api/questions/1/vote"),
        ("POST", "/api/questions/1/answered"),
        ("POST", "/api/votes"),
        ("PUT", "/api/talks/x/transcript.pdf"),
        ("POST", "/api/stats"),
        ("BREW", "/api/talks"),
    ],
)
def test_a_method_that_a_path_does_not_have_is_405(podium, method, path):
    answer = podium.http.request(method, path)
    assert is_error(answer, 405)
    assert method not in answer.headers["Allow"].replace(",", " ").split()


def test_head_answers_as_get_without_a_body(podium):
    for path in ("/api/talks", f"/api/questions?talk={podium.talk}", "/healthz", "/"):
        answer = podium.http.head(path)
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["Content-Type"] == podium.http.get(path).headers["Content-Type"]


def test_errors_do_not_tell_what_is_inside(sender, podium):
    answers = [sender(*BODIES[0][:2], content=body) for body in NOT_AN_OBJECT.values()]
    answers.append(podium.http.get("/api/questions?talk=x&since=abc"))
    for answer in answers:
        for word in ("pydantic", "werkzeug", "Traceback", "sqlite", "site-packages"):
            assert word.lower() not in answer.text.lower()


def test_it_says_that_it_is_healthy(podium):
    answer = podium.http.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
