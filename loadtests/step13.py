"""Step 13: how long until everybody in a large hall has a question, with a second server?"""

from loadtests import people
from loadtests.people import Watcher  # noqa: F401 (Locust runs what it finds here)


class Author(people.Asker):
    """Fifteen questions a second."""

    rate, links = 15, 0
