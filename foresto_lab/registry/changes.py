"""In what two versions of a definition differ, place by place."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from foresto_lab.registry.definition import RegisteredDefinition


class _Absent:
    """What stands where one side has no value."""

    def __repr__(self) -> str:
        return "(absent)"


ABSENT: Final = _Absent()


@dataclass(frozen=True, slots=True)
class Change:
    """One place at which two versions differ.

    Parameters
    ----------
    path : str
        The place, as in ``content.buyConditions[0].right`` or ``code[12]`` (a line).
    before, after : any
        The values there; ``ABSENT`` where there is none.
    """

    path: str
    before: Any
    after: Any

    @property
    def action(self) -> str:
        """``added``, ``removed`` or ``changed``."""
        if self.before is ABSENT:
            return "added"
        return "removed" if self.after is ABSENT else "changed"

    def to_dict(self) -> dict[str, Any]:
        """Return the change as plain JSON-ready values; an absent side is left out."""
        sides = {"before": self.before, "after": self.after}
        shown = {name: side for name, side in sides.items() if side is not ABSENT}
        return {"path": self.path, "action": self.action, **shown}

    def __str__(self) -> str:
        """Return the change as one line."""
        return f"{self.path}: {self.before!r} -> {self.after!r}"


def changes_between(
    before: RegisteredDefinition, after: RegisteredDefinition
) -> tuple[Change, ...]:
    """Return every place at which two definitions differ: content, code, then tags.

    The order of keys does not count; numbers of equal value are equal.
    """
    changes = list(_changes(before.source, after.source, "source"))
    changes += _changes(before.content, after.content, "content")
    changes += _line_changes(before.code or "", after.code or "")
    changes += _changes(list(before.tags), list(after.tags), "tags")
    changes += _changes(before.metadata, after.metadata, "metadata")
    return tuple(changes)


def _changes(before: Any, after: Any, path: str) -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys([*before, *after]):
            inner = f"{path}.{name}"
            yield from _changes(
                before.get(name, ABSENT), after.get(name, ABSENT), inner
            )
    elif _is_list(before) and _is_list(after):
        for place in range(max(len(before), len(after))):
            yield from _changes(
                before[place] if place < len(before) else ABSENT,
                after[place] if place < len(after) else ABSENT,
                f"{path}[{place}]",
            )
    elif not _same(before, after):
        yield Change(path, before, after)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, bool) or isinstance(after, bool):
        return before is after
    return bool(before == after)


def _line_changes(before: str, after: str) -> Iterator[Change]:
    """Yield the changed runs of lines, at the line (from 1) where they begin."""
    old, new = before.splitlines(), after.splitlines()
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, start, stop, new_start, new_stop in matcher.get_opcodes():
        if tag != "equal":
            yield Change(
                f"code[{(new_start if stop == start else start) + 1}]",
                "\n".join(old[start:stop]) if stop > start else ABSENT,
                "\n".join(new[new_start:new_stop]) if new_stop > new_start else ABSENT,
            )
