"""Requests that Schemathesis makes up from a step's OpenAPI document."""

import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.podium_api import SEED_PASSWORD

SECONDS = 18  # for all documents of a step together
ENOUGH = 100  # requests; a machine that has made fewer by then gets more time
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance,response_headers_conformance"
)
# A run must not revoke the token with which it asks, nor use up the tries for one.
EXCLUDED = "/tokens$"


@dataclass(frozen=True)
class Outcome:
    """What a run found: whether all was well, how many requests it made, and its report."""

    well: bool
    requests: int
    report: str


def run(server, step):
    """Fuzz every document of a server (a future); return an Outcome for each."""
    podium = server.result()
    person = podium.log_in(podium.talks[0]["organiser"], SEED_PASSWORD)
    questions = [podium.ask("Somebody else's?"), *(person.ask(f"Mine, {n}?") for n in range(9))]
    known = {
        "path.id": [question["id"] for question in questions],
        "path.slug": [podium.talk],
        "path.nickname": [person.nickname],
        "query.talk": [podium.talk],
        "body.talk": [podium.talk],
    }
    documents = ["/api/openapi.json"] + ["/api/v2/openapi.json"] * (step >= 6)
    outcomes = []
    for document in documents:
        seconds = SECONDS // len(documents)
        outcomes.append(fuzz(podium.url, document, person.token, known, seconds))
        if outcomes[-1].well and outcomes[-1].requests <= ENOUGH:
            outcomes[-1] = fuzz(podium.url, document, person.token, known, 5 * seconds)
    return outcomes


def fuzz(url, document, token="", known=None, seconds=SECONDS):
    """Make up requests from the document at `url` + `document`, the same at every run.

    `known` has, by parameter, values that lead to something: half of the requests use them.
    """
    command = [sys.executable, "-m", "schemathesis.cli", "run", url + document, "--origin", url]
    command += ["--header", f"Authorization: Bearer {token}", "--checks", CHECKS]
    command += [
        "--mode",
        "all",
        "--phases",
        "examples,coverage,fuzzing",
        "--max-time",
        f"{seconds}",
    ]
    command += ["--exclude-path-regex", EXCLUDED, "--seed", "1", "--generation-deterministic"]
    command += ["--continue-on-failure", "--no-color", "--request-timeout", "30"]
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "schemathesis.toml").write_text(settings(known or {}), encoding="utf-8")
        done = subprocess.run(
            command,
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=seconds + 60,
            check=False,
        )
    report = done.stdout + done.stderr
    made = re.search(r"(\d+) generated", report)
    return Outcome(done.returncode == 0, int(made[1]) if made else 0, report)


def settings(known):
    """Return Schemathesis's configuration with the values that are known, as TOML."""
    lines = []
    for name, values in known.items():
        lines += [f"[dictionaries.{name.replace('.', '-')}]", f"values = {json.dumps(values)}"]
    lines.append("[parameters]")
    for name in known:
        binding = f'dictionary = "{name.replace(".", "-")}", probability = 0.5'
        lines.append(f'"{name}" = {{ {binding} }}')
    return "\n".join(lines) + "\n"
