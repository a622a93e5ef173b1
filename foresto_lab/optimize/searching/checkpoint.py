"""What a search writes down on its way, so that it can be gone on with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import Evaluations


@dataclass(frozen=True, eq=False)
class CheckpointPart:
    """Trials in the order of their evaluation, each evaluated once.

    Parameters
    ----------
    number : int
        From 0; the parts of a search follow each other without a gap.
    combinations : Combinations
    evaluations : Evaluations
        Their figures, with sums over blocks of bars if the search asks for them.
    """

    number: int
    combinations: Combinations
    evaluations: Evaluations

    def __len__(self) -> int:
        return len(self.evaluations)


class Checkpoint(Protocol):
    """Where parts are kept; one search writes at a time.

    A search that is given parts evaluates none of them again. It asks the same
    combinations as the one that wrote them, so its result is the same as if it had
    never been cut short. Numbers must come back bit for bit, NaN as NaN, columns with
    the types they had.
    """

    def read(self) -> Iterable[CheckpointPart]:
        """Return the parts that were written whole, in their order."""
        ...

    def write(self, part: CheckpointPart) -> None:
        """Keep a part, whole or not at all.

        Raises
        ------
        ForestoError
            It cannot be kept; the search goes on and says so.
        """
        ...


@dataclass(eq=False)
class MemoryCheckpoint:
    """Keeps parts in memory, for a search that is gone on with in this process."""

    parts: list[CheckpointPart] = field(default_factory=list)

    def read(self) -> list[CheckpointPart]:
        """Return the parts."""
        return list(self.parts)

    def write(self, part: CheckpointPart) -> None:
        """Keep a part."""
        self.parts.append(part)
