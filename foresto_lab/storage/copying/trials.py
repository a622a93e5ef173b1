"""Copying the trial ledger: what was ever tried in one store was tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from foresto_lab.errors import CopyError
from foresto_lab.storage.trial_ledger import DatabaseTrialLedger

if TYPE_CHECKING:
    from foresto_lab.runs.trials import TrialEntry
    from foresto_lab.storage.workspace import Storage


def trials_by_run(storage: Storage) -> dict[str, TrialEntry]:
    """Return the entries of a store's ledger by their runs."""
    entries = DatabaseTrialLedger(storage.database).entries()
    return {entry.run_id: entry for entry in entries}


def own_trials(
    source: Mapping[str, TrialEntry], target: Mapping[str, TrialEntry]
) -> str | None:
    """Name trials that only the target made; None when there are none."""
    return next((run_id for run_id in target if run_id not in source), None)


def copy_trials(source: Mapping[str, TrialEntry], target: Storage) -> int:
    """Bring the entries that the target lacks, or has fewer trials of; count them.

    Raises
    ------
    CopyError
        One does not read back as it was.
    """
    there = trials_by_run(target)
    ledger = DatabaseTrialLedger(target.database)
    new = [entry for run_id, entry in source.items() if there.get(run_id) != entry]
    for entry in new:
        ledger.record(entry)
    found = trials_by_run(target)
    for run_id, entry in source.items():
        if found[run_id].tally.evaluated < entry.tally.evaluated:
            raise CopyError(
                target=target.location,
                reason=f"the trials of run {run_id} do not read back as they were.",
                fix="Run the copy again.",
            )
    return len(source)
