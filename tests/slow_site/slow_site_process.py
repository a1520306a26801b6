"""The slow site as a real process, on a port that the system chose."""

import re
import subprocess
import sys
import threading


def start():
    """Start the slow site; return the process and its address."""
    command = [sys.executable, "-m", "course.slow_site", "--port", "0"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    # A site that says nothing must not hold the tests: ending it ends readline().
    alarm = threading.Timer(10, process.kill)
    alarm.start()
    line = process.stdout.readline()
    alarm.cancel()
    match = re.search(r"http://\S+", line)
    if not match:
        process.kill()
        raise RuntimeError(f"the slow site did not start: {line!r} {process.communicate()[1]}")
    return process, match[0]


def stop(process):
    """Stop the slow site and return what it logged."""
    process.terminate()
    try:
        return process.communicate(timeout=5)[1]
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
