"""Which packages of the lock a target needs.

A lock is for all machines at once; its markers say which line is for which. pip evaluates them for
the Python that it runs with, so for other machines it has to be done here.
"""

from __future__ import annotations

from collections.abc import Sequence

from packaging.markers import Marker

from course.lock import Pin
from course.offline.targets import Target

# Markers tell 3.11.2 from 3.11.4: a kit has the packages of all of them. No 3.x had more releases.
MICROS = range(40)


def per_micro(pins: Sequence[Pin], target: Target) -> dict[int, list[Pin]]:
    """Return what any Python of the target's version needs, by the newest release that needs it.

    The lists together have each pin once. Within a list no package is there twice, which pip
    would refuse; the release is what pip has to be told, for packages that want a recent one.
    """
    found: dict[int, list[Pin]] = {}
    for pin in pins:
        marker = Marker(pin.marker) if pin.marker else None
        for micro in reversed(MICROS):
            if marker is None or marker.evaluate(target.environment(micro)):
                found.setdefault(micro, []).append(pin)
                break
    return found
