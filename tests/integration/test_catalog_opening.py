"""Opening a workspace: once made by however many, quick, and safe across forks."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from foresto_lab.scenarios import Scenario
from foresto_lab.storage import create_workspace, open_storage
from tests.contracts.run_store import new_record, small_artifacts
from tests.integration.forked import REPOSITORY, Forks

OPENERS = 8
WITHOUT_ALEMBIC = """
import sys
from pathlib import Path
from foresto_lab.storage import open_storage
storage = open_storage(Path(sys.argv[1]))
assert len(storage.catalog.scenarios()) == 3
heavy = {"alembic", "deltalake", "duckdb", "psutil", "pyarrow.parquet"}
print(sorted(heavy & set(sys.modules)))
"""


def open_and_count(home: str, begin_at: float) -> list[int]:
    """Open a workspace at an instant; say how many definitions it has."""
    time.sleep(max(0.0, begin_at - time.time()))
    catalog = open_storage(Path(home)).catalog
    return [len(catalog.scenarios()), len(catalog.rules()), len(catalog.instruments())]


def test_eight_openers_make_one_workspace(tmp_path: Path) -> None:
    with Forks("foresto_lab.storage.workspace", __name__) as forks:
        for attempt in range(3):
            home = str(tmp_path / f"workspace {attempt}")
            begin_at = time.time() + 0.5
            for _ in range(OPENERS):
                forks.start(open_and_count, home, begin_at)
            assert [forks.hear() for _ in range(OPENERS)] == [[3, 4, 5]] * OPENERS


def test_opening_a_current_workspace_imports_nothing_it_does_not_need(
    tmp_path: Path,
) -> None:
    create_workspace(tmp_path).close()
    printed = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT_ALEMBIC, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        check=True,
    )
    assert printed.stdout.strip() == "[]"


def use_after_fork(home: str) -> list[str]:
    """Fork with the parent's storage in use; say what parent and child see."""
    storage = open_storage(Path(home))
    storage.catalog.scenarios()
    storage.runs.begin(new_record(0))
    reader, writer = os.pipe()
    if os.fork() == 0:
        storage.catalog.save_scenario(Scenario("CHILD", "가", "A", {"equity": 1.0}))
        storage.runs.begin(new_record(1))
        storage.runs.complete(new_record(1).run_id, small_artifacts())
        storage.close()
        os.write(writer, b"done")
        os._exit(0)
    storage.catalog.save_scenario(Scenario("PARENT", "가", "A", {"equity": 1.0}))
    os.read(reader, 4)
    storage.runs.complete(new_record(0).run_id, small_artifacts())
    names = [item.name for item in storage.catalog.scenarios()]
    return sorted(names) + [str(record.status) for record in storage.runs.records()]


def test_a_fork_uses_its_parents_storage(tmp_path: Path) -> None:
    create_workspace(tmp_path).close()
    modules = ("foresto_lab.storage.workspace", "foresto_lab.storage.tables")
    with Forks(*modules, __name__) as forks:
        forks.start(use_after_fork, str(tmp_path))
        assert forks.hear() == [
            "CHILD",
            "DEFENSIVE",
            "GROWTH",
            "MIN_VOL",
            "PARENT",
            "completed",
            "completed",
        ]


def test_a_closed_storage_opens_again_at_its_next_use(tmp_path: Path) -> None:
    storage = create_workspace(tmp_path)
    storage.close()
    assert len(storage.catalog.scenarios()) == 3
    storage.close()
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == [
        "foresto.db",
        "runs",
    ]


def test_storage_says_where_it_is(tmp_path: Path) -> None:
    storage = open_storage(tmp_path)
    assert storage.home == tmp_path
    assert str(tmp_path) in repr(storage)
    assert storage.series is storage.series
    storage.close()
