"""The people of the load tests can use the step: what `make load-N` and `make measure` rest on."""

import math
from io import StringIO

import pytest
from rich.console import Console

from course.drills.load import percentile
from course.drills.progress import Progress
from course.load import locusts
from course.load.scenario import FOLDER

pytestmark = pytest.mark.since(1)
# Who polls every two seconds has long heard within that: on a machine that runs other tests, too.
WATCH, SECONDS, SETTLE = 6, 11, 8
OPTIONS = ("--questions", "2", "--votes", "4", "--links", "0")


@pytest.fixture
def progress():
    return Progress(Console(file=StringIO()))


def test_a_small_hall_is_served_without_failures_and_everybody_hears_of_everything(
    podium, progress
):
    found = locusts.run(
        podium.url,
        podium.server.step,
        FOLDER / "hall.py",
        WATCH + 2,
        SECONDS,
        progress,
        "a small hall",
        options=OPTIONS,
        settle=SETTLE,
    )
    assert not found.failed, found.problems
    assert {"question", "vote"} <= set(found.requests)
    assert found.fresh and math.isfinite(percentile(found.fresh, 100))
