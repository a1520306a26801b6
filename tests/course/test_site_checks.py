"""Each check of the pages finds the fault that is planted, and nothing where there is none."""

import dataclasses

import pytest

from course import catalog
from course.site import checks, pages
from course.site.checks import (
    chapters,
    commands,
    coverage,
    links,
    markup,
    nav,
    offline,
    spelling,
    wording,
)
from course.site.pages import Page

STEP = catalog.find(4)
URI = f"steps/{STEP.name}.md"
WORDS = "A sentence has several words. " * 200


def chapter(**changes: str) -> str:
    """Return a chapter of step 4 as it should be; `changes` replace pieces of its text."""
    waived = "\n".join(f'  "{name}": "why"' for name in STEP.changes)
    sections = "\n\n".join(f"## {name}\n\nText." for name in chapters.SECTIONS)
    sections = sections.replace("## Exercise", "## Exercise\n\n```exercise\nstep: 4\n```")
    text = (
        "---\ntitle: Decorators\ndescription: What views repeat.\nstep: 4\n---\n\n# Decorators\n\n"
        f"```chapter\nstep: 4\n```\n\n{WORDS}\n\n{sections}\n\n"
        f"```waived\nstep: 4\nfiles:\n{waived}\n```\n"
    )
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new, 1)
    return text


def page(text: str, uri: str = "index.md") -> Page:
    return Page(uri, text)


def headed(text: str) -> Page:
    return page(f"---\ntitle: A\ndescription: B\n---\n\n# A\n\n{text}")


def test_a_page_that_is_as_it_should_be_has_no_findings():
    good = page(chapter(), URI)
    assert wording.check(good) == commands.check(good) == spelling.check([]) == []
    assert chapters.check([good], [STEP]) == coverage.check([good], [STEP]) == []


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("step: 4\n---", "step: 5\n---", "`step` in the front matter is not 4"),
        ("```chapter\nstep: 4\n```", "", "no `chapter` block of its step directly below"),
        ("## Pitfalls\n", "", "the section 'Pitfalls' is missing"),
        ("## Pitfalls\n", "## Sources\n", "it has two sections 'Sources'"),
        ("## The problem\n\nText.", "## Run it\n\n## The problem", "in another order"),
        ("```exercise\nstep: 4\n```", "", "does not show the exercise"),
        (WORDS, "", "words; a chapter has 900 to 1800"),
        (WORDS, WORDS * 2, "words; a chapter has 900 to 1800"),
    ],
)
def test_a_chapter_has_what_its_readers_expect(old, new, finding):
    found = chapters.check([page(chapter(**{old: new}), URI)], [STEP])
    assert len(found) >= 1 and any(finding in each for each in found)


def test_a_step_without_a_chapter_is_found():
    assert chapters.check([], [STEP]) == [f"docs/{URI} is missing: step 4 has no chapter"]


def test_words_in_code_do_not_count():
    few = headed("One two three.\n\n```py\na b c d\n```\n\n`x y` <!-- e f --> {{hall:1}}\n")
    assert few.words == 4  # with the title


def test_a_fence_inside_of_a_longer_one_is_its_text():
    outer = headed("````md\n```sh\nmake fly\n```\n````\n")
    assert [fence.kind for fence in outer.fences] == ["md"]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("It is 3 times faster.", "'3 times faster'"),
        ("    within 30 ms", "'30 ms'"),
        ("- a\n- 1,200 requests/s", "'1,200 requests/s'"),
    ],
)
def test_a_figure_that_was_typed_is_found(text, finding):
    (found,) = wording.check(headed(text))
    assert finding in found and found.startswith("docs/index.md: ")


