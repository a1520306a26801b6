"""Code in pages: found by its name in every kind of file, and missed aloud when it is gone."""

import textwrap

import pytest

from course import catalog
from course.errors import CourseError
from course.site import filediff, highlight, source

FILES = {
    "app.py": '''
        """A module."""

        LIMIT = 3
        LIMIT.real["x"] = first, second = 1, 2

        # Why it is so.
        # In two lines.
        @decorated
        def view(name):
            return {"a": "}"}


        class Pool:
            """Threads."""

            size: int = 8

            # A comment of the method.
            def submit(self, job):
                def inner():
                    return job

                return inner


        if LIMIT:
            extra = 1
    ''',
    "nginx.conf": """
        http {
            # Who is next.
            upstream podium {
                least_conn;   # not { round robin }
            }
            map "$a$b" $keyed { "~^POST ." 1; default 0; }
            server {
                location / { proxy_pass http://podium; }
                location ~ "^/(?<area>[a-z]{2,9})/x$" {
                    alias "a;b}";
                }
            }
        }
    """,
    "page.js": """
        import { get } from "./api.js";

        /** Asks. */
        export async function ask(where = "}") {
          const pattern = /[{]/;
          return `${where} {`;
        }

        // A list.
        const list = new List(
          ask,
        );

        class List {
          /** Takes what is new. */
          take({ items }) {
            for (const item of items) this.add(item);
          }

          add(item) { this.items.push(item); }
        }
    """,
    "page.html": """
        {% extends "base.html" %}
        {% block main %}
        {% block inner %}<b>x</b>{% endblock %}
        {% endblock main %}
        {% macro row(item) %}
        <li>{{ item }}</li>
        {% endmacro %}
    """,
    "some.toml": """
        [one]
        a = 1

        # About two.
        [two]
        b = 2

        [three.four]
        c = 3
    """,
    "style.css": """
        a, .talk h1 { color: red; }
        @media print { a { color: black; } }
    """,
    "plain.txt": "words\n",
}


@pytest.fixture
def step(checkout):
    return checkout.step(2, files=FILES)


@pytest.mark.parametrize(
    ("file", "name", "first", "last"),
    [
        ("app.py", "LIMIT", "LIMIT = 3", "LIMIT = 3"),
        ("app.py", "second", 'LIMIT.real["x"] = first', None),
        ("app.py", "view", "# Why it is so.", '    return {"a": "}"}'),
        ("app.py", "Pool", "class Pool:", "        return inner"),
        ("app.py", "Pool.submit", "class Pool:", "        return inner"),
        ("app.py", "Pool.size", "class Pool:", "    size: int = 8"),
        ("app.py", "extra", "extra = 1", "extra = 1"),
        ("nginx.conf", "upstream podium", "# Who is next.", "}"),
        ("nginx.conf", "location /", "location / { proxy_pass http://podium; }", None),
        ("nginx.conf", 'location ~ "^/(?<area>[a-z]{2,9})/x$"', "location ~", "}"),
        ("nginx.conf", "map $keyed", 'map "$a$b" $keyed', None),
        ("nginx.conf", "least_conn", "least_conn;", None),
        ("page.js", "ask", "/** Asks. */", "}"),
        ("page.js", "list", "// A list.", ");"),
        ("page.js", "List", "class List {", "}"),
        ("page.js", "List.take", "/** Takes what is new. */", "}"),
        ("page.js", "List.add", "add(item) { this.items.push(item); }", None),
        ("page.html", "block main", "{% block main %}", "{% endblock main %}"),
        ("page.html", "block inner", "{% block inner %}", None),
        ("page.html", "macro row", "{% macro row(item) %}", "{% endmacro %}"),
        ("some.toml", "two", "# About two.", "b = 2"),
        ("some.toml", "three.four", "[three.four]", "c = 3"),
        ("style.css", ".talk h1", "a, .talk h1 { color: red; }", None),
        ("Procfile", "web", "web: python web.py", None),
    ],
)
def test_code_is_found_by_its_name(step, file, name, first, last):
    lines = source.excerpt(step, file, (name,)).text.splitlines()
    assert lines[0].startswith(first)
    assert lines[-1] == (last or lines[0])


def test_a_method_comes_with_the_line_of_its_class_once(step):
    text = source.excerpt(step, "app.py", ("Pool.size", "Pool.submit")).text
    assert text.count("class Pool:") == 1 and '"""Threads."""' not in text


def test_pieces_stand_apart_as_in_a_module(step):
    text = source.excerpt(step, "app.py", ("LIMIT", "second", "view", "Pool")).text
    assert text.startswith("LIMIT = 3\nLIMIT.real") and "1, 2\n\n# Why" in text
    assert '"}"}\n\n\nclass Pool' in text


@pytest.mark.parametrize(
    ("file", "names", "reason"),
    [
        ("app.py", ("viev",), r"has no 'viev' \(did you mean 'view'\?\)"),
        ("app.py", ("Pool.run",), "has no 'Pool.run'"),
        ("ap.py", (), r"no file 'ap.py' \(did you mean 'app.py'\?\)"),
        ("../01-step/web.py", (), "no file"),
        ("nginx.conf", ("location",), "2 of 'location': say more of its name"),
        ("plain.txt", ("words",), "this kind of file has no symbols"),
    ],
)
def test_what_is_not_there_is_said(step, file, names, reason):
    with pytest.raises(CourseError, match=reason):
        source.excerpt(step, file, names)


