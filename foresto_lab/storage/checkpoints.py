"""What searches under way have evaluated: files beside the store, by request hash.

``data/checkpoints/<request_hash>/`` holds ``search.json``, which names the run that the
search began as, and one Parquet file for each part, whose name ends in the SHA-256 of
its content. A part appears under its name at once, flushed to the disk. One that does
not read back as it was written is evaluated again, and with it those that follow.

A folder belongs to one search at a time: it is locked while that goes on. It is removed
when the search is complete, as its run then holds everything.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.optimize.searching.checkpoint import CheckpointPart
from foresto_lab.storage.artifacts import flush_folder, remove_tree, write_flushed
from foresto_lab.storage.faults import storage_faults

if TYPE_CHECKING:
    from datetime import datetime

CHECKPOINTS_FOLDER: Final = "checkpoints"
SEARCH: Final = "search.json"
LOCK: Final = "lock"
PART: Final = re.compile(r"part-(\d{6})-([0-9a-f]{64})\.parquet")
HASH: Final = re.compile(r"[0-9a-f]{64}")


class CheckpointFolders:
    """The folders of searches under one root; see the module's text."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextmanager
    def search(
        self, request_hash: str, run_id: str, *, resume: bool = True
    ) -> Iterator[SearchFolder | None]:
        """Give the folder of a search for as long as it goes on.

        Parameters
        ----------
        request_hash : str
        run_id : str
            The run that it begins as, where it does not go on with an earlier one.
        resume : bool
            False: what an earlier search left is thrown away.

        Yields
        ------
        SearchFolder, or None while another process has the same search under way.
        """
        path = self.root / request_hash
        with storage_faults(path):
            path.mkdir(parents=True, exist_ok=True)
        with _locked(path / LOCK) as is_ours:
            if not is_ours:
                yield None
                return
            folder = SearchFolder(path)
            folder.begin(run_id, resume=resume)
            yield folder

    def waiting(self) -> tuple[str, ...]:
        """Return the request hashes of searches that can be gone on with."""
        if not self.root.is_dir():
            return ()
        return tuple(
            entry.name
            for entry in sorted(self.root.iterdir())
            if HASH.fullmatch(entry.name) and any(entry.rglob("part-*.parquet"))
        )

    def outdated(self, older_than: datetime) -> tuple[str, ...]:
        """Return the request hashes of folders that nobody changed since an instant."""
        if not self.root.is_dir():
            return ()
        return tuple(
            entry.name
            for entry in sorted(self.root.iterdir())
            if HASH.fullmatch(entry.name)
            and _last_change(entry) < older_than.timestamp()
        )

    def remove(self, request_hash: str) -> None:
        """Remove a folder, unless a search is writing it."""
        path = self.root / request_hash
        if not path.is_dir():
            return
        with _locked(path / LOCK) as is_ours:
            if is_ours:
                remove_tree(path)


