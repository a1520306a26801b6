"""`make offline`: puts the class kit together."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from course import leftovers, lock
from course.errors import CourseError
from course.lock import Pin
from course.offline import archive, fetch, pages, repository
from course.offline.progress import Progress
from course.offline.repository import Commit
from course.offline.store import KIT, Store, dumped
from course.offline.targets import PLATFORMS, Target

FOLDER = Path(".data") / "offline"
WHEELS = "wheels"
BUILDING = "building-"
NAMED = 5  # files that are not committed, before they are only counted
MB = 1_000_000


def build(root: Path, targets: Sequence[Target], out: Console) -> Path:
    """Write the kit of the checkout's last commit into .data/offline and return the archive.

    A target for which the index lacks a wheel is left out, and said so. CourseError when none is
    left, when something cannot be had, or while another make offline runs.
    """
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    commit = repository.last_commit(root)
    _warn_of(commit, out)
    with leftovers.exclusive(folder), Progress(out) as progress:
        for old in (*folder.glob(f"{BUILDING}*"), *(folder / WHEELS).glob("fetching-*")):
            shutil.rmtree(old)
        for old in folder.glob("*.part"):
            old.unlink()
        log = folder / "log.txt"
        log.write_text("", encoding="utf-8")
        with tempfile.TemporaryDirectory(prefix=BUILDING, dir=folder) as place:
            kit = Path(place) / commit.name
            progress.begins("Copying the last commit")
            repository.copy(root, commit, kit)
            store = Store(folder / WHEELS, [root / WHEELS])
            # The lock of the commit, not the one of the checkout.
            pins = lock.read(kit / "requirements.txt")
            complete = _complete(targets, pins, store, log, out, progress)
            _put_wheels(kit / WHEELS, complete, commit)
            progress.begins("Building the site and the slides")
            pages.site(kit, log)
            pages.start(kit, commit, list(complete))
            progress.begins("Writing the archive")
            archive.sums(kit)
            to = folder / f"{commit.name}-{_named(list(complete))}.tar.gz"
            archive.write(kit, to, commit.made, progress.counts)
    _report(to, complete, commit, root, out)
    return to


def _complete(
    targets: Sequence[Target],
    pins: Sequence[Pin],
    store: Store,
    log: Path,
    out: Console,
    progress: Progress,
) -> dict[Target, list[Path]]:
    """Return the wheels of each target for which there are all; say which others there are."""
    found: dict[Target, list[Path]] = {}
    lacking = []
    for target in targets:
        try:
            wheels = fetch.complete(target, pins, store, log, progress)
        except fetch.Absent as absent:
            lacking.append(f"{target.shown}: there is no ready-made package of {absent}")
            out.print(Text(f"Not in the kit: {lacking[-1]}.", style="yellow"), soft_wrap=True)
        else:
            found[target] = sorted(wheels.values())
            out.print(f"{target.shown}: {len(wheels)} wheels")
    if not found:
        raise CourseError(f"No kit, for nothing would be in it. {'; '.join(lacking)}.")
    return found


def _put_wheels(to: Path, complete: Mapping[Target, Sequence[Path]], commit: Commit) -> None:
    """Put each wheel into the kit once, and note which target has which."""
    to.mkdir()
    noted: dict[str, dict[str, list[str]]] = {}
    for target, wheels in complete.items():
        names = sorted(wheel.name for wheel in wheels)
        noted.setdefault(target.platform.name, {})[target.version] = names
        for wheel in wheels:
            if not (to / wheel.name).exists():
                _link(wheel, to / wheel.name)
    content = {"commit": commit.id, "targets": noted}
    (to / KIT).write_text(dumped(content), encoding="utf-8")


def _link(wheel: Path, to: Path) -> None:
    """Put a file at a second place, without a copy where the file system can."""
    try:
        os.link(wheel, to)
    except OSError:
        shutil.copyfile(wheel, to)


def _named(targets: Sequence[Target]) -> str:
    """Name the platforms, so that kits for others can lie beside this one."""
    names = list(dict.fromkeys(target.platform.name for target in targets))
    return "all" if len(names) == len(PLATFORMS) else "-".join(names)


def _warn_of(commit: Commit, out: Console) -> None:
    left_out = commit.left_out
    if not left_out:
        return
    named = ", ".join(left_out[:NAMED])
    more = f" and {len(left_out) - NAMED} more" if len(left_out) > NAMED else ""
    changed = "this change" if len(left_out) == 1 else f"these {len(left_out)} changes"
    out.print(
        Text(
            f"The kit is of commit {commit.id[:7]}, without {changed} that you have not "
            f"committed: {named}{more}.",
            style="yellow",
        ),
        soft_wrap=True,
    )


def _report(
    to: Path, complete: Mapping[Target, Sequence[Path]], commit: Commit, root: Path, out: Console
) -> None:
    wheels = {wheel.name for wheels in complete.values() for wheel in wheels}
    out.print(f"In it: commit {commit.id[:7]}, the site with the slides, {len(wheels)} wheels.")
    out.print(
        Text(f"{to.relative_to(root)}  {to.stat().st_size / MB:,.0f} MB", style="bold green"),
        soft_wrap=True,
    )
    out.print(
        f"Hand it out, then: tar xzf {to.name}; in {commit.name}/ open {pages.START}.",
        soft_wrap=True,
    )
