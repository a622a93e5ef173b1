"""What may be told about runs while they are carried out.

The domain writes no logs and counts nothing; it tells an observer, and whoever connects
the workbench decides what becomes of that. An observer never changes a run: it gets
frozen records, and raises nothing of its own.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from foresto_lab.runs.record import RunRecord


class RunObserver(Protocol):
    """Is told about each registered run of a request."""

    def run_reused(self, record: RunRecord) -> None:
        """Hear that a kept run answered the request."""

    def running(
        self, record: RunRecord, *, searched: bool
    ) -> AbstractContextManager[None]:
        """Surround a run from its registration to its end.

        An exception that passes through is the reason of its failure.

        Parameters
        ----------
        searched : bool
            A kept run was looked for first, and there was none.
        """


class SilentObserver:
    """Tells nobody."""

    def run_reused(self, record: RunRecord) -> None:
        """Keep it to itself."""

    def running(
        self, record: RunRecord, *, searched: bool
    ) -> AbstractContextManager[None]:
        """Surround a run with nothing."""
        return nullcontext()
