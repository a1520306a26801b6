"""The files of a new step, as far as they are the same for all: templates, filled by new_step.

What is to be written carries a mark, which `make test` finds (course/unfinished.py).
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from course.unfinished import MARK

TITLE = f"{MARK}: what the step adds, as a heading"
PATTERN = f"{MARK}: the pattern, in one or two words"
PROBLEM = f"{MARK}: what is wrong with the step before, as a sentence."

STEP = """\
title = {title}
pattern = {pattern}
part = {part}
minutes = {minutes}
problem = {problem}
services = {services}
{more}try = [
    {try_},
]

# Every file that differs from the step before, and why; a file that has moved under [moved].
[changes]
"""

LOAD_TEST = '''\
"""Step {number}: {mark}: what does the new step do better? As one question."""

from loadtests.people import Poller  # noqa: F401 (Locust runs what it finds here)
'''

SCENARIO = """
# {mark}: what `make load-{number}` measures, see the head of this file.
[step-{number}]
metric = "rate"
name = "list"
users = 10
what = "lists"
"""

EXERCISE = """\
title = {title}
minutes = 20
files = [{file}]
fails = "{mark}: words of the assertion with which the check refuses the files as handed out"
hints = [
    "{mark}: where to look.",
    "{mark}: which tool there is.",
    "{mark}: nearly the code.",
]
"""

EXERCISE_README = """\
# {title}

**The situation.** {mark}: who wants what, as it comes up at work.

**The task.** {mark}: what has to be true afterwards, and which file holds the TODO.

**What the check looks at.** {mark}.

**Why it fails now.** {mark}: words of the assertion with which the check refuses the files as
handed out.

About 20 minutes. `make check-{number}` checks, `make hint-{number}` helps.
"""

CHECK = '''\
"""{mark}: what the check tries, in one sentence."""

import httpx


def test_the_step_does_what_is_asked_for(running):
    answer = httpx.get(running.url, trust_env=False)
    assert answer.status_code == 418, "{mark}: what is missing, in words"
'''

TASK = """

# {mark}: a line `# TODO: ...` where there is something to do, in place of this one.
"""

SOLUTION_README = """\
# {title}: our way

{mark}: why so, and what another way would have been.

**An alternative.** {mark}.
"""

CHAPTER = """\
---
title: {title_yaml}
description: {mark}
step: {number}
---

# {title}

```chapter
step: {number}
```

## The problem

{mark}: run this against step {before}, and see it hurt.

## The pattern

{mark}: the idea, before any code.

## The change, file by file

```changes
step: {number}
```

{mark}: walk through it with `listing` and `change` blocks; what is not shown is `waived`.

## Run it

```topology
step: {number}
```

{mark}: a console session, with `title="step {number}"`.

## Measure it

```sh
make predict-{number}
```

{mark}: a `claims` block, and what the figures mean.

## Break it

{mark}: a drill, or a fault to try by hand.

## What is still wrong

{mark}.

## Pitfalls

{mark}.

## In your project

- [ ] {mark}

## Exercise

```exercise
step: {number}
```

## Sources

- {mark}: RFCs and the documentation of the libraries
"""


def quoted(value: str | Sequence[str]) -> str:
    """Return a text, or a list of texts, as TOML (and as YAML)."""
    return json.dumps(value, ensure_ascii=False)
