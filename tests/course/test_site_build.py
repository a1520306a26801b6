"""The site builds strictly out of pages that are right, and says all that is wrong with others."""

import os
import re
import shutil
import signal
import subprocess
import sys

import httpx
import pytest
from invented_results import write

from course import catalog, commands, ports
from course.errors import CourseError
from course.load import figures
from course.paths import ROOT
from course.processes import wait_until
from course.site import build, checks, command

PATIENCE = 300  # seconds; a busy machine takes its time
HEAD = "---\ntitle: {0}\ndescription: {0}.\n---\n\n# {0}\n\n"
CHAPTER = f"steps/{catalog.find(4).name}.md"
GOOD = {
    "index.md": f"""
[The chapter]({CHAPTER}#the-change) in {{{{title:4}}}}, {{{{hall:13}}}} people.

| a | b |
| - | - |
| {{{{claim:unchanged-is-cheap:ratio}}}} | `{{{{hall:1}}}}` |

```steps
```

```plan
```

```commands
```
""",
    CHAPTER: """
```chapter
step: 4
```

## The change

[Home](../index.md), [RFC 9110](https://www.rfc-editor.org/rfc/rfc9110).

```changes
step: 4
```

```listing
step: 4
file: podium/api/decorators.py
symbol: conditional
```

```change
step: 4
file: podium/talks/api.py
```

```waived
step: 4
files:
  tests/test_decorators.py: It is long.
```

```topology
step: 4
```

```topology
step: 13
```

```chart
claim: unchanged-is-cheap
```

```chart
result: laws
```

```claims
ids: [unchanged-is-cheap]
```

```floors
of: push
```

```drill
step: 8
```

```exercise
step: 4
```

```console title="step 4"
$ curl -s localhost:8000/api/talks
…
```
""",
}


# Lists of steps lead to the chapters of all of them.
GOOD |= {f"steps/{step.name}.md": "A stub." for step in catalog.load() if step.number != 4}


@pytest.fixture(autouse=True)
def results(tmp_path, monkeypatch):
    """Invented results in place of those of the repository."""
    monkeypatch.setenv(figures.VARIABLE, str(write(tmp_path / "results")))


def built(tmp_path, pages: dict[str, str]) -> list[str]:
    """Build pages into tmp_path / "site"; return what is wrong."""
    docs = tmp_path / "docs"
    shutil.copytree(ROOT / "docs" / "assets", docs / "assets", dirs_exist_ok=True)
    for uri, text in pages.items():
        (docs / uri).parent.mkdir(parents=True, exist_ok=True)
        title = uri.rpartition("/")[2].removesuffix(".md")
        (docs / uri).write_text(HEAD.format(title) + text, encoding="utf-8")
    site = tmp_path / "site"
    findings = build.build(site, docs_dir=str(docs), nav=list(pages))
    return findings + (checks.built(site) if (site / "index.html").is_file() else [])


def test_pages_that_are_right_become_a_site_that_needs_nobody_else(tmp_path):
    assert built(tmp_path, GOOD) == []
    index = (tmp_path / "site" / "index.html").read_text()
    chapter = (tmp_path / "site" / CHAPTER.replace(".md", ".html")).read_text()
    assert "260 people" in index and "{{hall:1}}" in index and "{{title" not in index
    assert f'href="{CHAPTER.replace(".md", ".html")}"' in index
    assert "course-fault" not in index + chapter
    assert chapter.count("<svg") >= 4 and "currentColor" in chapter
    assert "fonts.googleapis" not in index and "unpkg" not in index
    assert 'data-step="4"' in chapter
    # Nothing that a block has in it passes for Markdown or HTML of the page.
    assert chapter.count("<h1") == 1
    for script in (tmp_path / "site").rglob("*.js"):
        assert "unpkg.com" not in script.read_text(encoding="utf-8"), script.name


@pytest.mark.parametrize("script", ["iframe-worker.js", "site.js"])
def test_our_scripts_are_part_of_every_page(tmp_path, script):
    built(tmp_path, {"index.md": ""})
    assert f'src="assets/{script}"' in (tmp_path / "site" / "index.html").read_text()


BROKEN = {
    "index.md": """
{{hall:99}} people, [dead](steps/nothing.md), [anchor](page.md#nothing).

<a href="gone.html">raw</a> <a href="page.html#nowhere">raw</a>

<img src="https://cdn.example/a.png" alt="">
""",
    "page.md": """
```listing
step: 4
file: podium/api/decorators.py
symbol: gone
```

```change
step: 4
file: podium/auth/identity.py
```

```topology
step: 99
```

```claims
ids: [nobody-said-so]
```

```exercise
steps: 4
```
""",
}
FINDINGS = (
    r"docs/index\.md: \{\{hall:99\}\}: There is no figure 'hall:99'",
    r"'index\.md' contains a link 'steps/nothing\.md'",
    r"'index\.md' contains a link 'page\.md#nothing'.*anchor",
    r"index\.html: <a> gone\.html: there is no such file",
    r"index\.html: <a> page\.html#nowhere: there is no such anchor",
    r"index\.html would fetch https://cdn\.example/a\.png",
    r"docs/page\.md: `listing`.*has no 'gone'",
    r"docs/page\.md: `change`.*step 4 does not change 'podium/auth/identity\.py'",
    r"docs/page\.md: `topology`.*There is no step 99",
    r"docs/page\.md: `claims`.*no claim 'nobody-said-so'",
    r"docs/page\.md: `exercise`.*`step` is missing",
)


