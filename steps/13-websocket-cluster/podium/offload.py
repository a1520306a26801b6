"""What calculates for long runs in a thread of the operating system.

A greenlet gives way where it waits, and only there: while it calculates, all others stand still.
"""

from gevent import get_hub


def in_thread(call, *arguments):
    """What `call(*arguments)` returns; meanwhile others go on. For C code that releases the GIL."""
    return get_hub().threadpool.apply(call, arguments)
