"""The machines a kit can be for: platforms and Pythons, and which wheels fit them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from packaging import tags
from packaging.tags import Tag

from course import bootstrap
from course.errors import CourseError

# The oldest systems for which the steps' servers are built.
GLIBC = (2, 28)
MACOS = (11, 0)
# What wheels were called before they named the glibc that they need.
NAMED_GLIBC = {(2, 5): "manylinux1", (2, 12): "manylinux2010", (2, 17): "manylinux2014"}
OLDEST_GLIBC = {"x86_64": (2, 5), "aarch64": (2, 17)}
PYTHONS = tuple((3, minor) for minor in range(bootstrap.OLDEST[1], bootstrap.NEWEST[1] + 1))


@dataclass(frozen=True)
class Platform:
    """A system on a processor; `name` is as bootstrap.this_platform() says it."""

    name: str
    shown: str
    machine: str
    system: str

    @property
    def tags(self) -> list[str]:
        """Return the platform tags of the wheels that run on it, the best first."""
        if self.system == "Darwin":
            return list(tags.mac_platforms(MACOS, self.machine))
        found = []
        for minor in range(GLIBC[1], OLDEST_GLIBC[self.machine][1] - 1, -1):
            found.append(f"manylinux_2_{minor}_{self.machine}")
            if old := NAMED_GLIBC.get((2, minor)):
                found.append(f"{old}_{self.machine}")
        return found


PLATFORMS = {
    platform.name: platform
    for platform in (
        Platform("linux-x86_64", "Linux x86-64", "x86_64", "Linux"),
        Platform("linux-aarch64", "Linux aarch64", "aarch64", "Linux"),
        Platform("macos-arm64", "macOS arm64", "arm64", "Darwin"),
    )
}


@dataclass(frozen=True)
class Target:
    """A platform with a Python, such as (3, 12)."""

    platform: Platform
    python: tuple[int, int]

    @property
    def version(self) -> str:
        """Return the Python as people write it."""
        return ".".join(map(str, self.python))

    @property
    def shown(self) -> str:
        """Name it for people."""
        return f"{self.platform.shown}, Python {self.version}"

    @property
    def abis(self) -> list[str]:
        """Return the ABI tags of the wheels that it can load."""
        return ["cp{}{}".format(*self.python), "abi3", "none"]

    def environment(self, micro: int) -> dict[str, str]:
        """Return the values of environment markers there, for a Python such as 3.12.<micro>."""
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.version}.{micro}",
            "os_name": "posix",
            "platform_machine": self.platform.machine,
            "platform_python_implementation": "CPython",
            "platform_system": self.platform.system,
            "python_full_version": f"{self.version}.{micro}",
            "python_version": self.version,
            "sys_platform": self.platform.system.lower(),
            # Nobody can know these of another machine; no lock of ours asks.
            "platform_release": "",
            "platform_version": "",
        }

    def loads(self, wheel: frozenset[Tag]) -> bool:
        """Whether a wheel with these tags can be used there."""
        return not wheel.isdisjoint(_supported(self))


@cache
def _supported(target: Target) -> frozenset[Tag]:
    platforms = target.platform.tags
    return frozenset(
        (
            *tags.cpython_tags(target.python, target.abis[:1], platforms),
            *tags.compatible_tags(target.python, "cp{}{}".format(*target.python), platforms),
        )
    )


def chosen(platforms: str, pythons: str) -> list[Target]:
    """Return the targets that PLATFORMS and PYTHONS ask for, names with spaces or commas between.

    None means this platform, and every Python that the course runs on; the platform `all` each of
    them. CourseError for a name that is none.
    """
    names = _words(platforms)
    if names == ["all"]:
        names = list(PLATFORMS)
    for name in names:
        if name not in PLATFORMS:
            raise CourseError(
                f"PLATFORMS names {name!r}; there are {', '.join(PLATFORMS)}, and all."
            )
    if not names:
        names = [bootstrap.this_platform()]
        if names[0] not in PLATFORMS:
            raise CourseError(
                f"The course does not run on {names[0]}: say for which machines the kit is to be, "
                "for example PLATFORMS=all make offline."
            )
    versions = _words(pythons)
    by_name = {".".join(map(str, version)): version for version in PYTHONS}
    for version in versions:
        if version not in by_name:
            raise CourseError(f"PYTHONS names {version!r}; there are {', '.join(by_name)}.")
    wanted = [version for name, version in by_name.items() if name in (versions or by_name)]
    return [
        Target(platform, python)
        for name, platform in PLATFORMS.items()
        if name in names
        for python in wanted
    ]


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,]+", text) if word]
