"""Step 8: do transcripts slow everybody else down?"""

from loadtests import people
from loadtests.people import Polls  # noqa: F401 (Locust runs what it finds here)


class Organisers(people.Organiser):
    """Four at a time."""

    fixed_count = 4
