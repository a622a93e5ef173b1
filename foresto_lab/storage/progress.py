"""How long work tells how far it is."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Is called now and then: what is being done, and how much of it is done."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """Tell; ``total`` is 0 where it is not known."""


def no_progress(step: str, done: int, total: int) -> None:
    """Tell nobody."""
