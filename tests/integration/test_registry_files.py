"""Definitions as files: out of one store, through git, into another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foresto_lab.errors import DefinitionFileError, UnknownNameError, VersionTakenError
from foresto_lab.registry import DefinitionKind
from foresto_lab.storage import Storage, open_storage
from foresto_lab.storage.registry_files import export_definitions, import_definitions
from tests.contracts.registry import indicator, strategy


@pytest.fixture
def storage(tmp_path: Path, either_new_store: str | None) -> Storage:
    return open_storage(tmp_path / "home", either_new_store)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def fill(storage: Storage) -> None:
    registry = storage.registry
    registry.save(
        strategy("변동성 Dip", metadata={"z": [1e16, 1e300, 5e-324], "a": [0.1, -0.0]})
    )
    registry.save(strategy("변동성 dip", "1.1.0", 1e-7, tags=["b", "a"]))
    registry.save(strategy("Other"))
    registry.save(indicator("Other"))
    registry.set_active(DefinitionKind.STRATEGY, "Other", "1.0.0", active=False)


def test_the_round_trip_is_byte_for_byte(storage: Storage, tmp_path: Path) -> None:
    fill(storage)
    written = export_definitions(storage.registry, tmp_path / "out")
    assert [str(path.relative_to(tmp_path)) for path in written] == [
        "out/indicators/other.json",
        "out/strategies/other.json",
        "out/strategies/변동성 dip.json",
    ]
    with_others = open_storage(tmp_path / "other")  # an embedded one, whichever it was
    done = import_definitions(with_others.registry, tmp_path / "out")
    assert [item.status for item in done] == ["new"] * 4
    export_definitions(with_others.registry, tmp_path / "again")
    assert contents(tmp_path / "again") == contents(tmp_path / "out")
    again = import_definitions(storage.registry, tmp_path / "again")
    assert [item.status for item in again] == ["unchanged"] * 4


def test_exporting_twice_touches_no_file(storage: Storage, tmp_path: Path) -> None:
    fill(storage)
    (path, *_) = export_definitions(storage.registry, tmp_path, names=["OTHER"])
    before = path.stat().st_mtime_ns
    export_definitions(storage.registry, tmp_path, names=["Other"])
    assert path.stat().st_mtime_ns == before
    with pytest.raises(UnknownNameError, match="Other"):
        export_definitions(storage.registry, tmp_path, names=["Othr"])


def test_a_dry_run_changes_nothing(storage: Storage, tmp_path: Path) -> None:
    fill(storage)
    export_definitions(storage.registry, tmp_path / "out")
    path = tmp_path / "out" / "strategies" / "other.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    (kept,) = document["versions"]
    changed = {**kept, "content": {"buyConditions": []}}
    del changed["checksum"]
    document["versions"] = [changed, {**changed, "version": "1.0.1"}]
    path.write_text(json.dumps(document), encoding="utf-8")
    before = storage.registry.definitions(include_inactive=True)
    planned = import_definitions(storage.registry, path, dry_run=True)
    assert [item.status for item in planned] == ["conflict", "new"]
    with pytest.raises(VersionTakenError, match=r"1\.0\.1"):
        import_definitions(storage.registry, path)
    assert storage.registry.definitions(include_inactive=True) == before


def test_one_wrong_file_keeps_all_out(storage: Storage, tmp_path: Path) -> None:
    fill(storage)
    export_definitions(storage.registry, tmp_path / "out")
    (tmp_path / "out" / "wrong.json").write_bytes(b"\xff\xfe")
    empty = open_storage(tmp_path / "empty").registry
    with pytest.raises(DefinitionFileError, match=r"wrong\.json"):
        import_definitions(empty, tmp_path / "out")
    assert empty.definitions(include_inactive=True) == ()
    with pytest.raises(DefinitionFileError, match="nowhere"):
        import_definitions(empty, tmp_path / "nowhere")
