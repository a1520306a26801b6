"""The names of rooms. A talk's is its slug; in the others there is a colon, so they differ."""


def of_user(id):
    """For what concerns one person."""
    return f"user:{id}"


def of_token(digest):
    """For all that have come with one token."""
    return f"token:{digest}"
