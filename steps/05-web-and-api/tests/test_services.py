"""One layer holds the rules, and it does not know that there is such a thing as HTTP."""

import ast
from pathlib import Path

import pytest

SERVICES = sorted(Path("podium/services").glob("*.py"))
HTTP = {"flask", "flask_httpauth", "flask_wtf", "werkzeug.exceptions", "podium.api"}


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_service_imports_nothing_of_http(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module] if isinstance(node, ast.ImportFrom) else []
        assert not HTTP.intersection(names), path


def test_the_description_of_the_api_names_every_call(app, client):
    described = client.get("/api/openapi.json").json["paths"]
    served = {
        rule.rule.removeprefix("/api")
        .replace("<id:id>", "{id}")
        .replace("<", "{")
        .replace(">", "}")
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
    }
    assert set(described) == served - {"/openapi.json"}
