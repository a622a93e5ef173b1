"""What every RunStore must do: one test per sentence of the protocol's contract.

A backend's test module subclasses ``RunStoreContract`` and gives the fixtures ``store``
(a new, empty one), ``reopen`` (another store on the same data, as another process would
have) and ``clock``, which the stores read the time from.
"""

from __future__ import annotations

import dataclasses
import math
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foresto_lab.errors import (
    RunError,
    RunNotFoundError,
    RunNotReadableError,
)
from foresto_lab.runs.protocols import RunStore
from foresto_lab.runs.record import RunArtifacts, RunRecord
from foresto_lab.types import RunKind, RunStatus

START = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
HASH = "ab" * 32
OTHER_HASH = "cd" * 32


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_time(self, **duration: float) -> None:
        self.now += timedelta(**duration)


def new_record(number: int = 0, **changes: Any) -> RunRecord:
    """Return a record as a Lab hands it over, numbered so that ids differ."""
    created_at = START + timedelta(seconds=number)
    record = RunRecord(
        run_id=f"{created_at:%Y%m%dT%H%M%S}-{number:06x}",
        kind=RunKind.SIMULATION,
        name="MIN_VOL",
        request={
            "weights": {"equity": 0.15, "bond": 0.45},
            "start": "2015-01-02",
            "end": None,
        },
        request_hash=HASH,
        status=RunStatus.RUNNING,
        engine_version="0.1.0",
        data_version="daily_price@7",
        created_at=created_at,
        created_by="지수",
        expires_at=created_at + timedelta(days=365),
        path_expires_at=created_at + timedelta(days=90),
        git_commit="0123456789abcdef0123456789abcdef01234567",
        packages={"numpy": "2.4.6", "pandas": "3.1.1"},
        snapshots={"scenario": {"name_ko": "변동성 최소화"}, "rule": None},
    )
    return dataclasses.replace(record, **changes)


def small_artifacts(value: float = 1.0) -> RunArtifacts:
    """Return a result of one row."""
    index = pd.DatetimeIndex(["2015-01-02"], name="date")
    return RunArtifacts(
        {"path": pd.DataFrame({"nav": [value]}, index=index)},
        {"total_return": value, "recovery_days": None},
    )


AWKWARD_FLOATS = [
    0.1,
    -0.0,
    5e-324,
    1.7976931348623157e308,
    1 / 3,
    math.nan,
    math.inf,
    -math.inf,
]


def awkward_artifacts() -> RunArtifacts:
    """Return a result with everything that a careless store would bend."""
    dates = pd.DatetimeIndex(
        np.arange("2020-02-26", "2020-03-05", dtype="datetime64[D]"), name="date"
    )
    path = pd.DataFrame({"nav": AWKWARD_FLOATS, "weight_채권": 0.25}, index=dates)
    events = pd.DataFrame(
        {
            "event_date": dates[:2],
            "trigger_type": ["PERIODIC", "DRIFT"],
            "trigger_detail": ["MONTHLY", "DRIFT>=5.00%"],
            "before_weights": [{"equity": 0.1 + 0.2, "채권": 0.7}, {"equity": 1e-17}],
            "after_weights": [{"equity": 0.3, "채권": 0.7}, {}],
            "turnover": [0.05, 1.0],
            "cost_rate": [0.001, 0.0],
            "cost_amount": [50.000000000000004, 0.0],
            "nav_before": [1e6, 1e6],
            "nav_after": [999_950.0, 1e6],
        }
    )
    mixed = pd.DataFrame(
        {
            "objects": np.array([None, 1, 2.5, "text", date(2020, 1, 2)], dtype=object),
            "counts": pd.array([1, None, 3, 4, 2**53 + 1], dtype="Int64"),
            "flags": [True, False, True, False, True],
            "small": np.arange(5, dtype=np.int8),
            "names": ["a", None, "", "한글", "d"],
        },
        index=pd.Index(["v", "w", "x", "y", "z"], name="row"),
    )
    summary = {
        "sharpe_ratio": 0.1 + 0.2,
        "total_return": -0.0,
        "calmar_ratio": math.inf,
        "sortino_ratio": math.nan,
        "max_drawdown": -0.25,
        "recovery_days": None,
        "rebalancing_count": 2,
        "annual_turnover": np.float64(1 / 3),
        "note": "메모",
    }
    return RunArtifacts(
        {"path": path, "events": events, "mixed": mixed, "none": path.iloc[:0]}, summary
    )


