"""A console session of the docs that is not what happens is found, and none is overlooked."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from course.errors import CourseError
from course.paths import ROOT
from course.processes import group_alive
from course.runner import StepFailed
from course.sessions import cli, make, pages, run, write
from course.sessions.addresses import Addresses
from course.sessions.bash import Bash
from course.sessions.lines import brought_up_to_date, difference, generalised, matches
from course.sessions.pages import Command
from course.sessions.run import Outcome


def parsed(text: str) -> pages.Page:
    return pages.parse(text, Path("page.md"))


def mistakes(text: str) -> list[str]:
    return [f"{line}: {what}" for line, what in parsed(text).mistakes]


GOOD = """\
---
step: 4
---
# A page

```console title="step 4"
$ echo one \\
    two
one two
$ true

$ printf 'a\\n\\nb\\n'
a

b
```
Prose.
```console title="step 13"
$ cat <<'END'
it's a line
END
it's a line
$ echo '{
  "a": 1}'
…
  "a": …
```
"""


def test_the_commands_of_a_page_are_read_with_their_lines_and_what_is_shown():
    page = parsed(GOOD)
    assert page.mistakes == []
    assert page.steps == [4, 13]
    first, second = page.sessions
    assert (first.step, first.line, first.end) == (4, 6, 16)
    assert first.commands == (
        Command("echo one \\\n    two", ("one two",), 7),
        Command("true", (), 10),
        Command("printf 'a\\n\\nb\\n'", ("a", "", "b"), 12),
    )
    assert [command.text for command in second.commands] == [
        "cat <<'END'\nit's a line\nEND",
        "echo '{\n  \"a\": 1}'",
    ]


INDENTED = '!!! note\n\n    ```console title="step 4"\n    $ true\n    ```\n'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("```console\n$ true\n```\n", ['1: expected ```console title="step N", not ```console']),
        ('```console title="here"\n$ true\n```\n', ['1: expected ```console title="step N", not']),
        ('```console title="step 4" hl_lines="1"\n$ true\n```\n', ["1: expected ```console"]),
        ('``` {.console title="step 4"}\n$ true\n```\n', ["1: expected ```console"]),
        ('```Console title="step 4"\n$ true\n```\n', ["1: expected ```console"]),
        ('```shell-session title="step 4"\n$ true\n```\n', ["1: expected ```console"]),
        ('  ```console title="step 4"\n  $ true\n  ```\n', ["1: expected ```console"]),
        (INDENTED, ["3: a session that would not be run", "4: a line with a prompt"]),
        ('- list\n\n  ```console title="step 4"\n  $ true\n  ```\n', ["3: a session", "4: a line"]),
        ('> ```console title="step 4"\n> $ true\n> ```\n', ["1: a session", "2: a line"]),
        ('<!--\n```console title="step 4"\n$ true\n```\n-->\n', ["2: a session", "3: a line"]),
        ("```sh\n$ true\n```\n", ["2: a line with a prompt"]),
        ("<pre>\n$ true\n</pre>\n", ["2: a line with a prompt"]),
        ('```console title="step 4"\nno command\n```\n', ["2: a session begins with a command"]),
        ('```console title="step 4"\nout\n$ true\n```\n', ["2: a session begins with a command"]),
        ('```console title="step 4"\n```\n', ["1: a session without a command"]),
        ('```console title="step 4"\n$ true\n', ["1: the fence has no end"]),
        ('```console title="step 4"\n$ ls\n…\n```\n', ["2: the page shows nothing of what this"]),
    ],
)
def test_what_would_not_be_run_or_shows_nothing_is_a_mistake(text, found):
    got = mistakes(text)
    assert len(got) == len(found)
    assert all(one.startswith(start) for one, start in zip(got, found, strict=True)), got


@pytest.mark.parametrize(
    ("command", "what"),
    [
        ("curl http://localhost:8000/a?b=1", "the address needs quotes"),
        ("curl localhost:8000/a?b=1 -s", "the address needs quotes"),
        ("sleep 1 &", "a terminal prints the number of a job"),
        ("ls # all of it", "no comment in a command"),
        ('echo "Hello!"', 'a ! in "double quotes"'),
        ("make step-4", "make step-4 runs on, takes long"),
        ("cd . && PORT=9000 make step-4", "make step-4 runs on, takes long"),
        ("make nonsense", "make nonsense does not exist"),
    ],
)
def test_what_not_every_reader_can_type_is_a_mistake(command, what):
    got = mistakes(f'```console title="step 4"\n$ {command}\n```\n')
    assert len(got) == 1
    assert got[0].startswith(f"2: {what}")


@pytest.mark.parametrize(
    "command",
    [
        "curl 'http://localhost:8000/a?b=1&c=[2]#x'",
        'curl "http://localhost:8000/a?b=$X"',
        "(sleep 1 & sleep 2; wait)",
        "true && echo '# !'",
        "SIDE=1 make diff-4 | head -3",
        "make flask-13 ARGS='announce \"The coffee, hot\"'",
        "cat <<X\nwhat? # no! localhost:8000/?\nX",
    ],
)
def test_what_every_reader_can_type_is_none(command):
    assert mistakes(f'```console title="step 4"\n$ {command}\n```\n') == []


def test_a_page_about_pages_may_quote_a_session():
    assert mistakes("````markdown\n```console\n$ true\n```\n````\n") == []
    assert len(mistakes("````text\n```console\n$ true\n```\n````\n")) == 2


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a", "a", True),
        ("a  ", "a\n\n", True),
        ("a", "b", False),
        ("a", "a\nb", False),
        ("a\nb", "a", False),
        ("", "a", False),
        ("a", "", False),
        ("…\nb", "a\na\nb", True),
        ("…\nb", "b", True),
        ("a\n…", "a", True),
        ("a\n…\nc", "a\nb", False),
        ("…\na\n…\nb\n…", "x\na\nb\ny", True),
        ("…\na\n…\nb\n…", "x\nb\na\ny", False),
        ('ETag: "…"', 'ETag: "17"', True),
        ('ETag: "…"', "ETag: 17", False),
        ("a…c", "abc\nabc", False),
        ("a.c", "abc", False),
        ("(…", "(x", True),
    ],
)
def test_an_ellipsis_stands_for_what_varies_and_nothing_else_does(shown, printed, same):
    assert matches(shown.splitlines(), printed.splitlines()) is same


def test_a_difference_names_what_is_shown_and_what_was_printed():
    shown = ["HTTP/1.1 200 OK", "…", "ETag: …", "", '{"a": 1}']
    printed = ["HTTP/1.1 404 NOT FOUND", "Server: x", "ETag: 17", "", '{"a": 2}']
    assert difference(shown, printed).splitlines() == [
        "--- the page shows",
        "+++ it printed",
        "-HTTP/1.1 200 OK",
        "+HTTP/1.1 404 NOT FOUND",
        " …",
        " ETag: …",
        " ",
        '-{"a": 1}',
        '+{"a": 2}',
    ]


@pytest.mark.parametrize(
    ("shown", "printed", "right"),
    [
        ("", "a\nb", "a\nb"),
        ("x\n…\nz", "x\ny\nz", "x\n…\nz"),
        ("old line\n…\nz", "new line\ny\nz", "new line\n…\nz"),
        ("x\nno more\n…\nz …", "x\ny\nz 1", "x\n…\nz …"),
        ("x\nz", "x\ny\nz", "x\ny\nz"),
    ],
)
def test_what_is_written_keeps_each_ellipsis_that_has_a_place(shown, printed, right):
    assert "\n".join(brought_up_to_date(shown.splitlines(), printed.splitlines())) == right


def test_what_differs_between_two_runs_becomes_an_ellipsis():
    first = ["HTTP/1.1 200 OK", 'ETag: "17"', "at 2026-11-27T10:00:00Z by p1", "x", "end"]
    second = ["HTTP/1.1 200 OK", 'ETag: "23"', "at 2026-11-27T10:00:07Z by p1", "end"]
    assert generalised(first, second) == [
        "HTTP/1.1 200 OK",
        'ETag: "…"',
        "at … by p1",
        "…",
        "end",
    ]


def outcome(command: Command, *printed: str, status: int = 0) -> Outcome:
    return Outcome(command, printed, status)


def test_a_page_is_written_from_two_runs():
    text = GOOD.replace("one two", "old")
    page = parsed(text)
    first, second = page.sessions
    today = datetime(2026, 11, 27, tzinfo=UTC)

    def ran(number: int):
        here = [outcome(c, *c.shown) for c in first.commands]
        here[0] = outcome(
            first.commands[0],
            "one two",
            f"id {number}",
            "Date: Fri, 27 Nov 2026 10:00:00 GMT",
            "Sunset: Sat, 01 May 2027 00:00:00 GMT",
        )
        there = [
            outcome(second.commands[0], "it's a line"),
            outcome(second.commands[1], "{", '  "a": 1}'),
        ]
        return {first: here, second: there}

    new = write.updated(text, ran(1), ran(2), today)
    wanted = "one two\nid …\nDate: …\nSunset: Sat, 01 May 2027 00:00:00 GMT"
    assert new == GOOD.replace("one two\n$", f"{wanted}\n$").replace("$ true\n\n", "$ true\n")
    assert parsed(new).mistakes == []


def problems_of(text: str, *outcomes: tuple[str, int]) -> list[str]:
    (session,) = parsed(f'```console title="step 4"\n{text}```\n').sessions
    ran = [
        Outcome(command, tuple(printed.splitlines()), status)
        for command, (printed, status) in zip(session.commands, outcomes, strict=True)
    ]
    return run.problems(session, ran, "page.md")


def test_a_command_that_fails_without_a_word_is_noticed():
    (problem,) = problems_of("$ false\n$ true\n", ("", 1), ("", 0))
    assert problem.startswith("page.md:2: $ false\nit failed (status 1) and the page shows nothing")
    assert problems_of("$ false\n$ echo $?\n1\n", ("", 1), ("1", 0)) == []
    assert problems_of("$ grep x y\nno y\n", ("no y", 2)) == []


def test_the_ports_of_the_page_are_those_of_the_reader():
    addresses = Addresses(4000, 4001)
    typed = "curl http://localhost:8000/ -d http://127.0.0.1:8001/a localhost:80001 x8000"
    live = "curl http://localhost:4000/ -d http://127.0.0.1:4001/a localhost:80001 x8000"
    assert addresses.live(typed) == live
    assert addresses.readers(live) == typed


def test_no_page_holds_the_value_of_a_cookie():
    line = "Set-Cookie: session=eyJ.abc-1; HttpOnly; Path=/"
    assert run.without_cookie(line) == "Set-Cookie: session=…; HttpOnly; Path=/"
    assert run.without_cookie("Cookies: a=b") == "Cookies: a=b"


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("make diff-4", ["diff-4"]),
        ("SIDE=1 make diff-4 | head", ["diff-4"]),
        ("(make progress; make help) && make", ["progress", "help"]),
        ("make flask-4 ARGS='make step-4'", ["flask-4"]),
        ("echo make step-4", []),
        ("cmake step-4", []),
    ],
)
def test_what_make_is_asked_for_is_seen(command, found):
    assert make.targets(command) == found


@pytest.fixture
def bash(tmp_path):
    shell = Bash(tmp_path, {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"})
    yield lambda command, seconds=20: shell.run(command, seconds)
    shell.close()
    assert not group_alive(shell.pid)


def test_each_command_has_its_own_output_and_status(bash):
    assert bash("printf one; echo two >&2; (exit 3)").text == "onetwo\n"
    assert bash("echo $?").text == "3\n"
    assert bash("cat; A='ü x'; cd /").text == ""
    assert bash('echo "$A"; pwd').text == "ü x\n/\n"
    assert bash("printf 'a\\r\\nb\\n\\n\\033[1mc\\033[0m'").text == "a\nb\n\nc"
    assert bash("printf '10 %%\\r100 %%\\n'").text == "100 %\n"
    assert bash("test -t 1").status == 0
    assert bash("seq 20000 | tail -n 20000").text == "".join(f"{n}\n" for n in range(1, 20_001))
    broken = bash("if then")
    assert (broken.status, "syntax error" in broken.text) == (2, True)
    assert bash("echo still here").text == "still here\n"


@pytest.mark.parametrize(
    ("command", "seconds", "problem"),
    [
        ("echo begun; sleep 600", 1, "it did not end within 1 s"),
        ("echo begun; exit 3", 20, "it ended the shell"),
    ],
)
def test_a_command_that_does_not_end_or_ends_the_shell_is_a_problem(
    bash, command, seconds, problem
):
    printed = bash(command, seconds)
    assert (printed.text, printed.status, printed.problem) == ("begun\n", None, problem)


PAGE = """\
```console title="step 1"
$ curl -s http://localhost:8000/right; echo
/right
$ WORD=kept; cd steps; echo x > written
$ echo http://127.0.0.1:8001 $WORD
http://127.0.0.1:8001 kept
```

