"""Copying a series from one store to another, a bounded number of rows at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from foresto_lab.errors import CopyError, InputError, WriteConflictError
from foresto_lab.storage.copying.compared_rows import ComparedRows, compare_rows
from foresto_lab.storage.copying.reports import SeriesCopied
from foresto_lab.storage.data_versions import first, following
from foresto_lab.storage.progress import Progress

if TYPE_CHECKING:
    from foresto_lab.storage.sorted_rows import SortedRows

MERGE_ADVICE = (
    "Copy into an empty store, or bring the source's content into this one, where it "
    "then replaces what has the same name or key, with --merge."
)
RUN_AGAIN = "Run the copy again: it goes on where it is."


class Side(Protocol):
    """A store's series, as a copy sees it."""

    def version(self) -> str:
        """Return the name of the state that the rows are in."""

    def read(self, window: Any, data_version: str | None) -> SortedRows:
        """Return the rows of a window, as of a state, or as they are."""

    def load(self, window: Any, rows: SortedRows) -> str:
        """Upsert the rows of a window; return the name of the state after it."""

    def adopt(self, name: str, only_from: str) -> None:
        """Call the rows of a state by another data version from now on."""

    def digest(self, window: Any, rows: SortedRows) -> str:
        """Return the content digest of the rows of a window."""


class SeriesCopy:
    """A series on its way from one store to another.

    The source is read as of one state, whoever loads into it meanwhile.

    Parameters
    ----------
    table, what : str
        The series' name, and what people call its rows.
    windows : sequence
        Parts that together hold every row of both sides.
    location : str
        Where the target is, for errors.
    """

    def __init__(
        self,
        table: str,
        what: str,
        source: Side,
        target: Side,
        windows: Sequence[Any],
        location: str,
    ) -> None:
        self._table, self._what, self._location = table, what, location
        self._source, self._target, self._windows = source, target, windows
        self.version = source.version()
        self._state = target.version()
        self._equal: dict[Any, tuple[int, str]] = {}

    @property
    def _target_is_new(self) -> bool:
        return self._state == first(self._table)

    def require_nothing_else(self, progress: Progress) -> None:
        """Refuse a target with rows that are not the source's.

        Raises
        ------
        CopyError
            Names one of them.
        """
        if self._target_is_new:
            return
        for number, window in enumerate(self._windows):
            progress(f"comparing {self._what}", number, len(self._windows))
            compared = self._compare(window)
            if compared.is_own:
                raise CopyError(
                    target=self._location,
                    reason=f"it has other {self._what} already, {compared.example} "
                    "for example. Nothing was copied.",
                    fix=MERGE_ADVICE,
                )
            if compared.is_copied:
                digest = self._target.digest(window, compared.matching)
                self._equal[window] = len(compared.matching), digest

    def run(self, progress: Progress) -> SeriesCopied:
        """Bring what the target lacks; compare all of it afterwards.

        Raises
        ------
        CopyError
            Rows do not come out as they were, or somebody else loads into the target.
        """
        sums = hashlib.sha256(), hashlib.sha256()
        rows = copied = beside = 0
        for number, window in enumerate(self._windows):
            progress(f"copying {self._what}", number, len(self._windows))
            if window in self._equal:
                count, digest = self._equal[window]
                digests = digest, digest
            else:
                before, compared = self._bring(window)
                count, digests = len(compared.source), self._digests(window, compared)
                copied += before.lacking + len(before.changed)
                beside += compared.beside
            rows += count
            for total, digest in zip(sums, digests, strict=True):
                total.update(digest.encode())
        left, right = (total.hexdigest() for total in sums)
        if left != right or self._target.version() != self._state:
            raise self._interference()
        adopted = not beside and self._adopt()
        return SeriesCopied(rows, copied, beside, left, self.version, adopted)

    def _compare(self, window: Any) -> ComparedRows:
        return compare_rows(
            self._source.read(window, self.version), self._target.read(window, None)
        )

    def _bring(self, window: Any) -> tuple[ComparedRows, ComparedRows]:
        """Load what the target lacks of a window; return both before and after it."""
        before = self._compare(window)
        if before.is_copied:
            return before, before
        loaded = self._target.load(window, before.source)
        digest = self._source.digest(window, before.source)
        if loaded != following(self._state, digest):
            raise self._interference()
        self._state = loaded
        after = compare_rows(before.source, self._target.read(window, None))
        if not after.is_copied:
            raise CopyError(
                target=self._location,
                reason=f"of the {self._what} of {window}, {after.lacking:,} are not "
                f"there and {len(after.changed):,} have other values.",
                fix=RUN_AGAIN,
            )
        return before, after

    def _digests(self, window: Any, compared: ComparedRows) -> tuple[str, str]:
        return (
            self._source.digest(window, compared.source),
            self._target.digest(window, compared.matching),
        )

    def _adopt(self) -> bool:
        """Let the target's rows go by the source's name; return whether they do."""
        if self.version == first(self._table):
            return False
        try:
            self._target.adopt(self.version, self._state)
        except InputError:  # it names an earlier state of the target
            return False
        except WriteConflictError:
            raise self._interference() from None
        return True

    def _interference(self) -> CopyError:
        return CopyError(
            target=self._location,
            reason=f"somebody else loaded {self._what} into it meanwhile.",
            fix="Let nobody load into it, and run the copy again.",
        )
