"""How far a search is."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, TypeAlias

SearchStatus: TypeAlias = Literal["complete", "cancelled", "time limit", "early stop"]
"""Why a search ended."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search is, told after each batch of trials.

    Parameters
    ----------
    done : int
        Combinations asked so far, those answered from memory among them.
    total : int, optional
        Combinations at most; None where that is not known.
    best : float
        The first objective's best value among trials that keep every constraint; NaN
        before there is one.
    elapsed, remaining : seconds
        ``remaining`` is None where nothing can be said.
    status : str
        ``running``, or why the search ended.
    """

    done: int
    total: int | None
    best: float
    elapsed: float
    remaining: float | None
    status: Literal["running"] | SearchStatus = "running"

    @property
    def fraction(self) -> float | None:
        """Done of total, 0 to 1; None where the total is not known."""
        return self.done / self.total if self.total else None


Observer: TypeAlias = Callable[[Progress], None]
"""Told how far a search is. What it raises ends the search."""


@contextmanager
def observing(
    wanted: Observer | bool | None, objective: str
) -> Iterator[Observer | None]:
    """Give what is to be told the progress of a search, if anything is.

    Parameters
    ----------
    wanted : callable or bool, optional
        A callable is told itself; True is a bar on the terminal; None is a bar where
        standard error is a terminal and no notebook shows the search.
    objective : str
        What the best value on the bar is called.
    """
    if callable(wanted):
        yield wanted
    elif wanted is False or not _on_terminal():
        yield None
    else:
        with _terminal_bar(objective) as observer:
            yield observer


def _on_terminal() -> bool:
    """Return whether a person watches standard error; a kernel only says so."""
    in_kernel = "ipykernel" in sys.modules and hasattr(sys.stderr, "pub_thread")
    return bool(sys.stderr) and sys.stderr.isatty() and not in_kernel


@contextmanager
def _terminal_bar(objective: str) -> Iterator[Observer]:
    from rich import progress as rich_progress
    from rich.console import Console

    columns = (
        rich_progress.TextColumn("{task.description}"),
        rich_progress.BarColumn(),
        rich_progress.MofNCompleteColumn(),
        rich_progress.TimeElapsedColumn(),
        rich_progress.TextColumn("{task.fields[left]}"),
    )
    console = Console(file=sys.stderr)
    with rich_progress.Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None, left="")

        def tell(progress: Progress) -> None:
            best = "" if math.isnan(progress.best) else f" {progress.best:.4g}"
            bar.update(
                task,
                completed=progress.done,
                total=progress.total,
                description=f"{objective}{best}",
                left=f"ETA {duration_text(progress.remaining)}",
            )

        yield tell


def duration_text(seconds: float | None) -> str:
    """Return a duration as ``0:07``, ``12:30`` or ``3:04:00``; a dash for unknown."""
    if seconds is None:
        return "–"
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
