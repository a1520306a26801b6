"""Step 12: told instead of asked: how long until everybody has a question?"""

from loadtests import people
from loadtests.people import Watcher  # noqa: F401 (Locust runs what it finds here)


class Author(people.Asker):
    """A question every second."""

    rate, links = 1, 0
