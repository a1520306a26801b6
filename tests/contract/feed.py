"""A talk's list in version 2, as a client follows it."""

from tests.podium_api import unique


class Feed:
    """A talk's list in version 2."""

    def __init__(self, podium, talk):
        self.podium, self.talk = podium, talk
        self.path = f"/api/v2/talks/{talk}/questions"

    def read(self, after=None, limit=None, etag=None):
        """GET a part of the list; the answer."""
        params = {"after": after, "limit": limit}
        params = {name: value for name, value in params.items() if value is not None}
        headers = {"If-None-Match": etag} if etag else {}
        return self.podium.http.get(self.path, params=params, headers=headers)

    def follow(self, after=None, limit=None):
        """Read until there is no more; return the items and the last cursor."""
        items = []
        for _ in range(1000):
            page = self.read(after, limit).raise_for_status().json()
            assert set(page) == {"items", "next", "more"}
            assert len(page["items"]) <= (limit or 50)
            items += page["items"]
            after = page["next"]
            if not page["more"]:
                return items, after
        raise AssertionError("the list does not end")

    def ids_after(self, cursor):
        return [item["id"] for item in self.follow(cursor)[0]]

    def end(self):
        """The cursor of somebody who has seen everything."""
        return self.follow(limit=100)[1]

    def ask(self, author=None, source=None):
        return (author or self.podium.author()).ask(source or f"{unique()}?", self.talk)
