"""Writes results: a reader finds the one before or the next, never half of one."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path


def keep(values: object, path: Path) -> None:
    """Write `values` as JSON; figures that are no number, or infinite, become null or "inf"."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    text = json.dumps(_plain(values), indent=1, allow_nan=False, ensure_ascii=False)
    part.write_text(text + "\n", encoding="utf-8")
    os.replace(part, path)


def _plain(value: object) -> object:
    match value:
        case float() if math.isnan(value):
            return None
        case float() if math.isinf(value):
            return "inf"
        case dict():
            return {str(key): _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
    return value
