"""Files copied and looked at with their SHA-256, and flushed to the disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

BLOCK_BYTES = 1 << 20
THREADS = 4
"""Files copied at once: flushing one waits for the disk, not for the processor."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a file must be to be the one that was written."""

    size_bytes: int
    sha256: str


def copy_file(
    source: Path, target: Path, copied: Callable[[int], None] = lambda count: None
) -> FileFacts:
    """Copy a file's content, flushed to the disk; ``copied`` hears of every block."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as content, target.open("wb") as file:
        facts = _pass_on(content, file, copied)
        flush(file)
    return facts


def copy_files(
    pairs: Iterable[tuple[Path, Path]], copied: Callable[[int], None]
) -> list[FileFacts]:
    """Copy several files, from and to; the first fault ends it."""
    with ThreadPoolExecutor(THREADS) as threads:
        copies = [
            threads.submit(copy_file, source, target, copied)
            for source, target in pairs
        ]
        try:
            return [copy.result() for copy in copies]
        except BaseException:
            for copy in copies:
                copy.cancel()
            raise


def file_facts(
    path: Path, looked_at: Callable[[int], None] = lambda count: None
) -> FileFacts:
    """Return a file's size and SHA-256."""
    with path.open("rb") as content:
        return _pass_on(content, None, looked_at)


def _pass_on(
    content: BinaryIO, file: BinaryIO | None, passed: Callable[[int], None]
) -> FileFacts:
    digest, size = hashlib.sha256(), 0
    while block := content.read(BLOCK_BYTES):
        digest.update(block)
        if file is not None:
            file.write(block)
        size += len(block)
        passed(len(block))
    return FileFacts(size, digest.hexdigest())


def write_file(path: Path, content: bytes) -> None:
    """Write a new file, flushed to the disk."""
    with path.open("xb") as file:
        file.write(content)
        flush(file)


def flush(file: BinaryIO) -> None:
    """Let the disk have what was written to a file."""
    file.flush()
    os.fsync(file.fileno())


def flush_folders(root: Path) -> None:
    """Let the disk have the names of all files below a folder."""
    for folder, _, _ in os.walk(root):
        flush_folder(Path(folder))


def flush_folder(folder: Path) -> None:
    """Let the disk have the names in a folder."""
    if os.name == "nt":  # Windows flushes no folders
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
