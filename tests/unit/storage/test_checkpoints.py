"""Parts of searches on the disk: bit for bit, whole or not at all."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from foresto_lab.errors import DiskFullError
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import Evaluations
from foresto_lab.optimize.searching.checkpoint import CheckpointPart
from foresto_lab.storage import checkpoints
from foresto_lab.storage.checkpoints import CheckpointFolders, SearchFolder

HASH = "ab" * 32


def part(number: int = 0, *, blocks: int = 2, seed: int = 1) -> CheckpointPart:
    draws = np.random.default_rng(seed + number)
    figures = draws.normal(size=(3, 2))
    figures[1] = np.nan
    figures[2, 0] = -0.0
    sums = draws.normal(size=(3, blocks, 2)) if blocks else None
    lengths = np.array([50.0, 51.0])[:blocks] if blocks else None
    rows = [
        {"fast": 5, "level": 0.1 + 0.2, "long": True, "source": "close", "at": [1, 2]},
        {"fast": 6, "level": 5e-324, "long": False, "source": "고가", "at": None},
        {"fast": 7, "level": -0.0, "long": True, "source": "open", "at": [3]},
    ]
    combinations = Combinations.of(rows)
    return CheckpointPart(
        number, combinations, Evaluations(("sharpe", "cagr"), figures, sums, lengths)
    )


def content(each: CheckpointPart) -> list[object]:
    """Return all that a part says, every float by its bits."""
    told = each.evaluations
    columns = each.combinations.columns
    return [
        each.number,
        [
            (name, col.dtype, [repr(v) for v in col.tolist()])
            for name, col in columns.items()
        ],
        told.names,
        told.figures.tobytes(),
        told.block_sums is not None and told.block_sums.tobytes(),
        told.block_lengths is not None and told.block_lengths.tolist(),
    ]


@pytest.fixture
def folders(tmp_path: Path) -> CheckpointFolders:
    return CheckpointFolders(tmp_path / "checkpoints")


def written(folders: CheckpointFolders, count: int = 3) -> list[Path]:
    with folders.search(HASH, "run-1") as folder:
        assert folder is not None
        for number in range(count):
            folder.write(part(number))
    return sorted((folders.root / HASH).glob("part-*"))


def numbers(folders: CheckpointFolders) -> list[int]:
    with folders.search(HASH, "run-2") as folder:
        assert folder is not None
        return [found.number for found in folder.read()]


@pytest.mark.parametrize("blocks", [0, 2])
def test_parts_come_back_bit_for_bit(folders: CheckpointFolders, blocks: int) -> None:
    with folders.search(HASH, "run-1") as folder:
        assert folder is not None
        for number in range(2):
            folder.write(part(number, blocks=blocks))
    with folders.search(HASH, "run-2") as folder:
        assert folder is not None
        assert folder.run_id == "run-1"
        found = list(folder.read())
    assert [content(each) for each in found] == [
        content(part(number, blocks=blocks)) for number in range(2)
    ]


def test_a_damaged_part_and_what_follows_is_evaluated_again(
    folders: CheckpointFolders,
) -> None:
    paths = written(folders)
    content = bytearray(paths[1].read_bytes())
    content[len(content) // 2] ^= 1
    paths[1].write_bytes(content)
    assert numbers(folders) == [0]
    assert sorted((folders.root / HASH).glob("part-*")) == paths[:1]


def test_half_a_part_and_a_gap_are_not_read(folders: CheckpointFolders) -> None:
    paths = written(folders, 4)
    paths[3].write_bytes(paths[3].read_bytes()[:100])
    assert numbers(folders) == [0, 1, 2]
    paths[0].unlink()
    assert numbers(folders) == []


def test_what_was_being_written_is_not_there(folders: CheckpointFolders) -> None:
    written(folders, 1)
    (folders.root / HASH / ".0123").write_bytes(b"half")
    assert numbers(folders) == [0]
    assert list((folders.root / HASH).glob(".*")) == []


def test_a_search_may_begin_anew(folders: CheckpointFolders) -> None:
    written(folders)
    with folders.search(HASH, "run-2", resume=False) as folder:
        assert folder is not None
        assert folder.run_id == "run-2"
        assert list(folder.read()) == []


def test_a_full_disk_keeps_what_was_written(
    folders: CheckpointFolders, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(folders, 2)

    def full(path: Path, content: bytes) -> None:
        path.write_bytes(content[:10])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    with folders.search(HASH, "run-2") as folder:
        assert folder is not None
        with monkeypatch.context() as patched:
            patched.setattr(checkpoints, "write_flushed", full)
            with pytest.raises(DiskFullError, match="No room left"):
                folder.write(part(2))
        assert [each.number for each in folder.read()] == [0, 1]
        assert list(folder.path.glob(".*")) == []


def test_one_search_at_a_time_has_the_folder(folders: CheckpointFolders) -> None:
    with folders.search(HASH, "run-1") as first:
        assert isinstance(first, SearchFolder)
        with folders.search(HASH, "run-2") as second:
            assert second is None
        folders.remove(HASH)
        assert first.path.is_dir()
    folders.remove(HASH)
    assert not first.path.exists()
    folders.remove(HASH)


def test_what_can_be_gone_on_with_and_what_is_old(folders: CheckpointFolders) -> None:
    assert folders.waiting() == folders.outdated(datetime.now(UTC)) == ()
    written(folders)
    assert folders.waiting() == (HASH,)
    assert folders.outdated(datetime.now(UTC) - timedelta(days=1)) == ()
    assert folders.outdated(datetime.now(UTC) + timedelta(days=1)) == (HASH,)
