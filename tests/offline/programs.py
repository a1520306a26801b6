"""Runs programs for the tests of the class kit."""

import os
import subprocess

from course import verify

# Where git's settings of this machine are not looked at.
GIT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


def run(*argv, cwd, **environment):
    """Run a program, return what it did with stdout and stderr in one."""
    return subprocess.run(
        list(map(str, argv)),
        cwd=cwd,
        env=verify.environment() | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
