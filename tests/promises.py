"""Which test is a promise of which steps, and the table of them."""

from course import catalog
from course.paths import ROOT
from tests import live_step

FIRST, LAST = 1, len(catalog.step_directories(ROOT))


def first_step(item):
    """Return the step from which a test is promised: the latest that its marks name."""
    return max((mark.args[0] for mark in item.iter_markers("since")), default=FIRST)


def last_step(item):
    return min((mark.args[0] for mark in item.iter_markers("until")), default=LAST)


def is_promised(item, step):
    return first_step(item) <= step <= last_step(item)


def sentence(item):
    """Return the test's name as a sentence, without its parameters."""
    return item.originalname.removeprefix("test_").replace("_", " ").capitalize() + "."


def table(items):
    """Return the lines of a table: from which step on, in how many cases, what is promised."""
    cases = {}
    for item in items:
        key = (
            first_step(item),
            last_step(item),
            item.path.stem.removeprefix("test_"),
            sentence(item),
        )
        cases[key] = cases.get(key, 0) + 1
    lines = ["", "steps  cases  promise"]
    area = None
    for (first, last, name, text), count in sorted(cases.items(), key=lambda pair: pair[0][:3]):
        if (first, name) != area:
            area = first, name
            lines.append(f"-- {name.replace('_', ' ')}")
        steps = f"{first}-" if last == LAST else f"{first}-{last}"
        lines.append(f"{steps:<7}{count:>5}  {text}")
    return lines


def add_markers(config):
    """Declare the marks with which a test says for which steps it holds."""
    config.addinivalue_line("markers", "since(step): promised from this step on")
    config.addinivalue_line("markers", "until(step): promised up to this step")


def keep_promised(config, items, folder):
    """Leave out the tests in `folder` that the step does not promise."""
    step = live_step.step_number(config)
    left_out = [
        item for item in items if item.path.parent.name == folder and not is_promised(item, step)
    ]
    if left_out:
        items[:] = [item for item in items if item not in set(left_out)]
        config.hook.pytest_deselected(items=left_out)
