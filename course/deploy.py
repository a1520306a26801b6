"""`make deploy-N`: a rolling restart of a step's hosts, one after the other, while it serves.

A host is a process of the Procfile whose name begins with `host-` or `sockets-`: there is one more
that does the same. The step's own balancer.py takes it out of the load balancer and puts it back;
whoever runs the step restarts it in between.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence

from course import procfile, remote
from course.catalog import Step
from course.errors import CourseError
from course.ports import HOST
from course.processes import tail, wait_until
from course.runner import Running

PREFIXES = ("host-", "sockets-")
READY = "/readyz"
TIMEOUT = 30  # seconds in which a host has to get ready


def deploy(step: Step, say: Callable[[str], None]) -> None:
    """Restart the hosts of `step`, which runs in another terminal; CourseError if it does not."""
    names = hosts(step)
    step = remote.which(step)
    variables = remote.find(step)
    _roll(step, names, variables, lambda name: remote.restart(step, name), say)


def rolling_restart(running: Running, say: Callable[[str], None] = print) -> None:
    """Restart the hosts of a step that we run ourselves; CourseError when one does not come up."""
    _roll(running.step, hosts(running.step), running.variables, running.restart, say)


def hosts(step: Step) -> list[str]:
    """Return the names of the step's hosts; CourseError when it has no two."""
    names = procfile.read(step.path / "Procfile", step.entry).processes
    found = [name for name in names if name.startswith(PREFIXES)]
    if len(found) < 2:
        raise CourseError(
            f"Step {step.number} has no two hosts: only a step with a load balancer has them, "
            "from 10 on."
        )
    return found


def _roll(
    step: Step,
    names: Sequence[str],
    variables: Mapping[str, str],
    restart: Callable[[str], None],
    say: Callable[[str], None],
) -> None:
    """Take each host out, restart it, wait until it is ready, put it back.

    A host that does not get ready stays out, and the next one is not touched.
    """
    for name in names:
        say(f"{name}: gets nothing new, finishes what it has")
        _balancer(step, variables, "drain", name)
        say(f"{name}: restarts")
        restart(name)
        address = variables.get(variable(name, "ADDRESS"), HOST)
        port = int(variables[variable(name, "PORT")])
        if not wait_until(lambda a=address, p=port: _ready_but_for_draining(a, p), TIMEOUT):
            raise CourseError(
                f"{name} was not ready within {TIMEOUT} s and gets no requests; the others serve. "
                f"Look at {name}.log in the logs of step {step.number}, mend it and deploy again."
            )
        _balancer(step, variables, "restore", name)
        say(f"{name}: serves again")


def variable(name: str, what: str) -> str:
    """Return the name of a host's variable: host-a has HOST_A_PORT and HOST_A_ADDRESS."""
    return f"{name.upper().replace('-', '_')}_{what}"


def _balancer(step: Step, variables: Mapping[str, str], action: str, name: str) -> None:
    command = [sys.executable, "balancer.py", action, name]
    done = subprocess.run(
        command, cwd=step.path, env=os.environ | variables, capture_output=True, text=True
    )
    if done.returncode:
        raise CourseError(f"balancer.py could not {action} {name}:\n{tail(done.stderr)}")


def _ready_but_for_draining(address: str, port: int) -> bool:
    """Whether a host would take requests, had it not been told that it is about to stop."""
    connection = http.client.HTTPConnection(address, port, timeout=2)
    try:
        connection.request("GET", READY)
        answer = connection.getresponse()
        reasons = json.loads(answer.read()).get("reasons", [])
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()
    return answer.status == 200 or reasons == ["draining"]
