"""The navigation in mkdocs.yml has each chapter, in the part of the class that step.toml says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from course.catalog import Step
from course.paths import ROOT
from course.site.pages import Page

PAGES = (
    "index setup drills choosing capacity questions glossary instructor maintainer commands".split()
)


class _Loader(yaml.SafeLoader):
    """Reads mkdocs.yml without importing what it names."""


_Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)


def check(pages: Sequence[Page], steps: Sequence[Step], config: Path = ROOT / "mkdocs.yml") -> list:
    """Return where the navigation and the steps or pages are not the same."""
    found = list(entries(yaml.load(config.read_text(encoding="utf-8"), _Loader)["nav"]))
    there = {page.uri for page in pages}
    findings = [
        f"mkdocs.yml: nav names {uri}, which is not in docs/"
        for _, uri in found
        if uri not in there
    ]
    listed = [uri for _, uri in found]
    findings += [f"docs/{uri} is not in the nav of mkdocs.yml" for uri in sorted(there - {*listed})]
    wanted = [(step.part, f"steps/{step.name}.md") for step in steps]
    chapters = [(part, uri) for part, uri in found if uri.startswith("steps/")]
    if chapters != wanted:
        wrong = next(
            (
                pair
                for pair in zip(wanted, [*chapters, ("", "nothing")], strict=False)
                if pair[0] != pair[1]
            ),
            (("", "no more"), chapters[-1] if chapters else ("", "nothing")),
        )
        findings.append(
            f"mkdocs.yml: nav has {_said(wrong[1])} where the steps have {_said(wrong[0])}"
        )
    return findings + [
        f"mkdocs.yml: nav has no {name}.md" for name in PAGES if f"{name}.md" not in listed
    ]


def entries(nav: list[Any], part: str = "") -> Iterator[tuple[str, str]]:
    """Yield the pages of a navigation in order, with the section that each is in."""
    for entry in nav:
        if isinstance(entry, str):
            yield part, entry
            continue
        for title, below in entry.items():
            if isinstance(below, str):
                yield part, below
            else:
                yield from entries(below, title)


def _said(entry: tuple[str, str]) -> str:
    return f"{entry[1]} in {entry[0]!r}" if entry[0] else entry[1]
