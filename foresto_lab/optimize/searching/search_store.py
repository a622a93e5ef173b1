"""What a search reads from its checkpoint, and writes to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np

from foresto_lab.errors import ForestoError
from foresto_lab.findings import Finding
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import Evaluations
from foresto_lab.optimize.searching.checkpoint import Checkpoint, CheckpointPart
from foresto_lab.optimize.searching.joined import joined_evaluations
from foresto_lab.types import Severity


class SearchStore:
    """Gives out what was recorded, in its order, then records what follows.

    Parameters
    ----------
    checkpoint : Checkpoint, optional
    seconds : float
        Between parts.
    clock : callable
        Seconds that never go back.
    """

    def __init__(
        self,
        checkpoint: Checkpoint | None,
        seconds: float,
        clock: Callable[[], float],
    ) -> None:
        self._checkpoint = checkpoint
        self._seconds = seconds
        self._clock = clock
        self._recorded = deque(checkpoint.read() if checkpoint is not None else ())
        self._next = len(self._recorded)
        self._waiting: list[tuple[Combinations, Evaluations]] = []
        self._written_at = clock()
        self.findings: tuple[Finding, ...] = ()

    def take(self, wanted: Combinations, blocks: int) -> Evaluations | None:
        """Return the recorded figures of the first of these; None if there are none.

        What was recorded of other combinations belongs to another search: it is left.
        """
        if not self._recorded or not len(wanted):
            return None
        part = self._recorded.popleft()
        count = min(len(part), len(wanted))
        told = _rows(part.evaluations, slice(0, count))
        if not _same(part.combinations.take(slice(0, count)), wanted, count) or (
            blocks and told.block_sums is None
        ):
            self._recorded.clear()
            return None
        if count < len(part):
            rest = slice(count, None)
            self._recorded.appendleft(
                CheckpointPart(
                    part.number,
                    part.combinations.take(rest),
                    _rows(part.evaluations, rest),
                )
            )
        return told

    def record(self, combinations: Combinations, evaluations: Evaluations) -> None:
        """Take note of trials that were evaluated; write them when it is time."""
        if self._checkpoint is None:
            return
        self._waiting.append((combinations, evaluations))
        if self._clock() - self._written_at >= self._seconds:
            self.flush()

    def flush(self) -> None:
        """Write what is noted; a store that cannot take it is not asked again."""
        waiting, checkpoint = self._waiting, self._checkpoint
        if checkpoint is None or not waiting:
            return
        combinations = Combinations(
            {
                name: np.concatenate([each.columns[name] for each, _ in waiting])
                for name in waiting[0][0].names
            }
        )
        told = joined_evaluations([evaluations for _, evaluations in waiting])
        try:
            checkpoint.write(CheckpointPart(self._next, combinations, told))
        except ForestoError as error:
            self._checkpoint = None
            self.findings = (_not_written(error),)
        self._waiting = self._waiting[len(waiting) :]
        self._next += 1
        self._written_at = self._clock()


def _rows(told: Evaluations, rows: slice) -> Evaluations:
    sums = None if told.block_sums is None else told.block_sums[rows]
    return Evaluations(told.names, told.figures[rows], sums, told.block_lengths)


def _same(recorded: Combinations, wanted: Combinations, count: int) -> bool:
    """Return whether the first combinations are those recorded."""
    if recorded.names != wanted.names:
        return False
    return all(
        column.tolist() == wanted.columns[name][:count].tolist()
        for name, column in recorded.columns.items()
    )


def _not_written(error: ForestoError) -> Finding:
    return Finding(
        code="CHECKPOINT_NOT_WRITTEN",
        severity=Severity.WARNING,
        message=f"What was found could not be written down on the way: {error}",
        where="checkpoint",
        fix="The search went on without; a search cut short after that starts from "
        "what had been written before.",
    )