def test_a_long_file_is_not_shown_whole(checkout):
    step = checkout.step(1, files={"long.py": "a = 1\n" * 61, "short.py": "a = 1\n" * 60})
    assert source.excerpt(step, "short.py").text.count("\n") == 59
    with pytest.raises(CourseError, match="has 61 lines: name a symbol"):
        source.excerpt(step, "long.py")


def test_symbols_are_a_list_or_a_text_with_commas():
    assert source.split(None) == ()
    assert source.split("a, B.c ,") == ("a", "B.c")
    assert source.split(["a", "b"]) == ("a", "b")


@pytest.mark.parametrize("file", ["a.py", "nginx.conf", "Procfile", "a.html", "a.js", "a.unknown"])
@pytest.mark.parametrize("text", ["", "\n\na\n\n", 'x = """\nb\n"""\n', "a: <b>\n"])
def test_each_line_has_its_colours_by_itself(file, text):
    lines = highlight.lines(text, file)
    assert len(lines) == len(text.splitlines())
    for line in lines:
        assert line.count("<span") == line.count("</span>")


def both(checkout, old: str | None, new: str | None, name: str = "a.py"):
    def files(text):
        return {} if text is None else {name: textwrap.dedent(text)}

    checkout.step(1, files=files(old))
    return checkout.step(2, files=files(new))


def signs(found) -> str:
    return "".join(
        row.sign for piece in found.pieces for hunk in piece.hunks() for row in hunk
    ).replace(" ", "")


BEFORE = """
    def one():
        return 1


    def two():
        return 2
"""


def test_what_a_step_changes_in_a_file_is_found(checkout):
    step = both(checkout, BEFORE, BEFORE.replace("2", "3"))
    assert signs(filediff.of_file(step, "a.py")) == "-+"
    (piece,) = filediff.of_file(step, "a.py", ("two",)).pieces
    assert piece.old == "def two():\n    return 2" and piece.new.endswith("3")


def test_columns_have_every_line_of_both_sides_around_a_change(checkout):
    step = both(checkout, "a = 1\nb = 2\n", "a = 1\nc = 3\nd = 4\n")
    (piece,) = filediff.of_file(step, "a.py").pieces
    assert list(piece.columns()) == [
        [((0, 0), True), ((1, 1), False), ((None, 2), False)],
    ]


def test_blank_lines_are_no_context(checkout):
    step = both(checkout, "a\n\nb\n\nc\n", "a\n\nB\n\nc\n")
    (piece,) = filediff.of_file(step, "a.py").pieces
    assert [row.sign for hunk in piece.hunks() for row in hunk] == list("  -+  ")
    step = both(checkout, "a\nb\n\n\n\nc\n", "a\nB\n\n\n\nc\n")
    (piece,) = filediff.of_file(step, "a.py").pieces
    assert [row.sign for hunk in piece.hunks() for row in hunk] == list(" -+")
    assert [len(rows) for rows in piece.columns()] == [2]


def test_a_symbol_that_is_new_or_gone_is_all_added_or_all_removed(checkout):
    step = both(checkout, "def old():\n    pass\n", "def new():\n    pass\n")
    assert signs(filediff.of_file(step, "a.py", ("new",))) == "++"
    assert signs(filediff.of_file(step, "a.py", ("old",))) == "--"


def test_a_file_that_is_new_or_gone_is_all_added_or_all_removed(checkout):
    assert signs(filediff.of_file(both(checkout, None, "a = 1\n"), "a.py")) == "+"
    checkout.step(3)
    assert signs(filediff.of_file(catalog.find(3, checkout.root), "a.py")) == "-"


@pytest.mark.parametrize(
    ("file", "names", "reason"),
    [
        ("web.py", (), "step 2 does not change 'web.py'"),
        ("a.py", ("one",), "'one' of a.py is in step 2 what it was before"),
        ("a.py", ("three",), "has no 'three', neither in step 2 nor before"),
    ],
)
def test_what_does_not_differ_is_no_change(checkout, file, names, reason):
    step = both(checkout, BEFORE, BEFORE.replace("2", "3"))
    with pytest.raises(CourseError, match=reason):
        filediff.of_file(step, file, names)


def test_the_first_step_changes_nothing(checkout):
    with pytest.raises(CourseError, match="step 1 is the first"):
        filediff.of_file(checkout.step(1), "web.py")


def test_a_moved_file_is_compared_with_what_it_was(checkout):
    checkout.step(1, files={"old.py": "a = 1\nb = 2\n"})
    step = checkout.step(2, toml='[moved]\n"old.py" = "new.py"', files={"new.py": "a = 1\nb = 3\n"})
    found = filediff.of_file(step, "new.py")
    assert found.change.came_from == "old.py" and signs(found) == "-+"