@pytest.mark.parametrize("text", ["`30 ms`", "```sql\n30 ms\n```", "step 3 of 13", "RFC 9110"])
def test_other_numbers_may_be_typed(text):
    assert wording.check(headed(text)) == []


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("# A\n", "the front matter has no title"),
        ("---\ntitle: A\n---\n# A\n", "the front matter has no description"),
        ("---\ntitle: '{{hall:1}}'\ndescription: B\n---\n# A\n", "the title in the front matter"),
        ("---\ntitle: A\ndescription: B\n---\nText\n", "it has 0 titles"),
        ("---\ntitle: A: b\n---\n# A\n", "is no YAML"),
        ("---\ntitle: A\ndescription: " + "b " * 130 + "\n---\n# A\n", "longer than 240"),
    ],
)
def test_front_matter_is_complete(text, finding):
    assert any(finding in each for each in wording.check(page(text)))


def test_an_entry_that_is_neither_shown_nor_waived_is_found():
    entry = '"podium/models.py"'
    text = chapter(**{f'  {entry}: "why"\n': ""})
    (found,) = coverage.check([page(text, URI)], [STEP])
    assert "'podium/models.py', in [changes] of the step, is neither shown nor waived" in found
    shown = text + "\n```listing\nstep: 4\nfile: podium/models.py\nsymbol: Talk\n```\n"
    assert coverage.check([page(shown, URI)], [STEP]) == []


def test_a_listing_of_another_step_does_not_count():
    text = chapter(**{'  "podium/models.py": "why"\n': ""})
    text += "\n```listing\nstep: 3\nfile: podium/models.py\nsymbol: Talk\n```\n"
    assert len(coverage.check([page(text, URI)], [STEP])) == 1


def test_what_is_waived_and_shown_all_the_same_is_found():
    text = chapter() + "\n```change\nstep: 4\nfile: podium/models.py\n```\n"
    (found,) = coverage.check([page(text, URI)], [STEP])
    assert "is waived, and shown all the same" in found


def test_a_waiver_of_what_does_not_change_is_found():
    text = chapter(**{"files:\n": 'files:\n  "old.py": "why"\n'})
    (found,) = coverage.check([page(text, URI)], [STEP])
    assert "'old.py' is waived, which is not in [changes]" in found


def test_an_undeclared_change_is_found_as_soon_as_it_is_declared():
    more = dataclasses.replace(STEP, changes=STEP.changes | {"new.py": "new"})
    assert len(coverage.check([page(chapter(), URI)], [more])) == 1


def test_one_file_shows_an_entry_with_a_star():
    step = dataclasses.replace(STEP, changes={"tests/*": "why"})
    text = "```listing\nstep: 4\nfile: tests/test_decorators.py\n```\n"
    (found,) = coverage.coverage(page(text, URI), step)
    assert (found.shown, found.fault) == (1, "")


@pytest.mark.parametrize(
    "command",
    [
        "make step-4",
        "PORT=9000 WEB_CONCURRENCY=4 make step-9",
        "make flask-13 ARGS='announce \"Coffee is ready.\"'",
        "make deploy-10",
        "make predict-4  # guess first",
        "cd steps/04-decorators && git log",
        "git clone https://example.org/course.git",
        "make",
    ],
)
def test_commands_that_there_are_may_be_typed(command):
    assert commands.check(headed(f"```sh\n{command}\n```\n")) == []


@pytest.mark.parametrize(
    ("command", "finding"),
    [
        ("make fly", "there is no make fly"),
        ("make step-99", "make step-N takes 1 to 13"),
        ("make step-N", "make step-N takes a number"),
        ("make load-1", "make load-N takes 2 to 13"),
        ("make drill-6", "make drill-N takes 7 to 13"),
        ("make hosts-9", "make hosts-N takes 10 to 13"),
        ("PORT=1 make stepp-1", "there is no make stepp-1"),
        ("pip install flask", "expected make, cd or git"),
        ("cd steps/99-nothing", "there is no steps/99-nothing"),
        ("make step-1 && rm -r x", "expected make, cd or git"),
        ("make flask-1 ARGS='x", "the shell would not understand it"),
    ],
)
def test_a_command_that_there_is_not_is_found(command, finding):
    (found,) = commands.check(headed(f"Text.\n\n```sh\nmake test\n{command}\n```\n"))
    assert finding in found and "docs/index.md, line 10: " in found


