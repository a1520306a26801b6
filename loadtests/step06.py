"""Step 6: what does version 2 gain? Ten clients read the list again and again."""

from loadtests.people import Reader  # noqa: F401 (Locust runs what it finds here)
