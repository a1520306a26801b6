"""A hall: people who watch, vote and ask. The number of users is how many watch.

locust -f loadtests/hall.py --step 6 --host http://127.0.0.1:8000 -u 50
"""

from loadtests.journal import journal  # noqa: F401 (its options)
from loadtests.people import Asker, Voter, Watcher  # noqa: F401 (Locust runs what it finds here)
