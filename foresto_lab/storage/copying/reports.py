"""What a copy found, brought and left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class SeriesCopied:
    """A series in the target, compared row by row with its source.

    Attributes
    ----------
    rows : int
        Rows of the source; all are in the target with the same bits.
    rows_copied : int
        Those of them that this copy brought or changed.
    rows_beside : int
        Rows that only the target has; none but after a merge.
    checksum : str
        SHA-256 over the content of the rows, the same when computed on either side.
    data_version : str
        The name of the source's state.
    adopted : bool
        Whether the target's rows go by that name now.
    """

    rows: int
    rows_copied: int
    rows_beside: int
    checksum: str
    data_version: str
    adopted: bool


@dataclass(frozen=True, slots=True)
class RunsCopied:
    """The runs of the source, and what became of them.

    Attributes
    ----------
    completed : int
        In the target with all that they computed, compared with the source.
    cleaned_up : int
        In the target with their summary and events; their series are archived or gone.
    failed : int
        In the target with the reason.
    copied : int
        Those of all these that were not there before.
    running : int
        Under way in the source, and left out.
    unreadable : tuple of str
        Completed, but missing or damaged in the source, and left out.
    other_data : int
        Computed on a state of the prices that the target does not have; their results
        are there, but they can be reproduced in the source only.
    """

    completed: int = 0
    cleaned_up: int = 0
    failed: int = 0
    copied: int = 0
    running: int = 0
    unreadable: tuple[str, ...] = ()
    other_data: int = 0


@dataclass(frozen=True, slots=True)
class CopyReport:
    """A finished copy.

    Attributes
    ----------
    definitions : mapping
        Table to its number of rows in the source.
    returns : {"equal", "recomputed", "none"}
        Whether the target's returns are the source's to the last bit; if the source's
        rest on older prices, those of the target were computed from its own.
    """

    source: str
    target: str
    definitions: Mapping[str, int]
    prices: SeriesCopied
    returns: Literal["equal", "recomputed", "none"]
    candles: SeriesCopied
    runs: RunsCopied
    seconds: float = field(compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON-ready values."""
        return {
            "source": self.source,
            "target": self.target,
            "definitions": dict(self.definitions),
            "prices": asdict(self.prices),
            "returns": self.returns,
            "candles": asdict(self.candles),
            "runs": asdict(self.runs) | {"unreadable": list(self.runs.unreadable)},
            "seconds": round(self.seconds, 3),
        }
