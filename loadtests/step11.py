"""Step 11: how long after a question was posted does everybody have it?"""

from loadtests import people
from loadtests.people import Watcher  # noqa: F401 (Locust runs what it finds here)


class Author(people.Asker):
    """A question every second."""

    rate, links = 1, 0
