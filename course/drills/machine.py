"""Whether the processors are ours: a measurement beside another program's work says little."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Self

from course.drills.progress import Progress

# So much of the processors has to be ours, or the figures are not.
ENOUGH = 0.85
SPIN = 0.3  # seconds
_CODE = """
import time
end, used = time.monotonic() + {seconds}, time.process_time()
while time.monotonic() < end:
    pass
print(time.process_time() - used)
"""


def free_share(seconds: float = SPIN) -> float:
    """Return how much of the processors a program can have now, 0 to 1, by using all of them."""
    command = [sys.executable, "-S", "-E", "-c", _CODE.format(seconds=seconds)]
    cores = os.cpu_count() or 1
    programs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(cores)]
    got = [float(program.communicate()[0]) for program in programs]
    return min(1.0, sum(got) / (cores * seconds))


def quiet(progress: Progress, patience: float = 20) -> str | None:
    """Wait until what has just been started is done starting, `patience` seconds at most.

    Returns why measurements are not valid, None when the processors are ours.
    """
    found = 0.0

    def enough() -> bool:
        nonlocal found
        found = free_share()
        return found >= ENOUGH

    if progress.wait(enough, patience, lambda: f"{found:.0%} of the processors are ours"):
        return None
    return f"other programs were at work: {found:.0%} of the processors were left"


def memory(pid: int) -> int:
    """Return the bytes of memory that are a process's own; on Linux without what others share."""
    if sys.platform == "linux":
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
    answer = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=True)
    return 1024 * int(answer.stdout)


class Neighbours:
    """What other programs use of the processors while we measure; on Linux only.

    To be used with `with`, as often as there are measurements.
    """

    def __init__(self) -> None:
        self.used = 0.0
        self.capacity = 0.0

    def __enter__(self) -> Self:
        self._before = _usage()
        return self

    def __exit__(self, *_: object) -> None:
        if self._before and (after := _usage()):
            busy, ours, capacity = (b - a for a, b in zip(self._before, after, strict=True))
            self.used += max(0.0, busy - ours)
            self.capacity += capacity

    @property
    def reason(self) -> str | None:
        """Why the measurements are not valid; None when they are, or when nobody can know."""
        share = self.used / self.capacity if self.capacity else 0
        if share <= 1 - ENOUGH:
            return None
        return f"other programs used {share:.0%} of the processors meanwhile"


def _usage() -> tuple[float, float, float] | None:
    """Return what all programs used so far, what we and our children did, and what there was."""
    if sys.platform != "linux":
        return None
    user, nice, system, idle, iowait, irq, softirq, steal = (
        int(word) for word in Path("/proc/stat").read_text().split(maxsplit=9)[1:9]
    )
    busy = user + nice + system + irq + softirq + steal
    return busy, _ours(), busy + idle + iowait


def _ours() -> int:
    """Return the processor time of this process and all below it, in clock ticks."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        except OSError:
            continue
        fields = stat.rpartition(")")[2].split()
        parents[pid] = int(fields[1])
        # With that of children which have ended: who ends meanwhile is not forgotten.
        ticks[pid] = sum(map(int, fields[11:15]))
    below = {os.getpid()}
    while found := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= found
    return sum(ticks.get(pid, 0) for pid in below)
