"""Step 7: does a stranger's slow web site hold the one who posts a link to it?"""

from loadtests import people


class Author(people.Asker):
    """Ten people, each of whom posts every five seconds."""

    rate, links = 2, 1
