"""What every trial ledger must do: one test per sentence of the protocol's contract.

A backend's test module subclasses ``TrialLedgerContract`` and gives the fixtures
``ledger`` (of a new, empty store) and ``reopen`` (another on the same data).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from foresto_lab.errors import StorageError
from foresto_lab.runs.trials import TrialEntry, TrialLedger, TrialTally, data_key

AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
DATA = data_key(["005930"], "1d", ["candles_history"])
OTHER = data_key(["005930"], "1h", ["candles_history"])
BOTH = data_key(["AAPL", "005930"], "1d", ["candles_history"])


def entry(run_id: str = "run-1", **changes: Any) -> TrialEntry:
    facts: dict[str, Any] = {
        "family": "hyperrsi",
        "data": DATA,
        "method": "grid",
        "tally": TrialTally(3, 2, 0.25, 0.125),
        "recorded_at": AT,
    }
    return TrialEntry(run_id=run_id, **{**facts, **changes})


class TrialLedgerContract:
    def test_a_new_ledger_has_no_trials(self, ledger: TrialLedger) -> None:
        assert ledger.tally("hyperrsi", DATA) == TrialTally(0, 0, 0.0, 0.0)
        assert ledger.entries() == ()

    def test_an_entry_comes_back_as_it_was(
        self, ledger: TrialLedger, reopen: Callable[[], TrialLedger]
    ) -> None:
        written = entry(tally=TrialTally(7, 5, 0.1 + 0.2, 5e-324), family="평균 회귀")
        ledger.record(written)
        assert reopen().entries() == (written,)

    def test_a_search_counts_what_it_evaluated_once(self, ledger: TrialLedger) -> None:
        ledger.record(entry())
        ledger.record(entry(tally=TrialTally(5, 4, 0.5, 1.0)))
        ledger.record(entry(tally=TrialTally(5, 4, 0.5, 1.0)))
        assert ledger.tally("hyperrsi", DATA) == TrialTally(5, 4, 0.5, 1.0)

    def test_what_was_evaluated_is_never_taken_back(self, ledger: TrialLedger) -> None:
        ledger.record(entry(tally=TrialTally(5, 4, 0.5, 1.0)))
        ledger.record(entry(tally=TrialTally(2, 2, 9.0, 9.0)))
        assert ledger.tally("hyperrsi", DATA) == TrialTally(5, 4, 0.5, 1.0)

    def test_tallies_of_a_family_on_data_are_merged(self, ledger: TrialLedger) -> None:
        # Sharpe ratios 1 and 3; then 5, and one trial without: mean 3, squares 8.
        ledger.record(entry(tally=TrialTally(2, 2, 2.0, 2.0)))
        ledger.record(entry("run-2", method="random", tally=TrialTally(2, 1, 5.0, 0.0)))
        ledger.record(entry("run-3", family="sma_cross"))
        ledger.record(entry("run-4", data=OTHER))
        assert ledger.tally("hyperrsi", DATA) == TrialTally(4, 3, 3.0, 8.0)
        assert ledger.tally("hyperrsi", DATA, without="run-2") == TrialTally(
            2, 2, 2.0, 2.0
        )

    def test_data_that_shares_a_symbol_is_the_same(self, ledger: TrialLedger) -> None:
        ledger.record(entry())
        ledger.record(entry("run-2", data=BOTH))
        ledger.record(entry("run-3", data=DATA.replace("005930", "AAPL")))
        assert ledger.tally("hyperrsi", DATA).evaluated == 6
        assert ledger.tally("hyperrsi", BOTH).evaluated == 9

    def test_entries_are_found_by_family_and_data(self, ledger: TrialLedger) -> None:
        first, second = entry(), entry("run-2", recorded_at=AT + timedelta(seconds=1))
        other = entry("run-3", family="sma_cross", recorded_at=AT - timedelta(1))
        for each in (second, first, other):
            ledger.record(each)
        assert ledger.entries() == (other, first, second)
        assert ledger.entries("hyperrsi") == (first, second)
        assert ledger.entries(data=OTHER) == ()

    def test_many_writers_lose_nothing(
        self, ledger: TrialLedger, reopen: Callable[[], TrialLedger]
    ) -> None:
        def write(writer: int) -> None:
            own = reopen()
            for done in range(1, 21):
                own.record(entry(f"run-{writer % 3}", tally=TrialTally(done)))

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(write, range(6)))
        assert ledger.tally("hyperrsi", DATA).evaluated == 3 * 20

    def test_what_cannot_be_is_refused(self, ledger: TrialLedger) -> None:
        with pytest.raises(StorageError):
            ledger.record(entry(tally=TrialTally(1, 2)))
        assert ledger.entries() == ()
