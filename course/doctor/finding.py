"""What a check of `make doctor` found."""

OK, WARNING, BAD = "ok", "warning", "PROBLEM"


class Finding(object):
    """What one check found: `remedy` says what to do unless the status is OK.

    `for_others` is what the report says in place of `what`, where that is nobody else's business.
    """

    def __init__(self, name, status, what, remedy="", for_others=None):
        self.name = name
        self.status = status
        self.what = what
        self.remedy = remedy
        self.for_others = what if for_others is None else for_others
