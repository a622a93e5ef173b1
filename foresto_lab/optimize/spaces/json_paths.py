"""Places in nested JSON by path, as ``indicators[0].params.timeperiod`` names one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, TypeAlias

Step: TypeAlias = str | int
"""A key of a mapping, or a place in a list."""

_STEP: Final = re.compile(r"(?:^|\.)(?P<key>[A-Za-z_]\w*)|\[(?P<place>\d{1,6})\]")


def steps_of(path: str) -> tuple[Step, ...] | None:
    """Return the steps of a path; None if it is none."""
    steps: list[Step] = []
    end = 0
    while end < len(path):
        match = _STEP.match(path, end)
        if match is None:
            return None
        key = match["key"]
        steps.append(int(match["place"]) if key is None else key)
        end = match.end()
    return tuple(steps) or None


def path_of(steps: Sequence[Step]) -> str:
    """Return steps as a path."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def leaves_of(written: Any, steps: tuple[Step, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield the path and the value of everything that is no mapping and no list."""
    if isinstance(written, Mapping):
        for key, value in written.items():
            yield from leaves_of(value, (*steps, str(key)))
    elif isinstance(written, Sequence) and not isinstance(written, str):
        for place, value in enumerate(written):
            yield from leaves_of(value, (*steps, place))
    else:
        yield path_of(steps), written


def replaced(written: Any, values: Mapping[tuple[Step, ...], Any]) -> Any:
    """Return a copy of nested JSON with other values at some places.

    A key that a mapping does not have is added to it; a mapping that is missing on the
    way is made.
    """
    copy = _copied(written)
    for steps, value in values.items():
        inner = copy
        for step, following in pairwise(steps):
            if isinstance(step, str) and inner.get(step) is None:
                inner[step] = [] if isinstance(following, int) else {}
            inner = inner[step]
        inner[steps[-1]] = value
    return copy


def _copied(written: Any) -> Any:
    if isinstance(written, Mapping):
        return {key: _copied(value) for key, value in written.items()}
    if isinstance(written, Sequence) and not isinstance(written, str):
        return [_copied(value) for value in written]
    return written
