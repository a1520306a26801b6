"""Step 4: what does a poll cost that finds nothing new? Ten clients ask as fast as they can."""

from loadtests.people import Poller  # noqa: F401 (Locust runs what it finds here)
