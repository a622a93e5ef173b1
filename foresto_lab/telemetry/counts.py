"""What each process counts, in files of its own that the others read.

The files are those of prometheus_client's multiprocess mode, so its own collector can
read the folder too. Every process has a name for its files that none had before it, and
holds a lock on one of them while it lives: whoever gets that lock knows that the
process is gone and that its counts are final. Then they are added to ``merged.json``
and the files removed, or a folder would gather two files for every command ever run.

The step from files to ``merged.json`` is one rename. The merged file lists the files
that are in it, so a process killed before it could remove them makes nothing count
twice.
"""

from __future__ import annotations

import json
import os
import secrets
import struct
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.telemetry.logs import get_logger

if TYPE_CHECKING:
    from foresto_lab.telemetry.metrics import Counter, Histogram

try:
    import fcntl
except ImportError:  # no locks: counts are kept and read, but never merged
    fcntl = None  # type: ignore[assignment]

MERGED_FILE: Final = "merged.json"
LOCK_FILE: Final = ".lock"
FILE_BYTES: Final = 1 << 17
MOST_FILES: Final = 400
"""With more files than this a new process merges those of the dead first."""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, order=True)
class Series:
    """One number of a metric: a counter's, or one bucket or the sum of a histogram."""

    metric: str
    sample: str
    labels: tuple[tuple[str, str], ...]


class ProcessCounts:
    """The counts of this process, written as they are made.

    Its files are made with its first count; a forked child makes its own.

    Parameters
    ----------
    folder : Path
        Where every process has its files; it exists.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._of_process: dict[int, _CountFiles] = {}
        self._loses = False

    def add(self, counter: Counter, labels: Mapping[str, str], amount: float) -> None:
        """Add to a counter."""
        self._add(counter, counter.name, labels, amount)

    def observe(
        self, histogram: Histogram, labels: Mapping[str, str], quantity: float
    ) -> None:
        """Count a value into its bucket and add it to the sum."""
        bound = next((b for b in histogram.bounds if quantity <= b), float("inf"))
        name = histogram.name
        self._add(histogram, f"{name}_sum", labels, quantity)
        self._add(histogram, f"{name}_bucket", {**labels, "le": le_of(bound)}, 1.0)

    def close(self) -> None:
        """Count no more here; what was counted stays."""
        files = self._of_process.pop(os.getpid(), None)
        if files is not None:
            files.close()

    def _add(
        self,
        metric: Counter | Histogram,
        sample: str,
        labels: Mapping[str, str],
        amount: float,
    ) -> None:
        try:
            self._files().add(metric, sample, labels, amount)
            self._loses = False
        except (OSError, ValueError) as error:
            if not self._loses:  # told once, until it works again
                log.warning("counts lost", folder=self._folder, error=error)
            self._loses = True

    def _files(self) -> _CountFiles:
        files = self._of_process.get(os.getpid())
        if files is None:
            made = _CountFiles(self._folder)
            files = self._of_process.setdefault(os.getpid(), made)
            if files is not made:  # another thread was first
                made.close()
        return files


class _CountFiles:
    """The two files of one process, open and locked until it ends."""

    def __init__(self, folder: Path) -> None:
        from prometheus_client import mmap_dict

        open_file: Callable[[str], Any] = mmap_dict.MmapedDict
        self._key_of = mmap_dict.mmap_key
        self._lock = threading.Lock()
        name = f"{os.getpid()}-{secrets.token_hex(6)}"
        with _alone(folder):
            if len(list(folder.glob("*.db"))) > MOST_FILES:
                _merge_the_dead(folder)
            paths = {
                kind: folder / f"{kind}_{name}.db" for kind in ("counter", "histogram")
            }
            for path in paths.values():
                _create(path)
            self._alive = _hold(paths["counter"])
            self._files = {kind: open_file(str(path)) for kind, path in paths.items()}

    def add(
        self,
        metric: Counter | Histogram,
        sample: str,
        labels: Mapping[str, str],
        amount: float,
    ) -> None:
        key = self._key_of(
            metric.family, sample, list(labels), list(labels.values()), metric.meaning
        )
        file = self._files[metric.kind]
        with self._lock:
            value, _ = file.read_value(key)
            file.write_value(key, value + amount, 0.0)

    def close(self) -> None:
        with self._lock:
            for file in self._files.values():
                file.close()
            os.close(self._alive)


def _create(path: Path) -> None:
    """Create a file that is on the disk whole.

    A mapped file whose place on the disk is not there yet kills its process when the
    disk is full; so it is written once, where a full disk is an error.
    """
    try:
        with path.open("xb") as file:
            file.write(bytes(FILE_BYTES))
    except OSError:
        path.unlink(missing_ok=True)
        raise


# --- reading ----------------------------------------------------------------------


def read_counts(folder: Path) -> dict[Series, float]:
    """Return the counts of all processes that ever counted into the folder."""
    if not folder.is_dir():
        return {}
    with _alone(folder):
        with suppress(OSError):  # not ours to write: read what is there
            _merge_the_dead(folder)
        merged = _Merged.read(folder)
        totals = defaultdict(float, merged.values)
        for path in sorted(folder.glob("*.db")):
            if path.name not in merged.contains:
                for series, value in _read_file(path):
                    totals[series] += value
    return dict(totals)


def le_of(bound: float) -> str:
    """Return a bucket's bound as Prometheus writes it."""
    return "+Inf" if bound == float("inf") else repr(bound)


