"""Step 5: what do pages beside the API cost? Ten clients read the list again and again."""

from loadtests.people import Reader  # noqa: F401 (Locust runs what it finds here)