def test_commands_in_a_sentence_are_looked_at_too():
    (found,) = commands.check(headed("Say `PORT=1 make fly-4`, `make step-N`, `make` or `make …`."))
    assert "there is no make fly-4" in found


def test_other_shells_are_not_looked_at_and_so_not_allowed():
    assert "write ```sh" in commands.check(headed("```bash\nrm -r x\n```"))[0]


def test_a_misspelt_word_is_found(tmp_path):
    (tmp_path / "index.md").write_text("# A\n\nIt is teh end.\n")
    (found,) = spelling.check(pages.load(tmp_path), tmp_path)
    assert found.startswith("docs/index.md:3: teh ==> the")
    (tmp_path / "index.md").write_text("# A\n\nThe colour of an organiser's licence.\n")
    assert spelling.check(pages.load(tmp_path), tmp_path) == []


CONFIG = """
nav:
  - index.md
  - One:
      - steps/01-step.md
  - Two:
      - steps/02-step.md
markdown_extensions:
  - x:
      format: !!python/name:course.site.fences.chapter
"""


@pytest.fixture
def steps(checkout):
    return [
        dataclasses.replace(checkout.step(1), part="One"),
        dataclasses.replace(checkout.step(2), part="Two"),
    ]


def navigated(checkout, steps, config=CONFIG, more=()):
    checkout.write(checkout.root / "mkdocs.yml", config)
    uris = ["index.md", "steps/01-step.md", "steps/02-step.md", *more]
    found = nav.check([page("", uri) for uri in uris], steps, checkout.root / "mkdocs.yml")
    return [each for each in found if "nav has no" not in each]


def test_the_navigation_follows_the_parts_of_the_steps(checkout, steps):
    assert navigated(checkout, steps) == []
    (found,) = navigated(checkout, [steps[0], dataclasses.replace(steps[1], part="One")])
    assert "steps/02-step.md in 'Two' where the steps have steps/02-step.md in 'One'" in found


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("      - steps/02-step.md\n", "      - other.md\n", "nav names other.md, which is not"),
        ("  - index.md\n", "", "docs/index.md is not in the nav"),
        ("  - Two:\n      - steps/02-step.md\n", "", "steps/02-step.md is not in the nav"),
    ],
)
def test_pages_and_navigation_are_the_same(checkout, steps, old, new, finding):
    assert any(finding in each for each in navigated(checkout, steps, CONFIG.replace(old, new)))


def test_a_page_of_the_contract_that_the_navigation_does_not_have_is_found(checkout, steps):
    checkout.write(checkout.root / "mkdocs.yml", CONFIG)
    found = nav.check([], steps, checkout.root / "mkdocs.yml")
    assert "mkdocs.yml: nav has no glossary.md" in found


NAV = '<nav><a href="index.html">A</a><a href="sub/b.html">B</a></nav>'
OTHER = '<p id="there">x</p><a href="../index.html">A</a>'


def site(tmp_path, body: str = "", other: str = OTHER):
    (tmp_path / "sub").mkdir()
    (tmp_path / "index.html").write_text(f"<html>{NAV}{body}</html>")
    (tmp_path / "sub" / "b.html").write_text(f"<html>{other}</html>")
    (tmp_path / "a.css").write_text("")
    return tmp_path


def linked(root):
    return links.check(root, markup.read(root))


def fetched(root):
    return offline.check(root, markup.read(root))


@pytest.mark.parametrize(
    "body",
    [
        '<a href="sub/b.html#there">x</a>',
        '<a href="https://example.org/x">x</a><a href="mailto:a@b.c">x</a>',
        '<link rel="stylesheet" href="a.css"><a href="#top">x</a><a href="#">x</a>',
        '<h1 id="ä">x</h1><a href="#%C3%A4">x</a>',
    ],
)
def test_links_that_lead_somewhere_are_fine(tmp_path, body):
    assert linked(site(tmp_path, body)) == []


