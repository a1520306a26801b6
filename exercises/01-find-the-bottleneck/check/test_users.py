"""Lets the attendee's users loose on step 1, and reads Locust's table and the server's log."""

import ast
import csv
import re

import pytest

USERS, SECONDS = 8, 6


class Run:
    """What came of the users."""

    def __init__(self, output, rows, failures, log):
        self.output = output
        self.rows = rows
        self.failures = failures
        self.log = log

    def seen(self, method, path):
        """Return how many requests the server has answered with success."""
        return len(re.findall(rf'"{method} {path}[^"]*" 20\d', self.log))

    def median(self, name):
        return float(self.rows[name]["Median Response Time"])


@pytest.fixture(scope="session")
def run(stage, running, tmp_path_factory):
    prefix = tmp_path_factory.mktemp("locust") / "run"
    arguments = f"-f locustfile.py --headless -u {USERS} -r {USERS} -t {SECONDS}s --stop-timeout 2"
    done = stage.run(
        "locust",
        *arguments.split(),
        *("--host", running.url, "--csv", str(prefix), "--exit-code-on-error", "0"),
        seconds=SECONDS + 8,
        SLOW_SITE_URL=running.slow_site_url,
    )
    assert done.returncode == 0, f"Locust did not run: {done.stdout[-600:]}"
    rows = {row["Name"]: row for row in table(prefix, "stats") if row["Name"] != "Aggregated"}
    log = re.sub(r"\x1b\[[\d;]*m", "", running.log("web"))  # colours
    return Run(done.stdout, rows, table(prefix, "failures"), log)


def table(prefix, which):
    with open(f"{prefix}_{which}.csv", newline="") as file:
        return list(csv.DictReader(file))


def test_users_look_at_the_list(run):
    assert run.seen("GET", "/api/questions"), "nobody looked at the list of questions"


def test_users_vote(run):
    assert run.seen("PUT", r"/api/questions/\d+/vote"), "nobody voted"


def test_users_post_a_question_with_a_link(run, podium):
    assert run.seen("POST", "/api/questions"), "nobody posted a question in time: do it more often"
    newest = max(podium.questions(), key=lambda each: each["id"])
    assert newest["previews"], f"the last question has no link to the slow site: {newest['source']}"


def test_no_request_fails(run):
    failed = [f"{row['Method']} {row['Name']}: {row['Error']}" for row in run.failures]
    assert not failed, f"{failed[0]} ({len(failed)} kinds of failure)"
    assert "Traceback" not in run.output, f"a task raised: {run.output.strip().splitlines()[-1]}"


def test_each_kind_of_request_is_one_line_of_the_table(run):
    by_id = [name for name in run.rows if re.search(r"/\d+", name)]
    assert not by_id, f"{by_id[0]!r} is a line of one question: give the request a name"


def test_a_user_logs_in_once(run):
    logins = run.seen("POST", "/api/tokens")
    assert 0 < logins <= USERS, f"{USERS} users logged in {logins} times: once each will do"


def test_users_think_between_two_requests(run):
    requests = sum(int(row["Request Count"]) for row in run.rows.values())
    per_second = requests / USERS / SECONDS
    assert per_second < 5, f"a user sends {per_second:.0f} requests a second: nobody is as quick"


def test_the_bottleneck_is_proven_by_the_table(stage, run):
    named = value_of("BOTTLENECK", (stage.step.path / "locustfile.py").read_text())
    assert named in run.rows, f"BOTTLENECK is {named!r}; the lines are {', '.join(run.rows)}"
    others = [name for name in run.rows if "list" in name or "questions?" in name]
    assert others, "no line is the list: name it so that one can tell"
    ratio = run.median(named) / max(run.median(others[0]), 1)
    assert ratio >= 5, f"the median of {named!r} is {ratio:.1f} times that of {others[0]!r}, not 5"


def value_of(name, code):
    """Return the value of a constant; importing Locust would change this process."""
    for node in ast.parse(code).body:
        if isinstance(node, ast.Assign) and any(t.id == name for t in node.targets):
            return ast.literal_eval(node.value)
    raise AssertionError(f"locustfile.py has no {name} any more")
