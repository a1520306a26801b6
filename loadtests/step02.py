"""Step 2: what does the structure of a package cost? Ten clients read the list again and again."""

from loadtests.people import Reader  # noqa: F401 (Locust runs what it finds here)
