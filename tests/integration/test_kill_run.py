"""kill -9 in the middle of a run: the next start works, nothing false is readable."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from foresto_lab.errors import RunNotFoundError, RunNotReadableError
from foresto_lab.storage import Storage, open_storage
from foresto_lab.storage.models import RunArtifact, SimulationPath
from foresto_lab.types import RunStatus
from tests.integration.forked import Forks, kill
from tests.integration.run_workers import STEPS, run_endlessly, stop_at_step

KILLS = 25


@pytest.fixture(scope="module")
def workers() -> Iterator[Forks]:
    with Forks(
        "psutil", "foresto_lab.storage.workspace", "foresto_lab.storage.tables"
    ) as workers:
        yield workers


def start_again(home: Path, url: str | None = None) -> Storage:
    """Open the workspace as a new process would, which clears up."""
    storage = open_storage(home, url)
    storage.runs.fail_crashed(datetime.now(UTC))
    return storage


def run_folders(home: Path) -> set[str]:
    return {path.name for path in (home / "data" / "runs").iterdir()}


def stored_runs(storage: Storage) -> set[str]:
    """Return the runs that the store holds artifacts of."""
    if storage.database.dialect == "sqlite":
        return run_folders(storage.home) - {".incoming", ".trash"}
    query = select(RunArtifact.run_id).union(select(SimulationPath.run_id))
    with storage.database.reading() as session:
        return set(session.scalars(query))


def require_no_leftovers(home: Path) -> None:
    for name in (".incoming", ".trash"):
        folder = home / "data" / "runs" / name
        assert not folder.exists() or not list(folder.iterdir())


def require_whole(storage: Storage, run_id: str, number: int) -> None:
    read = storage.runs.artifacts(run_id)
    assert read.summary == {"number": number}
    for name in ("path", "more"):
        assert read.tables[name]["nav"].tolist() == [float(number)] * 2000


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step(workers: Forks, tmp_path: Path, step: str) -> None:
    worker = workers.start(stop_at_step, str(tmp_path), step)
    kept, run_id = workers.hear()
    workers.hear()
    if step.startswith("complete"):  # a deletion under way holds the write lock
        assert open_storage(tmp_path).runs.fail_crashed(datetime.now(UTC)) == ()
    kill(worker)

    storage = start_again(tmp_path)
    require_no_leftovers(tmp_path)
    require_whole(storage, kept, 1)
    folders = run_folders(tmp_path) - {".incoming", ".trash"}
    if step == "complete: after the commit":
        require_whole(storage, run_id, 2)
        assert folders == {kept, run_id}
    elif step.startswith("complete"):
        failed = storage.runs.record(run_id)
        assert failed.status is RunStatus.FAILED
        assert failed.error_message == "The process that ran it is gone"
        with pytest.raises(RunNotReadableError):
            storage.runs.artifacts(run_id)
        assert storage.runs.find_completed(f"{2:064x}") is None
        assert folders == {kept}
    elif step == "delete: after the commit":
        with pytest.raises(RunNotFoundError):
            storage.runs.record(run_id)
        assert folders == {kept}
    else:
        require_whole(storage, run_id, 2)
        assert folders == {kept, run_id}
    assert start_again(tmp_path).runs.fail_crashed(datetime.now(UTC)) == ()


def test_killed_at_any_moment(
    workers: Forks, tmp_path: Path, either_new_store: str | None
) -> None:
    moments = random.Random(20260102)
    for attempt in range(KILLS):
        worker = workers.start(
            run_endlessly, str(tmp_path), either_new_store, attempt * 1000 + 1
        )
        assert workers.hear() == "ready"
        time.sleep(moments.uniform(0.0, 0.12))
        kill(worker)
        storage = start_again(tmp_path, either_new_store)
        if either_new_store is None:
            require_no_leftovers(tmp_path)
        records = storage.runs.records()
        assert {r.status for r in records} <= {RunStatus.COMPLETED, RunStatus.FAILED}
        completed = {r.run_id for r in records if r.status is RunStatus.COMPLETED}
        assert stored_runs(storage) == completed
        storage.close()
    storage = start_again(tmp_path, either_new_store)
    completed_records = storage.runs.records(status=RunStatus.COMPLETED)
    assert len(completed_records) > KILLS
    for record in completed_records:
        require_whole(storage, record.run_id, int(record.request["number"]))
        assert record.summary == {"number": record.request["number"]}


def test_two_starts_clear_up_at_once(workers: Forks, tmp_path: Path) -> None:
    worker = workers.start(stop_at_step, str(tmp_path), "complete: after the move")
    kept, run_id = workers.hear()
    workers.hear()
    first, second = open_storage(tmp_path), open_storage(tmp_path)
    kill(worker)
    now = datetime.now(UTC)
    failed = [*first.runs.fail_crashed(now), *second.runs.fail_crashed(now)]
    assert [record.run_id for record in failed] == [run_id]
    require_whole(second, kept, 1)
