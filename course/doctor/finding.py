"""What a check of `make doctor` found, and how it asks a module that this Python may not read."""

import subprocess

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


def ask(python, module, root):
    """Run a module of the checkout `root` with another Python; return how that ended."""
    return subprocess.run(
        [python, "-m", module],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        cwd=root,
    )
