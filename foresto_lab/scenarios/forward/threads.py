"""Paths shared among threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Final, TypeAlias

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told what is done, how much of it, and of how much."""

_CHUNK: Final = 64
"""Paths a thread takes at a time."""


def share(
    compute: Callable[[int, int], None],
    n_paths: int,
    threads: int,
    progress: Progress | None,
) -> None:
    """Have threads compute all paths, some at a time; stop all when one fails."""
    pool = ThreadPoolExecutor(threads)
    try:
        waiting = {
            pool.submit(compute, first, last): last - first
            for first, last in _chunks(n_paths)
        }
        done = 0
        for chunk in as_completed(waiting):
            chunk.result()
            done += waiting[chunk]
            if progress is not None:
                progress("paths", done, n_paths)
    finally:
        pool.shutdown(cancel_futures=True)


def _chunks(n_paths: int) -> Iterator[tuple[int, int]]:
    for first in range(0, n_paths, _CHUNK):
        yield first, min(first + _CHUNK, n_paths)