def test_one_build_finds_every_fault_and_names_its_page(tmp_path):
    found = built(tmp_path, BROKEN)
    for finding in FINDINGS:
        assert any(re.search(finding, line) for line in found), (finding, found)
    assert all("\n" not in line for line in found)


def little(tmp_path):
    """Make a folder with our mkdocs.yml and no pages; return the one for pages."""
    docs = tmp_path / "docs"
    shutil.copytree(ROOT / "docs" / "assets", docs / "assets")
    config = (ROOT / "mkdocs.yml").read_text()
    (tmp_path / "mkdocs.yml").write_text(re.sub(r"(?ms)^nav:.*?^(?=\w)", "", config))
    return docs


def get(url: str) -> str:
    try:
        return httpx.get(url, timeout=5, trust_env=False).text
    except httpx.HTTPError:
        return ""


def test_what_is_served_follows_what_is_written_and_ctrl_c_ends_it(tmp_path):
    docs, port = little(tmp_path), ports.find_free()
    (docs / "index.md").write_text("# A\n\n{{hall:13}} people\n")
    code = (
        "from pathlib import Path; from course.site import build; "
        f"build.CONFIG = Path({str(tmp_path / 'mkdocs.yml')!r}); build.serve()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        try:
            url = f"http://127.0.0.1:{port}/"
            assert wait_until(lambda: "260 people" in get(url), PATIENCE)
            (docs / "index.md").write_text("# A\n\n{{hall:99}}\n")
            assert wait_until(lambda: "course-fault" in get(url), PATIENCE)
            server.send_signal(signal.SIGINT)
            output, _ = server.communicate(timeout=PATIENCE)
        finally:
            server.kill()
    assert server.returncode == 0
    assert f"http://localhost:{port}" in output and "There is no figure 'hall:99'" in output
    assert "Traceback" not in output


def test_a_fault_makes_mkdocs_itself_fail_too(tmp_path):
    """Whoever calls it without our command is not fooled either."""
    docs = little(tmp_path)
    (docs / "index.md").write_text("# A\n\n{{hall:99}}\n")
    argv = [sys.executable, "-m", "mkdocs", "build", "-f", str(tmp_path / "mkdocs.yml")]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and "{{hall:99}}" in done.stderr
    (docs / "index.md").write_text("# A\n\n{{hall:13}}\n")
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_fault_in_the_code_of_a_block_is_a_fault_of_the_site(tmp_path, monkeypatch):
    from course.site.blocks import commands as block

    def broken(*_, **__):
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(block, "table", broken)
    found = built(tmp_path, {"index.md": "```commands\n```\n"})
    assert any("`commands`: ZeroDivisionError('oh')" in line for line in found)


def test_without_results_there_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setenv(figures.VARIABLE, str(tmp_path / "nothing"))
    with pytest.raises(CourseError, match=r"There are no results in .*: make measure"):
        command.needs_results()
    done = subprocess.run(
        [sys.executable, "-m", "course", "site"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=os.environ,
    )
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_a_port_that_is_taken_is_said_and_another_is_taken_by_itself(monkeypatch):
    monkeypatch.setattr(ports, "is_free", lambda port: port != 8080)
    with pytest.raises(CourseError, match=r"Port 8080 is taken: PORT=8081 make docs"):
        ports.chosen("8080", build.PORTS, "make docs")
    assert ports.chosen("", build.PORTS, "make docs") == 8081
    with pytest.raises(CourseError, match="PORT is 'x'"):
        ports.chosen("x", build.PORTS, "make docs")
    monkeypatch.setattr(ports, "is_free", lambda port: False)
    with pytest.raises(CourseError, match="Ports 8080 to 8099 are taken"):
        ports.chosen("", build.PORTS, "make docs")


def test_every_block_of_the_site_is_a_fence_of_mkdocs():
    named = re.findall(r"name: (\w+), .*?fences\.(\w+) ", (ROOT / "mkdocs.yml").read_text())
    assert all(name == function for name, function in named)
    assert {"make docs", "make site"} <= {command for command, _ in commands.COMMANDS}


def test_what_is_checked_counts_as_a_fault(monkeypatch, capsys):
    monkeypatch.setattr(command.pages, "load", list)
    monkeypatch.setattr(command.checks, "written", lambda *_: ["docs/a.md: wrong"])
    monkeypatch.setattr(command.build, "build", lambda: [])
    monkeypatch.setattr(command.checks, "built", lambda _: [])
    monkeypatch.setattr(command, "slides", list)
    assert command.site() == 1
    assert "docs/a.md: wrong" in capsys.readouterr().out
    monkeypatch.setattr(command.checks, "written", lambda *_: [])
    assert command.site() == 0
    assert "index.html" in capsys.readouterr().out
    monkeypatch.setattr(command, "slides", lambda: ["slides/a.md:4: wrong"])
    assert command.site() == 1
    assert "slides/a.md:4: wrong" in capsys.readouterr().out
