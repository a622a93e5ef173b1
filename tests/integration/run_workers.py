"""What processes do to runs until they are killed; see ``forked``."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, NoReturn

from tests.integration.forked import say


def stop_here(said: str) -> NoReturn:
    """Say that the step is reached, and wait for the kill."""
    say(said)
    while True:
        time.sleep(60)


def record(number: int) -> Any:
    from foresto_lab.runs.provenance import collect_provenance
    from foresto_lab.runs.record import RunRecord
    from foresto_lab.types import RunKind, RunStatus

    now = datetime.now(UTC)
    return RunRecord(
        run_id="",
        kind=RunKind.SIMULATION,
        name=f"NUMBER_{number}",
        request={"number": number},
        request_hash=f"{number:064x}",
        status=RunStatus.RUNNING,
        data_version="v1",
        created_at=now,
        **collect_provenance().to_record_fields(),
    )


def artifacts(number: int) -> Any:
    """Return a result of which every value says whose it is."""
    import numpy as np
    import pandas as pd

    from foresto_lab.runs.record import RunArtifacts

    path = pd.DataFrame({"nav": np.full(2000, float(number)), "row": np.arange(2000)})
    return RunArtifacts({"path": path, "more": path}, {"number": number})


def run_endlessly(home: str, url: str | None, first_number: int) -> None:
    """Begin, complete and delete runs, one after the other, until killed."""
    from foresto_lab.storage import open_storage

    runs = open_storage(Path(home), url).runs
    for number in count(first_number):
        run_id = runs.begin(record(number)).run_id
        runs.complete(run_id, artifacts(number))
        if number % 3 == 0:
            runs.delete(run_id)
        if number == first_number:
            say("ready")


def stop_at_step(home: str, step: str) -> None:
    """Complete one run, then complete or delete another up to a named step."""
    from foresto_lab.storage import open_storage

    runs = open_storage(Path(home)).runs
    kept = runs.begin(record(1)).run_id
    runs.complete(kept, artifacts(1))
    run_id = runs.begin(record(2)).run_id
    if step.startswith("delete"):
        runs.complete(run_id, artifacts(2))
    say([kept, run_id])
    STEPS[step]()
    if step.startswith("delete"):
        runs.delete(run_id)
    else:
        runs.complete(run_id, artifacts(2))
    raise AssertionError(f"step {step} was not reached")


def stop_before(owner: Any, name: str) -> None:
    setattr(owner, name, lambda *_, **__: stop_here(name))


def stop_after(owner: Any, name: str) -> None:
    real: Callable[..., Any] = getattr(owner, name)

    def then_stop(*arguments: Any, **options: Any) -> None:
        real(*arguments, **options)
        stop_here(name)

    setattr(owner, name, then_stop)


def _run_store() -> Any:
    from foresto_lab.storage import run_store

    return run_store


def _session() -> Any:
    from sqlalchemy.orm import Session

    return Session


STEPS: dict[str, Callable[[], None]] = {
    "complete: computing": lambda: stop_before(_run_store().RunFolders, "stage"),
    "complete: first file half flushed": lambda: stop_before(os, "fsync"),
    "complete: staged": lambda: stop_after(_run_store().RunFolders, "stage"),
    "complete: before the move": lambda: stop_before(os, "replace"),
    "complete: after the move": lambda: stop_after(os, "replace"),
    "complete: before the commit": lambda: stop_after(
        _run_store().RunFolders, "publish"
    ),
    "complete: after the commit": lambda: stop_before(_run_store(), "remove_tree"),
    "delete: before the move": lambda: stop_before(os, "replace"),
    "delete: after the move": lambda: stop_after(os, "replace"),
    "delete: before the commit": lambda: stop_after(_run_store().RunFolders, "discard"),
    "delete: after the commit": lambda: stop_before(_run_store(), "remove_tree"),
}
