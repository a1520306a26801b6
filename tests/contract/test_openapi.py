"""From step 5 on: a document that describes the API, and an API that keeps to it."""

import contextlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import fuzz
import jsonschema_rs
import pytest

pytestmark = pytest.mark.since(5)

CALLS = [
    "POST /api/users",
    "GET /api/users/{}",
    "POST /api/tokens",
    "DELETE /api/tokens",
    "GET /api/talks",
    "GET /api/talks/{}",
    "GET /api/questions",
    "POST /api/questions",
    "GET /api/questions/{}",
    "PUT /api/questions/{}",
    "DELETE /api/questions/{}",
    "PUT /api/questions/{}/vote",
    "DELETE /api/questions/{}/vote",
    "PUT /api/questions/{}/answered",
    "DELETE /api/questions/{}/answered",
    "GET /api/votes",
    "GET /api/talks/{}/transcript.pdf",
    "GET /api/stats",
]
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")


@pytest.fixture(scope="module")
def document(podium):
    answer = podium.http.get("/api/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].split(";")[0] == "application/json"
    return answer.json()


def operations(document):
    base = (document.get("servers") or [{"url": ""}])[0]["url"].rstrip("/")
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                parameters = item.get("parameters", []) + item[method].get("parameters", [])
                yield method.upper(), base + path, item[method] | {"parameters": parameters}


def walk(value, path="#"):
    yield path, value
    if isinstance(value, dict):
        for name, each in value.items():
            yield from walk(each, f"{path}/{name}")
    elif isinstance(value, list):
        for n, each in enumerate(value):
            yield from walk(each, f"{path}/{n}")


def test_the_document_is_openapi_3_1_and_says_what_it_describes(document):
    assert document["openapi"].startswith("3.1.")
    assert document["info"]["title"] and document["info"]["version"]


@pytest.mark.parametrize("call", CALLS)
def test_every_call_is_described(document, call):
    described = {
        f"{method} {re.sub('{[^}]*}', '{}', path)}" for method, path, _ in operations(document)
    }
    assert call in described or call.replace("/api/", "/api/v1/") in described


def test_every_operation_has_a_summary_and_its_errors(document):
    for method, path, operation in operations(document):
        where = f"{method} {path}"
        assert operation.get("summary") or operation.get("description"), where
        assert all(re.fullmatch("[1-5][0-9][0-9]", code) for code in operation["responses"]), where
        assert any(code.startswith("2") for code in operation["responses"]), where
        if "requestBody" in operation:
            assert {"400", "413", "415"} <= set(operation["responses"]), where
        if operation.get("security"):
            assert "401" in operation["responses"], where
        variables = re.findall("{([^}]*)}", path)
        declared = [each["name"] for each in operation["parameters"] if each["in"] == "path"]
        assert sorted(variables) == sorted(declared), where


def test_every_reference_leads_somewhere(document):
    for path, value in walk(document):
        if isinstance(value, dict) and isinstance(value.get("$ref"), str):
            target = document
            assert value["$ref"].startswith("#/"), path
            for part in value["$ref"][2:].split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]


def test_every_schema_is_a_json_schema(document):
    schemas = list(document.get("components", {}).get("schemas", {}).values())
    schemas += [value["schema"] for _, value in walk(document) if is_media(value)]
    assert schemas
    for schema in schemas:
        jsonschema_rs.meta.validate(
            {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema
        )


def test_the_token_is_a_declared_security_scheme(document):
    schemes = document["components"]["securitySchemes"].values()
    assert {"bearer", "basic"} <= {scheme.get("scheme", "").lower() for scheme in schemes}


def test_generated_requests_meet_no_500_and_nothing_undocumented(fuzzing):
    for outcome in fuzzing.result():
        assert outcome.well, outcome.report
        assert outcome.requests > fuzz.ENOUGH, outcome.report


def test_generated_requests_would_find_what_is_not_as_documented():
    with lying_server() as url:
        outcome = fuzz.fuzz(url, "/openapi.json", seconds=2)
    assert not outcome.well
    for fault in ("Server error", "Undocumented status", "violates schema"):
        assert fault in outcome.report


LIES = {"/500": (500, {}), "/418": (418, {}), "/text": (200, {"ok": "a text"})}


@contextlib.contextmanager
def lying_server():
    """Serve a document that promises {"ok": true} everywhere, and LIES; yield the address."""
    promise = {"type": "object", "properties": {"ok": {"type": "boolean"}}}
    answer = {"description": "ok", "content": {"application/json": {"schema": promise}}}
    paths = {path: {"get": {"responses": {"200": answer}}} for path in LIES}
    document = {"openapi": "3.1.1", "info": {"title": "Liar", "version": "1"}, "paths": paths}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, body = LIES.get(self.path, (200, document))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def is_media(value):
    return isinstance(value, dict) and isinstance(value.get("schema"), dict) and "$ref" not in value