def _read_file(path: Path) -> Iterator[tuple[Series, float]]:
    """Yield what a process counted; a file that cannot be read is passed over."""
    from prometheus_client import mmap_dict

    read: Callable[[str], Any] = mmap_dict.MmapedDict.read_all_values_from_file
    try:
        for key, value, _, _ in read(str(path)):
            metric, sample, labels, _ = json.loads(key)
            yield Series(metric, sample, tuple(sorted(labels.items()))), value
    except (OSError, RuntimeError, ValueError, LookupError, struct.error) as error:
        log.warning("counts unreadable", path=path, error=error)


# --- merging ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Merged:
    """The counts of processes that are gone, and the files these came from."""

    values: Mapping[Series, float]
    contains: frozenset[str]

    @classmethod
    def read(cls, folder: Path) -> _Merged:
        path = folder / MERGED_FILE
        try:
            return cls.parse(json.loads(path.read_bytes()))
        except FileNotFoundError:
            return cls({}, frozenset())
        except (ValueError, LookupError, TypeError) as error:
            log.error("counts unreadable", path=path, error=error)
            with suppress(OSError):
                os.replace(path, path.with_suffix(".damaged"))
            return cls({}, frozenset())

    @classmethod
    def parse(cls, content: Any) -> _Merged:
        values = {
            Series(metric, sample, tuple((name, value) for name, value in labels)): n
            for metric, sample, labels, n in content["values"]
        }
        return cls(values, frozenset(content["contains"]))

    def write(self, folder: Path) -> None:
        content = {
            "contains": sorted(self.contains),
            "values": [
                [series.metric, series.sample, series.labels, value]
                for series, value in sorted(self.values.items())
            ],
        }
        draft = folder / f"{MERGED_FILE}.draft"
        with draft.open("w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, folder / MERGED_FILE)


def _merge_the_dead(folder: Path) -> None:
    """Add what processes counted that are gone to the merged file."""
    merged = _Merged.read(folder)
    there = {path.name: path for path in folder.glob("*.db")}
    dead = [
        path
        for name, path in there.items()
        if name not in merged.contains and _is_final(path)
    ]
    if dead:
        totals = defaultdict(float, merged.values)
        for path in dead:
            for series, value in _read_file(path):
                totals[series] += value
        kept = merged.contains & there.keys()
        merged = _Merged(dict(totals), kept | {path.name for path in dead})
        merged.write(folder)
    for name in merged.contains & there.keys():
        there[name].unlink(missing_ok=True)


def _is_final(path: Path) -> bool:
    """Return whether the process that wrote a file is gone."""
    if fcntl is None:
        return False
    sign_of_life = path.with_name(f"counter_{path.name.partition('_')[2]}")
    try:
        descriptor = os.open(sign_of_life, os.O_RDONLY)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(descriptor)


def _hold(path: Path) -> int:
    """Lock a file for as long as this process lives; return the descriptor."""
    descriptor = os.open(path, os.O_RDONLY)
    if fcntl is not None:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Be the only one who creates, merges or adds up files."""
    if fcntl is None:
        yield
        return
    try:
        descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o666)
    except PermissionError:  # a reader in a folder of somebody else's
        yield
        return
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
