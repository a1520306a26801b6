"""Writes the archive, whole or not at all, and the checksums in it and beside it."""

from __future__ import annotations

import gzip
import hashlib
import tarfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

SUMS = "SHA256SUMS"
# The wheels, nearly all of it, are compressed already.
LEVEL = 1


def sums(kit: Path) -> None:
    """Write the checksums of all files of the kit, as `sha256sum -c` reads them.

    Without .git: git checks its own, and writes there at the first command.
    """
    lines = [
        f"{_sha256(path)}  {path.relative_to(kit).as_posix()}\n"
        for path in _files(kit)
        if path.relative_to(kit).parts[0] not in (".git", SUMS)
    ]
    (kit / SUMS).write_text("".join(lines), encoding="utf-8")


def write(kit: Path, to: Path, made: datetime, said: Callable[[str], None]) -> None:
    """Write the directory `kit` to the archive `to`, and its checksum beside it.

    Users, groups and dates of this machine are not in it: all is of `made`.
    """
    seconds = int(made.timestamp())

    def neutral(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        entry.mtime = seconds
        # What others may read, so that a room server can unpack it once for all.
        entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
        return entry

    part = to.with_name(f"{to.name}.part")
    try:
        with (
            part.open("wb") as raw,
            gzip.GzipFile("", "wb", LEVEL, raw, mtime=seconds) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
        ):
            paths = [kit, *sorted(kit.rglob("*"))]
            for number, path in enumerate(paths):
                if number % 100 == 0:
                    said(f"packing file {number} of {len(paths)}")
                name = Path(kit.name, path.relative_to(kit)).as_posix()
                tar.add(path, name, recursive=False, filter=neutral)
        checksum = f"{_sha256(part)}  {to.name}\n"
        part.replace(to)
        to.with_name(f"{to.name}.sha256").write_text(checksum, encoding="utf-8")
    finally:
        part.unlink(missing_ok=True)


def _files(kit: Path) -> Iterator[Path]:
    return (path for path in sorted(kit.rglob("*")) if path.is_file())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
