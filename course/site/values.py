"""The body of a block: YAML with the keys that the block knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from course import catalog
from course.catalog import Step
from course.errors import CourseError


@dataclass(frozen=True)
class Body:
    """What a block says, by key."""

    values: dict[str, Any]

    def __getitem__(self, key: str) -> Any:
        return self.values[key]

    def get(self, key: str) -> Any:
        """Return a value, None when the block does not have it."""
        return self.values.get(key)

    @property
    def step(self) -> Step:
        """The step that the block is of."""
        number = self.values["step"]
        if not isinstance(number, int):
            raise CourseError(f"`step` is {number!r}; expected the number of a step")
        return catalog.find(number)

    def text(self, key: str) -> str:
        """Return a value that has to be a text."""
        if not isinstance(value := self.values[key], str):
            raise CourseError(f"`{key}` is {value!r}; expected a text")
        return value

    def texts(self, key: str) -> list[str]:
        """Return a value that has to be a list of texts; [] when it is not there."""
        value = self.values.get(key) or []
        if not isinstance(value, list):
            raise CourseError(f"`{key}` is {value!r}; expected a list")
        return [str(each) for each in value]


def parse(source: str, required: tuple[str, ...] = (), optional: tuple[str, ...] = ()) -> Body:
    """Return the body of a block; CourseError when it is no YAML or has other keys."""
    try:
        values = yaml.safe_load(source) if source.strip() else {}
    except yaml.YAMLError as error:
        raise CourseError(f"not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(values, dict):
        raise CourseError(f"expected lines of `key: value`, found {source.strip()!r}")
    if missing := [key for key in required if values.get(key) is None]:
        raise CourseError(f"`{missing[0]}` is missing")
    known = (*required, *optional)
    if unknown := [str(key) for key in values if key not in known]:
        expected = f"the keys are {', '.join(known)}" if known else "it has no keys"
        raise CourseError(f"`{unknown[0]}` is unknown; {expected}")
    return Body(values)
