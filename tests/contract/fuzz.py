"""Requests that Schemathesis makes up from a step's OpenAPI document."""

import subprocess
import sys
import tempfile

from tests.podium_api import Podium

SECONDS = 22
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance,response_headers_conformance"
)
# A run must not revoke the token with which it asks, nor use up the tries for one.
TOKENS = "/tokens$"


def run(servers):
    """Fuzz a server of its own for SECONDS; return the exit code and what Schemathesis said."""
    podium = Podium(servers.another())
    person = podium.register()
    for n in range(5):
        person.ask(f"Question {n} to edit and delete?")
    command = [sys.executable, "-m", "schemathesis.cli", "run"]
    command += [f"{podium.url}/api/openapi.json", "--url", podium.url]
    command += ["--header", f"Authorization: Bearer {person.token}"]
    command += ["--checks", CHECKS, "--mode", "all", "--phases", "examples,coverage,fuzzing"]
    command += ["--exclude-path-regex", TOKENS, "--max-time", str(SECONDS)]
    command += ["--seed", "1", "--generation-deterministic", "--generation-database", "none"]
    command += ["--workers", "2", "--continue-on-failure", "--no-color", "--request-timeout", "15"]
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(
            command,
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=SECONDS * 3,
            check=False,
        )
    return done.returncode, done.stdout + done.stderr