```console title="step 1"
$ echo $WORD; ls
kept
01-step  written
$ curl -si http://localhost:8000/ | head -n 3
HTTP/1.0 200 OK
Server: …
Date: …
```

```console title="step 1"
$ curl -s http://localhost:8000/wrong; echo
/right
```

```console title="step 1"
$ curl -si http://localhost:8000/
HTTP/1.0 404 Not Found
…
```

```console title="step 1"
$ printf 'a\\nb\\n'
a
$ printf 'a\\n'
a
b
```

```console title="step 1"
$ false
```

```console title="step 1"
$ echo begun; sleep 600
$ echo never
never
```
"""


def played(checkout, text: str, **options) -> list[tuple[int, list[str]]]:
    """Return the lines of the sessions of step 1, and the problems of each."""
    page = parsed(text)
    assert page.mistakes == []
    outcomes = run.play(1, page.of(1), checkout.root, **options).outcomes
    return [(s.line, run.problems(s, outcomes[s], "page.md")) for s in page.sessions]


def test_a_session_that_is_not_what_happens_is_a_problem_and_the_others_are_none(checkout):
    checkout.step()
    (_, right), (_, right_too), *wrong = played(checkout, PAGE, seconds=3)
    assert (right, right_too) == ([], [])
    (_, output), (_, header), (_, lines), (_, silent), (last, hanging) = wrong
    assert output == [
        "page.md:20: $ curl -s http://localhost:8000/wrong; echo\n"
        "--- the page shows\n+++ it printed\n-/right\n+/wrong"
    ]
    assert "-HTTP/1.0 404 Not Found\n+HTTP/1.0 200 OK\n …" in header[0]
    assert [problem.splitlines()[-2:] for problem in lines] == [[" a", "+b"], [" a", "-b"]]
    assert "it failed (status 1)" in silent[0]
    assert hanging == [
        f"page.md:{last + 1}: $ echo begun; sleep 600\nit did not end within 3 s\n    begun",
        f"page.md:{last + 2}: $ echo never\n"
        f"not run: the command in line {last + 1} ended the session",
    ]
    assert not (checkout.root / "steps" / "written").exists()


def test_a_step_that_does_not_start_has_no_session(checkout):
    checkout.step(files={"web.py": "raise SystemExit('no database')"})
    with pytest.raises(StepFailed, match="no database"):
        played(checkout, '```console title="step 1"\n$ true\n```\n')
    with pytest.raises(CourseError, match="There is no step 2"):
        run.play(2, [], checkout.root)


@pytest.fixture
def author(checkout, monkeypatch):
    """Runs `python -m course sessions` with steps of a checkout of its own."""
    checkout.step()
    monkeypatch.setattr(cli, "ROOT", checkout.root)
    page = checkout.root / "page.md"

    def sessions(text: str, *options: str):
        checkout.write(page, text)
        result = CliRunner().invoke(cli.sessions, [str(page), *options])
        return result, page.read_text(encoding="utf-8")

    return sessions


def test_an_author_gets_the_output_written_into_the_page(author):
    text = (
        '# Page\n\n```console title="step 1"\n$ curl -si http://localhost:8000/x; echo " $$"\n```\n'
    )
    result, unchanged = author(text)
    assert isinstance(result.exception, CourseError)
    assert "1 of 1 sessions are not what happens" in str(result.exception)
    assert "  HTTP/1.0 200 OK\n" in result.output
    assert unchanged == text

    result, new = author(text, "--write")
    assert result.exception is None
    head, _, shown = new.partition('" $$"\n')
    assert head + '" $$"\n```\n' == text
    assert shown.splitlines()[:3] == ["HTTP/1.0 200 OK", shown.splitlines()[1], "Date: …"]
    assert shown.endswith("\n\n/x …\n```\n")

    result, again = author(new, "--write")
    assert "page.md was right." in result.output
    assert again == new


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("No session.\n", "page.md has no console session."),
        ("```console\n$ true\n```\n", "page.md:1: expected ```console"),
        ('```console title="step 1"\n$ exit 1\n```\n', "page.md:2: it ended the shell; nothing"),
    ],
)
def test_an_author_is_told_what_cannot_be_written(author, text, message):
    result, after = author(text, "--write")
    assert isinstance(result.exception, CourseError)
    assert message in str(result.exception)
    assert after == text


def test_make_in_a_session_does_what_the_makefile_does(tmp_path):
    def printed(*arguments: str, **environment: str) -> tuple[int, str]:
        answer = subprocess.run(
            [sys.executable, "-m", "course.sessions.make", *arguments],
            cwd=ROOT,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return answer.returncode, answer.stdout

    assert "make step-N" in printed()[1]
    assert printed("diff-1")[1].startswith("Step 1: ")
    code, text = printed("diff-99")
    assert (code, text.splitlines()[-1]) == (2, "make: *** [Makefile:…: diff-99] Error 2")
    assert printed("step-4") == (2, f"make step-4 {make.refused('step-4')}\n")
    # The step does not run here, but make has understood the arguments if it says so.
    assert "Step 1 is not running" in printed("flask-1", "ARGS=seed 'a b'")[1]
    assert "Step 1 is not running" in printed("flask-1", ARGS="seed")[1]


TRUE_AND_FALSE = """\
```console title="step 1"
$ curl -s http://localhost:8000/healthz
{"status":"ok"}
```

```console title="step 1"
$ echo what happens
something else
```

```console title="step 99"
$ true
```

```console
$ true
```
"""


def test_the_check_of_the_docs_is_red_for_each_fault_and_only_for_that(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(TRUE_AND_FALSE, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rA", "tests/docs"]
    answer = subprocess.run(
        [*command, "--page", str(page), "--seconds", "100"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert "3 failed, 1 passed" in answer.stdout
    assert (
        f"PASSED tests/docs/test_sessions_of_pages.py::test_the_page_shows_what_happens[{page}:1]"
        in answer.stdout
    )
    assert "-something else\n+what happens" in answer.stdout
    assert "There is no step 99" in answer.stdout
    assert f"{page}:15: expected ```console" in answer.stdout
