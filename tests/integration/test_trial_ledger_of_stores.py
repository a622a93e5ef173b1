"""The trial ledger outlives runs, cleanups, copies and backups."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from foresto_lab.errors import CopyError
from foresto_lab.lab import Lab
from foresto_lab.runs.trials import TrialEntry, TrialTally, data_key
from foresto_lab.storage import Storage, open_storage
from foresto_lab.storage.backup import make_backup, restore_backup
from foresto_lab.storage.copying import copy_store
from foresto_lab.storage.retention import SEARCH_AGE, clean_up
from tests.contracts.run_store import new_record, small_artifacts
from tests.integration.places import Place, Places
from tests.postgresql_server import DatabaseServer
from tests.unit.storage.test_checkpoints import HASH, part

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DATA = data_key(["005930"], "1d", ["candles_history"])


def entry(run_id: str, count: int = 7) -> TrialEntry:
    tally = TrialTally(count, count, 0.1 + 0.2, 1 / 3)
    return TrialEntry(run_id, "hyperrsi", DATA, "grid", tally, AT)


@pytest.fixture
def new_place(
    postgresql_server: DatabaseServer, tmp_path: Path
) -> Iterator[Callable[[str], Place]]:
    """Return what makes an empty place of a kind."""
    places = {
        "embedded": Places(tmp_path, None),
        "postgresql": Places(tmp_path / "team", postgresql_server),
    }
    yield lambda kind: places[kind].new()
    places["postgresql"].remove()


def storage_of(place: Place) -> Storage:
    return open_storage(place.home, place.url)


@pytest.mark.parametrize(
    ("source", "target"), [("embedded", "postgresql"), ("postgresql", "embedded")]
)
def test_a_copy_brings_what_was_tried(
    new_place: Callable[[str], Place], source: str, target: str
) -> None:
    left, right = (storage_of(new_place(kind)) for kind in (source, target))
    for name in ("run-b", "run-a", "run-C"):
        left.ledger.record(entry(name))
    report = copy_store(left, right)
    assert report.definitions["trial_ledger"] == 3
    assert right.ledger.entries() == left.ledger.entries()
    left.ledger.record(entry("run-a", 9))
    copy_store(left, right)
    assert right.ledger.tally("hyperrsi", DATA).evaluated == 7 + 9 + 7
    right.ledger.record(entry("run-own"))
    with pytest.raises(CopyError, match="the trials of run run-own"):
        copy_store(left, right)
    copy_store(left, right, merge=True)
    assert right.ledger.tally("hyperrsi", DATA).evaluated == 7 + 9 + 7 + 7
    left.close()
    right.close()


def test_deleting_and_cleaning_up_leave_the_ledger(either_lab: Lab) -> None:
    storage = either_lab.storage
    long_ago = datetime.now(UTC) - timedelta(days=400)
    record = new_record(created_at=long_ago, expires_at=long_ago + timedelta(days=1))
    run_id = storage.runs.begin(record).run_id
    storage.runs.complete(run_id, small_artifacts())
    storage.ledger.record(entry(run_id))
    assert run_id in clean_up(storage).runs
    assert storage.ledger.entries() == (entry(run_id),)


def test_what_a_stopped_search_wrote_goes_after_a_time(either_lab: Lab) -> None:
    folders = either_lab.storage.checkpoints
    with folders.search(HASH, "run-1") as folder:
        assert folder is not None
        folder.write(part())
    assert either_lab.clean_up().searches == ()
    old = (datetime.now(UTC) - SEARCH_AGE - timedelta(hours=1)).timestamp()
    for path in (folder.path, *folder.path.rglob("*")):
        os.utime(path, (old, old))
    assert either_lab.clean_up(dry_run=True).searches == (HASH,)
    assert folders.waiting() == (HASH,)
    report = either_lab.clean_up()
    assert "1 stopped searches" in str(report)
    assert folders.waiting() == ()


def test_a_backup_has_the_ledger(tmp_path: Path) -> None:
    home, backup, other = (tmp_path / name for name in ("home", "backup", "other"))
    storage = open_storage(home)
    storage.ledger.record(entry("run-1"))
    make_backup(storage.database, home, backup)
    storage.close()
    restore_backup(backup, other)
    again = open_storage(other)
    assert again.ledger.entries() == (entry("run-1"),)
    again.close()
