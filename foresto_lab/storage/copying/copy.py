"""The copy as a whole: what comes first, and what stops it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from foresto_lab.errors import CopyError, InputError
from foresto_lab.storage.copying.candles import (
    CandleSide,
    candle_windows,
)
from foresto_lab.storage.copying.definitions import (
    Definitions,
    copy_definitions,
    own_definition,
    read_definitions,
)
from foresto_lab.storage.copying.prices import (
    PriceSide,
    copy_returns,
    price_windows,
)
from foresto_lab.storage.copying.reports import CopyReport
from foresto_lab.storage.copying.runs import RunCopy, own_run, registered_runs
from foresto_lab.storage.copying.series import MERGE_ADVICE, SeriesCopy
from foresto_lab.storage.copying.trials import (
    copy_trials,
    own_trials,
    trials_by_run,
)
from foresto_lab.storage.copying.windows import ROWS_AT_ONCE
from foresto_lab.storage.layouts import CANDLES, DAILY_PRICE
from foresto_lab.storage.progress import Progress, no_progress
from foresto_lab.telemetry import get_logger

if TYPE_CHECKING:
    from foresto_lab.storage.workspace import Storage

log = get_logger(__name__)


def copy_store(
    source: Storage,
    target: Storage,
    *,
    merge: bool = False,
    progress: Progress = no_progress,
    rows_at_once: int = ROWS_AT_ONCE,
) -> CopyReport:
    """Copy definitions, prices, returns, candles and runs into another store.

    Everything is compared on both sides. Prices that are then the source's and nothing
    else go by the source's data version: runs keep their request hashes, are found
    again by them, and can be reproduced. Runs on earlier states of the prices are
    copied with their results, but can be reproduced in the source only.

    Parameters
    ----------
    merge : bool
        Let the target have content of its own. What has the same name or key becomes
        the source's. Otherwise such a target is refused, and left as it is.
    progress : callable
        Is told how far it is.
    rows_at_once : int
        About how many rows are held in memory and loaded in one commit.

    Raises
    ------
    InputError
        Source and target are the same store.
    CopyError
        The target has something else, or does not come out equal; run again, the copy
        goes on where it is.
    """
    began = time.monotonic()
    if source.location == target.location:
        raise InputError(
            message=f"{source.location} cannot be copied to itself: name another store."
        )
    with source.database.reading() as session:
        definitions = read_definitions(session)
        runs = registered_runs(session)
    trials = trials_by_run(source)
    windows = price_windows(source.series, target.series, rows_at_once)
    prices = SeriesCopy(
        DAILY_PRICE.name,
        "prices",
        PriceSide(source.series),
        PriceSide(target.series),
        windows,
        target.location,
    )
    candles = SeriesCopy(
        CANDLES.name,
        "candles",
        CandleSide(source.candles),
        CandleSide(target.candles),
        candle_windows(source.candles, target.candles, rows_at_once),
        target.location,
    )
    if not merge:
        _require_nothing_else(definitions, runs, trials, target)
        prices.require_nothing_else(progress)
        candles.require_nothing_else(progress)
    copy_definitions(
        definitions, target.database, merge=merge, location=target.location
    )
    report = CopyReport(
        source=source.location,
        target=target.location,
        definitions={
            **{name: len(rows) for name, rows in definitions.items()},
            "trial_ledger": copy_trials(trials, target),
        },
        prices=prices.run(progress),
        returns=copy_returns(source.series, target.series, windows, progress),
        candles=candles.run(progress),
        runs=RunCopy(source, target, runs).run(progress),
        seconds=time.monotonic() - began,
    )
    log.info(
        "store copied",
        source=report.source,
        target=report.target,
        rows=report.prices.rows_copied,
        runs=report.runs.copied,
        duration=round(report.seconds, 3),
    )
    return report


def _require_nothing_else(
    definitions: Definitions,
    runs: Mapping[str, Any],
    trials: Mapping[str, Any],
    target: Storage,
) -> None:
    """Refuse a target with definitions, runs or trials that are not the source's."""
    with target.database.reading() as session:
        own = own_definition(definitions, read_definitions(session))
        if own is None:
            run_id = own_run(runs, registered_runs(session))
            own = run_id and f"run {run_id}"
    if own is None:
        run_id = own_trials(trials, trials_by_run(target))
        own = run_id and f"the trials of run {run_id}"
    if own is not None:
        raise CopyError(
            target=target.location,
            reason=f"it has content of its own already, {own} for example. Nothing "
            "was copied.",
            fix=MERGE_ADVICE,
        )
