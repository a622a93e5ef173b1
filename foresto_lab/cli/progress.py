"""A bar on the terminal for what takes long; nothing where there is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from foresto_lab.storage.progress import Progress


@contextmanager
def progress_bar(*, wanted: bool = True) -> Iterator[Progress]:
    """Give what is to be told how far the work is."""
    if not wanted or not sys.stderr.isatty():
        from foresto_lab.storage.progress import no_progress

        yield no_progress
        return
    from rich import progress as rich_progress
    from rich.console import Console

    columns = (
        rich_progress.TextColumn("{task.description}"),
        rich_progress.BarColumn(),
        rich_progress.TaskProgressColumn(),
        rich_progress.TimeElapsedColumn(),
    )
    shown = rich_progress.Progress(
        *columns, console=Console(stderr=True), transient=True
    )
    with shown as bar:
        task = bar.add_task("", total=None)

        def tell(step: str, done: int, total: int) -> None:
            bar.update(task, description=step, completed=done, total=total or None)

        yield tell