def bits(value: float) -> bytes:
    return struct.pack("<d", value)


class RunStoreContract:
    """The tests; fixtures come from the subclass."""

    # --- begin ------------------------------------------------------------------------

    def test_a_begun_run_is_running_for_everyone(
        self, store: RunStore, reopen: Callable[[], RunStore]
    ) -> None:
        begun = store.begin(new_record(status=RunStatus.PENDING))
        seen = reopen().record(begun.run_id)
        assert begun == seen
        assert seen.status is RunStatus.RUNNING
        assert seen.started_at == seen.heartbeat_at == START
        assert seen.completed_at is None

    def test_a_record_comes_back_as_it_was_given(self, store: RunStore) -> None:
        given = new_record(kind=RunKind.REPORT, started_at=START)
        seen = store.record(store.begin(given).run_id)
        kept = dataclasses.replace(
            seen,
            heartbeat_at=None,
            request=dict(seen.request),
            packages=dict(seen.packages),
            snapshots=dict(seen.snapshots),
            summary=dict(seen.summary),
        )
        assert kept == dataclasses.replace(given, summary={})
        assert list(seen.request["weights"]) == ["equity", "bond"]

    def test_instants_come_back_in_utc(self, store: RunStore) -> None:
        in_seoul = START.astimezone(timezone(timedelta(hours=9)))
        record = store.begin(new_record(created_at=in_seoul, run_id="seoul"))
        assert store.record("seoul").created_at == START
        assert store.record("seoul").created_at.utcoffset() == timedelta(0)
        assert record.created_at == START

    def test_an_id_is_given_once(self, store: RunStore) -> None:
        store.begin(new_record())
        with pytest.raises(RunError, match="exists already"):
            store.begin(new_record(name="OTHER"))
        assert [record.name for record in store.records()] == ["MIN_VOL"]

    def test_a_run_without_an_id_gets_one_that_sorts_by_time(
        self, store: RunStore
    ) -> None:
        begun = store.begin(new_record(run_id=""))
        assert begun.run_id.startswith("20260102T030405-")

    @pytest.mark.parametrize("run_id", ["../other", "a/b", ".hidden", "x" * 41, "a\n"])
    def test_an_id_that_could_leave_its_place_is_refused(
        self, store: RunStore, run_id: str
    ) -> None:
        with pytest.raises(ValueError, match="Run id"):
            store.begin(new_record(run_id=run_id))
        assert store.records() == ()

    # --- complete ---------------------------------------------------------------------

    def test_a_completed_run_reads_back_to_the_last_bit(
        self, store: RunStore, reopen: Callable[[], RunStore]
    ) -> None:
        given = awkward_artifacts()
        run_id = store.begin(new_record()).run_id
        store.complete(run_id, given)
        read = reopen().artifacts(run_id)
        assert list(read.tables) == list(given.tables)
        for name, table in given.tables.items():
            pd.testing.assert_frame_equal(
                read.tables[name], table, check_exact=True, check_freq=True
            )
        written = given.tables["path"]["nav"].to_numpy().view("i8")
        np.testing.assert_array_equal(
            read.tables["path"]["nav"].to_numpy().view("i8"), written
        )
        for column in ("before_weights", "after_weights"):
            expected = given.tables["events"][column].tolist()
            assert read.tables["events"][column].tolist() == expected
        objects = read.tables["mixed"]["objects"].tolist()
        assert objects == [None, 1, 2.5, "text", date(2020, 1, 2)]
        assert [type(value) for value in objects[1:3]] == [int, float]

    def test_a_summary_reads_back_to_the_last_bit(self, store: RunStore) -> None:
        given = awkward_artifacts()
        run_id = store.begin(new_record()).run_id
        completed = store.complete(run_id, given)
        readings = (
            completed.summary,
            store.record(run_id).summary,
            store.records()[0].summary,
            store.artifacts(run_id).summary,
        )
        for summary in readings:
            assert list(summary) == list(given.summary)
            for name, value in given.summary.items():
                if isinstance(value, float):
                    assert bits(summary[name]) == bits(value), name
                else:
                    assert summary[name] == value, name
                    assert type(summary[name]) is type(value), name

    def test_completing_moves_the_status_and_the_time(
        self, store: RunStore, clock: Clock
    ) -> None:
        begun = store.begin(new_record())
        clock.pass_time(seconds=3)
        completed = store.complete(begun.run_id, small_artifacts())
        assert completed.status is RunStatus.COMPLETED
        assert completed.completed_at == START + timedelta(seconds=3)
        assert store.record(begun.run_id) == completed

    def test_giving_artifacts_leaves_them_as_they_are(self, store: RunStore) -> None:
        given, same = awkward_artifacts(), awkward_artifacts()
        store.complete(store.begin(new_record()).run_id, given)
        for name, table in same.tables.items():
            pd.testing.assert_frame_equal(given.tables[name], table)

    def test_tables_handed_out_are_the_readers_own(self, store: RunStore) -> None:
        run_id = store.begin(new_record()).run_id
        store.complete(run_id, small_artifacts(1.0))
        path = store.artifacts(run_id).tables["path"]
        path["nav"] = 99.0
        assert store.artifacts(run_id).tables["path"]["nav"].tolist() == [1.0]

    def test_a_value_that_cannot_be_kept_stores_nothing(self, store: RunStore) -> None:
        run_id = store.begin(new_record()).run_id
        table = pd.DataFrame({"what": pd.Series([object()], dtype=object)})
        with pytest.raises(TypeError):
            store.complete(run_id, RunArtifacts({"path": table}, {}))
        assert store.record(run_id).status is RunStatus.RUNNING
        store.complete(run_id, small_artifacts())
        assert list(store.artifacts(run_id).tables) == ["path"]

    # --- statuses never go back -------------------------------------------------------

    def test_a_completed_run_stays_completed(self, store: RunStore) -> None:
        run_id = store.begin(new_record()).run_id
        store.complete(run_id, small_artifacts(1.0))
        with pytest.raises(RunError, match="completed and cannot become completed"):
            store.complete(run_id, small_artifacts(2.0))
        with pytest.raises(RunError, match="completed and cannot become failed"):
            store.fail(run_id, "too late")
        assert store.record(run_id).status is RunStatus.COMPLETED
        assert store.artifacts(run_id).summary["total_return"] == 1.0

    def test_a_failed_run_stays_failed_for_its_first_reason(
        self, store: RunStore
    ) -> None:
        run_id = store.begin(new_record()).run_id
        failed = store.fail(run_id, "no price")
        assert (failed.status, failed.error_message) == (RunStatus.FAILED, "no price")
        assert store.fail(run_id, "another").error_message == "no price"
        with pytest.raises(RunError, match=r"failed \(no price\)"):
            store.complete(run_id, small_artifacts())
        assert store.record(run_id) == failed

    def test_only_a_completed_run_is_readable(self, store: RunStore) -> None:
        run_id = store.begin(new_record()).run_id
        with pytest.raises(RunNotReadableError, match="is running"):
            store.artifacts(run_id)
        store.fail(run_id, "no price")
        with pytest.raises(RunNotReadableError, match="no price"):
            store.artifacts(run_id)

    def test_records_are_snapshots(self, store: RunStore) -> None:
        begun = store.begin(new_record())
        store.complete(begun.run_id, small_artifacts())
        assert begun.status is RunStatus.RUNNING
        with pytest.raises(dataclasses.FrozenInstanceError):
            begun.status = RunStatus.FAILED  # type: ignore[misc]
        with pytest.raises(TypeError):
            begun.request["start"] = "2000-01-01"  # type: ignore[index]

    # --- find by hash -----------------------------------------------------------------

    def test_the_newest_completed_run_of_a_request_is_found(
        self, store: RunStore, clock: Clock
    ) -> None:
        for number in range(3):
            store.begin(new_record(number))
        store.begin(new_record(3, request_hash=OTHER_HASH))
        assert store.find_completed(HASH) is None
        for number in (1, 0, 3):
            clock.pass_time(seconds=1)
            store.complete(new_record(number).run_id, small_artifacts(number))
        found = store.find_completed(HASH)
        assert found == store.record(new_record(0).run_id)
        assert store.find_completed("ef" * 32) is None

    def test_an_expired_run_is_not_found_but_readable(
        self, store: RunStore, clock: Clock
    ) -> None:
        record = new_record(expires_at=START + timedelta(days=1))
        run_id = store.begin(record).run_id
        store.complete(run_id, small_artifacts())
        clock.pass_time(hours=23, minutes=59)
        assert store.find_completed(HASH) is not None
        clock.pass_time(minutes=1)
        assert store.find_completed(HASH) is None
        assert store.artifacts(run_id).summary["total_return"] == 1.0

    def test_a_run_that_never_expires_is_found(
        self, store: RunStore, clock: Clock
    ) -> None:
        run_id = store.begin(new_record(expires_at=None)).run_id
        store.complete(run_id, small_artifacts())
        clock.pass_time(days=50_000)
        found = store.find_completed(HASH)
        assert found is not None
        assert found.run_id == run_id

    def test_a_failed_run_is_not_found(self, store: RunStore) -> None:
        store.fail(store.begin(new_record()).run_id, "no price")
        assert store.find_completed(HASH) is None

    # --- find by id -------------------------------------------------------------------

    def test_the_beginning_of_an_id_is_enough(self, store: RunStore) -> None:
        for run_id in ("20260102T030405-9f3c2a", "20260102T030405-9f4000", "20270101"):
            store.begin(new_record(run_id=run_id))
        assert store.record("2027").run_id == "20270101"
        assert store.record("20260102T030405-9f3").run_id == "20260102T030405-9f3c2a"
        store.complete("20270101", small_artifacts())
        assert store.artifacts("2027").summary["total_return"] == 1.0

    def test_a_whole_id_wins_over_longer_ones(self, store: RunStore) -> None:
        store.begin(new_record(run_id="20260102"))
        store.begin(new_record(run_id="20260102T03"))
        assert store.record("20260102").run_id == "20260102"

    def test_an_ambiguous_beginning_names_the_candidates(self, store: RunStore) -> None:
        store.begin(new_record(run_id="2026-a"))
        store.begin(new_record(run_id="2026-b"))
        with pytest.raises(RunNotFoundError, match="2026-a, 2026-b"):
            store.record("2026")

    @pytest.mark.parametrize("run_id", ["", "nothing", "%", "2026_", "____"])
    def test_an_unknown_id_is_said_to_be(self, store: RunStore, run_id: str) -> None:
        store.begin(new_record(run_id="2026-abc"))
        for ask in (store.record, store.artifacts):
            with pytest.raises(RunNotFoundError, match="No run"):
                ask(run_id)

    def test_changing_asks_for_the_whole_id(self, store: RunStore) -> None:
        store.begin(new_record(run_id="2026-abc"))
        with pytest.raises(RunNotFoundError):
            store.delete("2026")
        with pytest.raises(RunNotFoundError):
            store.fail("2026", "wrong")
        with pytest.raises(RunNotFoundError):
            store.complete("2026", small_artifacts())
        assert store.record("2026-abc").status is RunStatus.RUNNING

    # --- lists ------------------------------------------------------------------------

    def test_records_are_listed_newest_first_and_filtered(
        self, store: RunStore
    ) -> None:
        kinds = [RunKind.SIMULATION, RunKind.REPORT, RunKind.SIMULATION]
        ids = [
            store.begin(new_record(number, kind=kind)).run_id
            for number, kind in enumerate(kinds)
        ]
        store.complete(ids[0], small_artifacts())
        assert store.records() == tuple(store.record(i) for i in reversed(ids))
        assert [r.run_id for r in store.records(limit=2)] == [ids[2], ids[1]]
        simulations = store.records(kind=RunKind.SIMULATION)
        assert [r.run_id for r in simulations] == [ids[2], ids[0]]
        completed = store.records(status=RunStatus.COMPLETED)
        assert [r.run_id for r in completed] == [ids[0]]
        assert (
            store.records(kind=RunKind.REPORT, status=RunStatus.COMPLETED, limit=1)
            == ()
        )

    # --- delete -----------------------------------------------------------------------

    @pytest.mark.parametrize("status", ["running", "completed", "failed"])
    def test_a_deleted_run_is_gone_for_everyone(
        self, store: RunStore, reopen: Callable[[], RunStore], status: str
    ) -> None:
        run_id = store.begin(new_record()).run_id
        kept = store.begin(new_record(1)).run_id
        store.complete(kept, awkward_artifacts())
        if status == "completed":
            store.complete(run_id, awkward_artifacts())
        elif status == "failed":
            store.fail(run_id, "no price")
        store.delete(run_id)
        for view in (store, reopen()):
            with pytest.raises(RunNotFoundError):
                view.record(run_id)
            found = view.find_completed(HASH)
            assert found is not None
            assert found.run_id == kept
        with pytest.raises(RunNotFoundError):
            store.delete(run_id)
        assert len(store.artifacts(kept).tables) == 4

    def test_a_run_deleted_while_it_runs_cannot_complete(self, store: RunStore) -> None:
        run_id = store.begin(new_record()).run_id
        store.delete(run_id)
        with pytest.raises(RunNotFoundError):
            store.complete(run_id, small_artifacts())
        assert store.records() == ()

    def test_the_id_of_a_deleted_run_is_free(self, store: RunStore) -> None:
        run_id = store.begin(new_record()).run_id
        store.complete(run_id, small_artifacts(1.0))
        store.delete(run_id)
        store.begin(new_record())
        store.complete(run_id, small_artifacts(2.0))
        assert store.artifacts(run_id).summary["total_return"] == 2.0

    # --- crashes ----------------------------------------------------------------------

    def test_a_run_of_a_living_process_is_left_alone(
        self, store: RunStore, reopen: Callable[[], RunStore]
    ) -> None:
        begun = store.begin(new_record())
        assert list(reopen().fail_crashed(START + timedelta(days=9))) == []
        assert store.record(begun.run_id) == begun
        store.complete(begun.run_id, small_artifacts())

    # --- any number at once -----------------------------------------------------------

    def test_threads_share_a_store(self, store: RunStore) -> None:
        def run(number: int) -> float:
            record = new_record(number, request_hash=f"{number:064x}")
            run_id = store.begin(record).run_id
            store.complete(run_id, small_artifacts(float(number)))
            found = store.find_completed(record.request_hash)
            assert found is not None
            return float(store.artifacts(found.run_id).tables["path"]["nav"].iloc[0])

        with ThreadPoolExecutor(16) as threads:
            assert list(threads.map(run, range(48))) == [float(n) for n in range(48)]
        assert len(store.records(status=RunStatus.COMPLETED)) == 48

    def test_of_threads_that_complete_one_run_one_succeeds(
        self, store: RunStore
    ) -> None:
        run_id = store.begin(new_record()).run_id

        def complete(number: int) -> bool:
            try:
                store.complete(run_id, small_artifacts(float(number)))
            except RunError:
                return False
            return True

        with ThreadPoolExecutor(8) as threads:
            outcomes = list(threads.map(complete, range(8)))
        assert outcomes.count(True) == 1
        winner = float(outcomes.index(True))
        assert store.artifacts(run_id).summary["total_return"] == winner
