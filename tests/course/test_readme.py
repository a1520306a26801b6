"""The README's table of steps is what step.toml files say."""

import pytest

from course import catalog, readme
from course.errors import CourseError
from course.paths import ROOT


def test_the_table_of_this_repository_is_current():
    assert readme.check(ROOT, catalog.load(ROOT)) is None


def test_a_stale_table_is_found_and_written(checkout):
    steps = [checkout.step(1), checkout.step(2)]
    file = checkout.root / "README.md"
    checkout.write(file, f"before\n{readme.BEGIN}\n{readme.END}\nafter\n")
    assert "is not what step.toml files say" in readme.check(checkout.root, steps)
    assert readme.write(checkout.root, steps)
    assert readme.check(checkout.root, steps) is None
    text = file.read_text()
    assert "| [2](steps/02-step/) | Step 2 | The step before has a problem. |\n" in text
    assert text.startswith("before\n")
    assert text.endswith("after\n")


def test_a_changed_title_makes_the_table_stale(checkout):
    step = checkout.step()
    checkout.write(checkout.root / "README.md", f"{readme.BEGIN}\n{readme.END}\n")
    readme.write(checkout.root, [step])
    file = step.path / "step.toml"
    file.write_text(file.read_text().replace('"Step 1"', '"Another title"'))
    assert readme.check(checkout.root, catalog.load(checkout.root))


def test_a_cell_shows_what_the_description_says(checkout):
    step = checkout.step()
    file = step.path / "step.toml"
    file.write_text(file.read_text().replace('"Step 1"', '"since=<second> | cursor"'))
    assert "| since=&lt;second> \\| cursor |" in readme.table(catalog.load(checkout.root))


def test_a_readme_without_a_place_for_the_table_is_an_error(checkout):
    checkout.write(checkout.root / "README.md", "nothing")
    with pytest.raises(CourseError, match="are missing around the table"):
        readme.check(checkout.root, [])
