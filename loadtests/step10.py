"""Step 10: what do clients notice when the application is restarted?"""

from loadtests import people


class Everybody(people.Polls):
    """Fifty polls a second, whatever becomes of those before."""

    rate = 50
