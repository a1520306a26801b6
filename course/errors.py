"""What the command line shows as one line instead of a traceback."""


class CourseError(Exception):
    """A problem that the reader can solve: the message says what is wrong and what to do.

    The command line prints the message and exits with code 2.
    """
