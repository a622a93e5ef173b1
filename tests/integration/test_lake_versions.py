"""Data versions in the lake: where names are kept, old lakes, races, damage."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from deltalake import DeltaTable

from foresto_lab.errors import CorruptStoreError, UnknownNameError
from foresto_lab.storage.lake import LakeSeriesStore, delta_calls
from foresto_lab.storage.lake.snapshot import NAMED, Change
from tests.contracts.series_store import (
    TWO_SYMBOLS,
    Row,
    closes,
    counts,
    price_table,
    stored,
)
from tests.oracles.data_versions import following, names_of

JANUARY = closes("A", "2024-01-01", [float(n) for n in range(1, 26)])


@pytest.fixture
def store(tmp_path: Path) -> LakeSeriesStore:
    return LakeSeriesStore(tmp_path / "lake")


@contextmanager
def earlier_release() -> Iterator[None]:
    """Commit as releases did before data versions were named by content.

    A lake of that release has the same log but for the name in the commit's metadata
    and the mark that points at it.
    """
    commit = delta_calls.commit

    def unnamed(uri: str, layout: object, change: Change) -> None:
        marks = {name: mark for name, mark in change.marks.items() if name != NAMED}
        commit(uri, layout, replace(change, marks=marks, data_version=""))  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delta_calls, "commit", unnamed)
        yield


def old_lake(folder: Path) -> dict[str, list[Row]]:
    """Write an old lake; return its states by the names that they had."""
    store = LakeSeriesStore(folder)
    states: dict[str, list[Row]] = {}
    with earlier_release():
        for rows in (TWO_SYMBOLS[:2], TWO_SYMBOLS[2:]):
            store.load_daily_prices(price_table(rows))
            states[store.data_version()] = stored(store)
        store.update_returns()
        store.compact()
        changed = (*TWO_SYMBOLS[0][:7], 1.0)
        store.load_daily_prices(price_table([changed]))
        states[store.data_version()] = stored(store)
    return states


def log_of(folder: Path) -> list[str]:
    logs = sorted((folder / "daily_price" / "_delta_log").glob("*.json"))
    return [log.read_text(encoding="utf-8") for log in logs]


# --- where names are kept -----------------------------------------------------------


def test_a_commit_says_the_name_of_what_it_leaves(
    store: LakeSeriesStore, tmp_path: Path
) -> None:
    names = [
        store.load_daily_prices(price_table([row])).data_version for row in TWO_SYMBOLS
    ]
    store.compact()

    history = DeltaTable(tmp_path / "lake" / "daily_price").history()

    given = [commit["data_version"] for commit in history if "data_version" in commit]
    assert given[::-1] == names


def test_names_outlive_checkpoints(store: LakeSeriesStore, tmp_path: Path) -> None:
    names = names_of("daily_price", [[row] for row in JANUARY])

    loaded = [
        store.load_daily_prices(price_table([row])).data_version for row in JANUARY
    ]

    assert loaded == names
    log = tmp_path / "lake" / "daily_price" / "_delta_log"
    assert list(log.glob("*.checkpoint.parquet"))
    other = LakeSeriesStore(tmp_path / "lake")
    assert other.data_version() == names[-1]
    for number in (1, 7, 20, 25):
        assert stored(other, names[number - 1]) == JANUARY[:number]


def test_a_lost_log_file_is_named_when_it_named_the_rows(
    store: LakeSeriesStore, tmp_path: Path
) -> None:
    for row in JANUARY[:20]:
        store.load_daily_prices(price_table([row]))
    store.compact()
    log = tmp_path / "lake" / "daily_price" / "_delta_log"
    DeltaTable(log.parent).create_checkpoint()
    version = store._prices.snapshot().marks[NAMED]
    (log / f"{version:020}.json").unlink()

    with pytest.raises(CorruptStoreError, match=f"{version:020}.json"):
        LakeSeriesStore(tmp_path / "lake").data_version()


def test_a_return_has_a_name_of_the_same_form(store: LakeSeriesStore) -> None:
    store.load_daily_prices(price_table(closes("A", "2024-01-01", [1.0, 1.5])))

    outcome = store.update_returns()

    expected = names_of("daily_return", [[("A", "2024-01-02", 0.5)]])
    assert outcome.data_version == expected[0]


# --- lakes of earlier releases ------------------------------------------------------


def test_an_old_lake_is_written_as_the_old_release_did(tmp_path: Path) -> None:
    old_lake(tmp_path)

    for text in log_of(tmp_path):
        lines = [json.loads(line) for line in text.splitlines()]
        assert all(NAMED not in line.get("commitInfo", {}) for line in lines)
        marks = [line["txn"]["appId"] for line in lines if "txn" in line]
        assert set(marks) <= {"daily_price"}


def test_an_old_lake_keeps_its_names(tmp_path: Path) -> None:
    states = old_lake(tmp_path)

    store = LakeSeriesStore(tmp_path)

    assert list(states) == ["daily_price@1", "daily_price@2", "daily_price@4"]
    assert store.data_version() == "daily_price@4"
    for name, rows in states.items():
        assert stored(store, name) == rows


def test_old_names_name_the_same_rows_once_new_ones_are_given(tmp_path: Path) -> None:
    states = old_lake(tmp_path)
    store = LakeSeriesStore(tmp_path)

    first = store.load_daily_prices(price_table(JANUARY[:1])).data_version
    second = store.load_daily_prices(price_table(JANUARY[1:])).data_version
    store.compact()

    assert first == following("daily_price@4", JANUARY[:1])
    assert second == following(first, JANUARY[1:])
    other = LakeSeriesStore(tmp_path)
    assert other.data_version() == second
    assert len(stored(other, first)) == 6
    for name, rows in states.items():
        assert stored(other, name) == rows
    newest = other._prices.snapshot().version
    for number in range(newest + 3):
        if f"daily_price@{number}" not in states:
            with pytest.raises(UnknownNameError):
                other.daily_prices(data_version=f"daily_price@{number}")


def test_a_reload_of_the_same_rows_leaves_an_old_name(tmp_path: Path) -> None:
    old_lake(tmp_path)
    store = LakeSeriesStore(tmp_path)

    outcome = store.load_daily_prices(price_table(TWO_SYMBOLS[1:]))

    assert counts(outcome) == (4, 0, 0, 4)
    assert store.data_version() == "daily_price@4"


def test_returns_of_an_old_lake_are_brought_up_to_date(tmp_path: Path) -> None:
    old_lake(tmp_path)
    store = LakeSeriesStore(tmp_path)
    store.load_daily_prices(price_table(closes("SPY", "2024-02-03", [814.0])))

    outcome = store.update_returns()

    assert counts(outcome)[:3] == (1, 1, 0)
    assert store.daily_returns(["SPY"])["daily_return"].tolist() == [
        407.0 / 402.0 - 1,
        1.0,
    ]


def test_an_old_name_is_not_adopted_for_other_rows(tmp_path: Path) -> None:
    old_lake(tmp_path)
    store = LakeSeriesStore(tmp_path)

    with pytest.raises(ValueError, match="already names another state"):
        store.adopt_version("daily_price@1")
    store.adopt_version("daily_price@3")

    assert store.data_version() == "daily_price@3"
    assert stored(store, "daily_price@3") == stored(store, "daily_price@4")


def test_an_old_release_that_writes_again_gives_no_wrong_name(
    store: LakeSeriesStore, tmp_path: Path
) -> None:
    named = store.load_daily_prices(price_table(TWO_SYMBOLS)).data_version
    with earlier_release():
        LakeSeriesStore(tmp_path / "lake").load_daily_prices(price_table(JANUARY[:1]))

    assert store.data_version() == "daily_price@2"
    assert len(stored(store, "daily_price@2")) == 6
    assert stored(store, named) == list(TWO_SYMBOLS)
    version = store.load_daily_prices(price_table(JANUARY[1:])).data_version
    assert version == following("daily_price@2", JANUARY[1:])


# --- races and damage ---------------------------------------------------------------


def test_a_lost_race_gives_the_name_that_follows_the_winners(
    store: LakeSeriesStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.load_daily_prices(price_table(TWO_SYMBOLS))
    write = store._prices._files.write
    others = iter([JANUARY[:1], JANUARY[1:2]])

    def write_after_another(*args: object) -> object:
        for rows in others:
            with monkeypatch.context() as patch:
                patch.setattr("foresto_lab.storage.lake.turn.WAIT_SECONDS", 0.01)
                LakeSeriesStore(tmp_path / "lake").load_daily_prices(price_table(rows))
            break
        return write(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(store._prices._files, "write", write_after_another)
    outcome = store.load_daily_prices(price_table(JANUARY[2:]))

    names = names_of(
        "daily_price", [TWO_SYMBOLS, JANUARY[:1], JANUARY[1:2], JANUARY[2:]]
    )
    assert outcome.data_version == store.data_version() == names[-1]
    assert len(stored(store, names[2])) == 7


def test_dropping_a_damaged_file_gives_a_new_name(
    store: LakeSeriesStore, tmp_path: Path
) -> None:
    rows = [*closes("A", "2004-01-02", [1.0]), *closes("A", "2014-01-02", [2.0])]
    whole = store.load_daily_prices(price_table(rows)).data_version
    first, second = store._prices.snapshot().files
    (tmp_path / "lake" / "daily_price" / first.path).write_bytes(b"")

    store.drop_damaged_files()

    dropped = store.data_version()
    assert dropped.startswith("daily_price@2-")
    assert stored(store) == rows[1:]
    assert stored(store, dropped) == rows[1:]
    with pytest.raises(CorruptStoreError):
        store.daily_prices(data_version=whole)
    again = store.load_daily_prices(price_table(rows)).data_version
    assert again == following(dropped, rows)
    assert store._prices.snapshot().files[-1] == second


def test_nothing_dropped_leaves_the_name(store: LakeSeriesStore) -> None:
    version = store.load_daily_prices(price_table(TWO_SYMBOLS)).data_version

    store.drop_damaged_files()

    assert store.data_version() == version