@pytest.mark.parametrize(
    ("body", "finding"),
    [
        ('<a href="c.html">x</a>', "there is no such file"),
        ('<img src="c.png" alt="">', "<img> c.png: there is no such file"),
        ('<a href="sub/b.html#here">x</a>', "there is no such anchor"),
        ('<a href="#here">x</a>', "there is no such anchor"),
        ('<a href="../steps/01/podium.py">x</a>', "it leads out of the site"),
        ('<a href="/sub/b.html">x</a>', "does not work in a site that is opened as files"),
        ('<a href="sub/">x</a>', "leads to a directory"),
        ('<p id="a"></p><p id="a"></p>', "there are two of id 'a'"),
        ('<svg><use href="#gone"/></svg>', "there is no such anchor"),
    ],
)
def test_a_dead_link_is_found(tmp_path, body, finding):
    (found,) = linked(site(tmp_path, body))
    assert finding in found and found.startswith("index.html: ")


def test_a_page_that_no_navigation_leads_to_is_found(tmp_path):
    (site(tmp_path) / "lost.html").write_text("<html></html>")
    assert linked(tmp_path) == ["lost.html: no link of the navigation leads there"]


@pytest.mark.parametrize(
    "body",
    [
        '<a href="https://example.org/a.js">x</a>',
        '<link rel="canonical" href="https://example.org/">',
        '<script src="a.js"></script><svg xmlns="http://www.w3.org/2000/svg"></svg>',
        "<code>@import url(https://example.org/a.css)</code>",
    ],
)
def test_what_a_reader_may_follow_is_not_fetched(tmp_path, body):
    assert fetched(site(tmp_path, body)) == []


@pytest.mark.parametrize(
    "body",
    [
        '<script src="https://cdn.example/a.js"></script>',
        '<script src="//cdn.example/a.js"></script>',
        '<link rel="stylesheet" href="https://cdn.example/a.css">',
        '<link rel="preconnect" href="https://cdn.example">',
        '<img src="https://cdn.example/a.png">',
        '<img src="a.png" srcset="a.png 1x, https://cdn.example/a.png 2x">',
        '<iframe src="https://cdn.example"></iframe>',
        '<p style="background: url(https://cdn.example/a.png)"></p>',
        "<style>@import 'https://cdn.example/a.css';</style>",
        '<script>fetch("https://cdn.example/a")</script>',
        '<svg><image href="https://cdn.example/a.png"/></svg>',
    ],
)
def test_what_a_page_would_fetch_from_elsewhere_is_found(tmp_path, body):
    (found,) = fetched(site(tmp_path, body))
    assert found.startswith("index.html would fetch ") and "cdn.example" in found


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.css", "@font-face { src: url(https://cdn.example/a.woff2) }"),
        ("a.css", '@import "//cdn.example/a.css";'),
        ("a.js", 'load("https://unpkg.com/mermaid@11/dist/mermaid.min.js")'),
        ("a.js", "new Worker('https://cdn.example/x')"),
        ("a.js", 's.src="https://cdn.example/x"'),
    ],
)
def test_what_styles_and_scripts_would_fetch_is_found(tmp_path, name, text):
    site(tmp_path)
    (tmp_path / name).write_text(text)
    (found,) = fetched(tmp_path)
    assert found.startswith(f"{name} would fetch ")


def test_addresses_that_a_script_only_names_are_fine(tmp_path):
    site(tmp_path)
    (tmp_path / "a.js").write_text('// https://example.org/a.js\nconst ns = "http://www.w3.org/1";')
    assert fetched(tmp_path) == []


def test_all_checks_of_written_pages_are_made(monkeypatch):
    bad = page("no head, 3 times faster, `make fly`", URI)
    found = " ".join(checks.written([bad], [STEP]))
    for words in ("no title", "3 times faster", "make fly", "'Pitfalls' is missing", "neither"):
        assert words in found