class SearchFolder:
    """The parts of one search: a ``Checkpoint`` that outlives its process.

    A search of several windows has a folder in it for each.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run_id = ""

    @property
    def checkpoint(self) -> SearchFolder:
        """Where the trials of the search are."""
        return self

    def window(self, number: int) -> SearchFolder:
        """Return where the trials of one window are."""
        folder = SearchFolder(self.path / f"window-{number:05d}")
        folder.run_id = self.run_id
        with storage_faults(folder.path):
            folder.path.mkdir(exist_ok=True)
        return folder

    def begin(self, run_id: str, *, resume: bool) -> None:
        """Go on with the search of an earlier run, or begin one."""
        known = self._known() if resume else None
        left = list(self.path.rglob(".*"))  # half-written
        with storage_faults(self.path):
            for path in left if known else (*left, *_parts(self.path)):
                path.unlink(missing_ok=True)
            for window in () if known else self.path.glob("window-*"):
                remove_tree(window)
        if known is None:
            self._publish(SEARCH, json.dumps({"run_id": run_id}).encode())
        self.run_id = known or run_id

    def _known(self) -> str | None:
        """Return the run that a search which can be gone on with began as."""
        try:
            found = json.loads((self.path / SEARCH).read_bytes())["run_id"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return found if isinstance(found, str) and found else None

    def read(self) -> Iterator[CheckpointPart]:
        """Yield the parts that read back as they were written, up to the first gap.

        What follows a gap is removed: it is evaluated again, perhaps in other parts.
        """
        paths = _by_number(self.path)
        number = 0
        while number in paths:
            part = _read_part(paths[number], number)
            if part is None:
                break
            yield part
            number += 1
        for later, path in paths.items():
            if later >= number:
                path.unlink(missing_ok=True)

    def write(self, part: CheckpointPart) -> None:
        """Keep a part, whole or not at all.

        Raises
        ------
        DiskFullError, WorkspaceReadOnlyError, StorageError
            It cannot be kept; the parts before it are.
        """
        content = part_to_bytes(part)
        checksum = hashlib.sha256(content).hexdigest()
        self._publish(f"part-{part.number:06d}-{checksum}.parquet", content)

    def _publish(self, name: str, content: bytes) -> None:
        staged = self.path / f".{secrets.token_hex(8)}"
        with storage_faults(self.path):
            try:
                write_flushed(staged, content)
                os.replace(staged, self.path / name)
            except BaseException:
                with suppress(OSError):
                    staged.unlink(missing_ok=True)
                raise
            flush_folder(self.path)

    def remove(self) -> None:
        """Remove everything: the search is complete."""
        remove_tree(self.path)


# --- parts --------------------------------------------------------------------------


def part_to_bytes(part: CheckpointPart) -> bytes:
    """Return a part as the bytes of a Parquet file."""
    import numpy as np
    import pandas as pd

    from foresto_lab.storage.tables import table_to_bytes

    evaluations = part.evaluations
    columns: dict[str, Any] = {
        f"parameter {name}": column
        for name, column in part.combinations.columns.items()
    }
    for place, name in enumerate(evaluations.names):
        columns[f"figure {name}"] = evaluations.figures[:, place]
    if evaluations.block_sums is not None and evaluations.block_lengths is not None:
        for block, length in enumerate(evaluations.block_lengths.tolist()):
            columns[f"sum {block}"] = evaluations.block_sums[:, block, 0]
            columns[f"squares {block}"] = evaluations.block_sums[:, block, 1]
            columns[f"length {block}"] = np.full(len(part), length)
    return table_to_bytes(pd.DataFrame(columns))


def part_from_bytes(content: bytes, number: int) -> CheckpointPart:
    """Return the part that ``part_to_bytes`` wrote."""
    import numpy as np

    from foresto_lab.optimize.combinations import Combinations
    from foresto_lab.optimize.evaluation import Evaluations
    from foresto_lab.storage.tables import table_from_bytes

    table = table_from_bytes(content)
    names = [str(name) for name in table]

    def named(prefix: str) -> dict[str, Any]:
        kept = (name for name in names if name.startswith(prefix))
        return {name.removeprefix(prefix): table[name].to_numpy() for name in kept}

    figures = named("figure ")
    sums, squares, lengths = named("sum "), named("squares "), named("length ")
    stacked = [np.stack([sums[block], squares[block]], axis=1) for block in sums]
    return CheckpointPart(
        number,
        Combinations(named("parameter ")),
        Evaluations(
            tuple(figures),
            np.column_stack(list(figures.values())),
            np.stack(stacked, axis=1) if stacked else None,
            np.array([column[0] for column in lengths.values()]) if stacked else None,
        ),
    )


def _read_part(path: Path, number: int) -> CheckpointPart | None:
    """Return a part; None where it is not what was written."""
    found = PART.fullmatch(path.name)
    try:
        content = path.read_bytes()
    except OSError:
        return None
    if found is None or hashlib.sha256(content).hexdigest() != found.group(2):
        return None
    return part_from_bytes(content, number)


def _parts(folder: Path) -> list[Path]:
    with suppress(FileNotFoundError, NotADirectoryError):
        return [path for path in sorted(folder.iterdir()) if PART.fullmatch(path.name)]
    return []


def _by_number(folder: Path) -> dict[int, Path]:
    """Return the files of parts by their numbers."""
    return {int(path.name.split("-")[1]): path for path in _parts(folder)}


def _last_change(folder: Path) -> float:
    """Return when anything in a folder was last changed, in seconds since 1970."""
    last = 0.0
    for path in (folder, *folder.rglob("*")):
        with suppress(FileNotFoundError):
            last = max(last, path.stat().st_mtime)
    return last or time.time()


@contextmanager
def _locked(path: Path) -> Iterator[bool]:
    """Yield whether the lock was free; without locks on this system, it always is."""
    try:
        import fcntl
    except ImportError:
        yield True
        return
    with storage_faults(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        except OSError:  # a file system without locks
            yield True
            return
        yield True
    finally:
        os.close(handle)
