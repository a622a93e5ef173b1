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
    # The file is named: libraries may take standard error away for a while.
    console = Console(file=sys.stderr)
    shown = rich_progress.Progress(*columns, console=console, transient=True)
    with shown as bar:
        task = bar.add_task("", total=None)

        def tell(step: str, done: int, total: int) -> None:
            bar.update(task, description=step)
            if total:
                bar.update(task, completed=done, total=total)

        yield tell
