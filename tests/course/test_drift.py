"""What differs between two steps is declared, and nothing else."""

import pytest

from course import drift

SAME = {"app.py": "a\n", "static/one.css": "1\n", "static/two.css": "2\n"}


def findings(checkout, toml: str, before: dict[str, str], after: dict[str, str]) -> list[str]:
    first = checkout.step(1, files=before)
    return drift.check([first, checkout.step(2, toml=toml, files=after)])


def test_equal_steps_need_no_declaration(checkout):
    assert findings(checkout, "", SAME, SAME) == []


def test_declared_differences_pass(checkout):
    toml = """
    [changes]
    "app.py" = "changed"
    "new.py" = "added"
    "old.py" = "removed"
    "static/*" = "both changed"
    """
    after = {"app.py": "b\n", "new.py": "", "static/one.css": "3\n", "static/two.css": "4\n"}
    assert findings(checkout, toml, SAME | {"old.py": ""}, after) == []


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ({"app.py": "a\n"}, {"app.py": "b\n"}, "changed"),
        ({}, {"app.py": "a\n"}, "added"),
        ({"app.py": "a\n"}, {}, "removed"),
    ],
)
def test_an_undeclared_difference_is_found(checkout, before, after, kind):
    (finding,) = findings(checkout, "", before, after)
    assert finding.startswith(f"steps/02-step/app.py: {kind} since steps/01-step, but not declared")
    assert 'Write "app.py" = "<why>" under [changes] in steps/02-step/step.toml' in finding


@pytest.mark.parametrize("key", ["app.py", "gone.py", "static/*"])
def test_a_declared_difference_that_is_none_is_found(checkout, key):
    (finding,) = findings(checkout, f'[changes]\n"{key}" = "because"', SAME, SAME)
    assert finding.startswith(
        f'steps/02-step/step.toml: [changes] has "{key}", but that is the same'
    )


def test_a_declaration_of_everything_is_refused(checkout):
    (finding,) = findings(checkout, '[changes]\n"*" = "all"', SAME, {"app.py": "b\n"} | SAME)
    assert "declares everything" in finding


def test_the_first_step_has_nothing_to_declare(checkout):
    step = checkout.step(1, toml='[changes]\n"app.py" = "new"', files=SAME)
    assert "the first step has nothing to put in [changes]" in drift.check([step])[0]


def test_what_lies_about_does_not_count(checkout):
    stray = {
        "__pycache__/app.pyc": "x",
        ".pytest_cache/x": "x",
        "instance/x": "x",
        "podium.db": "x",
    }
    assert findings(checkout, "", SAME, SAME | stray) == []


MOVED = '[moved]\n"app.py" = "package/app.py"\n'


def test_a_moved_file_with_the_same_content_needs_no_reason(checkout):
    assert findings(checkout, MOVED, {"app.py": "a\n"}, {"package/app.py": "a\n"}) == []


def test_a_moved_file_with_other_content_needs_one(checkout):
    before, after = {"app.py": "a\n"}, {"package/app.py": "b\n"}
    (finding,) = findings(checkout, MOVED, before, after)
    assert "steps/02-step/package/app.py: moved and changed since" in finding
    toml = MOVED + '[changes]\n"package/app.py" = "because"'
    assert findings(checkout, toml, before, after) == []


def test_a_reason_for_a_file_that_was_only_moved_is_found(checkout):
    toml = MOVED + '[changes]\n"package/app.py" = "because"'
    (finding,) = findings(checkout, toml, {"app.py": "a\n"}, {"package/app.py": "a\n"})
    assert "was only moved, which [moved] says already" in finding


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"app.py": "a\n"}, {"app.py": "a\n", "package/app.py": "a\n"}, "02-step/app.py is still"),
        ({}, {"package/app.py": "a\n"}, "steps/01-step/app.py is not there"),
        ({"app.py": "a\n"}, {}, "steps/02-step/package/app.py is not there"),
        (
            {"app.py": "a\n", "package/app.py": "b\n"},
            {"package/app.py": "a\n"},
            "steps/01-step/package/app.py was there already",
        ),
    ],
)
def test_moved_that_lies_is_found(checkout, before, after, expected):
    assert expected in "\n".join(findings(checkout, MOVED, before, after))
