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


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_description_of_each_version_names_every_call(app, client, version):
    described = client.get(f"/api/{version}/openapi.json").json["paths"]
    served = {
        rule.rule.removeprefix(f"/api/{version}")
        .replace("<id:id>", "{id}")
        .replace("<", "{")
        .replace(">", "}")
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(f"/api/{version}/")
    }
    assert set(described) == served - {"/openapi.json"}
