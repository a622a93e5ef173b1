"""Carry out a planned backtest: reuse, or preflight, register, compute and keep it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.backtest import BacktestResult, Execution, backtest
from foresto_lab.errors import (
    DateRangeError,
    ForestoError,
    InputError,
    ReproductionError,
    UnknownNameError,
)
from foresto_lab.market.instants import Moment, first_instant, last_instant
from foresto_lab.market.timeframes import Timeframe
from foresto_lab.preflight import PreflightReport
from foresto_lab.runs.backtest_request import BacktestRequest
from foresto_lab.runs.record import RunArtifacts, RunRecord
from foresto_lab.runs.registration import (
    RunDraft,
    RunOptions,
    carry_out,
    find_kept,
    findings_of,
    findings_table,
    reproduction_of,
)
from foresto_lab.types import RunKind

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

    from foresto_lab.indicators import IndicatorCatalog
    from foresto_lab.market.candle_table import CandleTable
    from foresto_lab.runs.backtest_candles import BacktestData
    from foresto_lab.runs.comparison import Reproduction
    from foresto_lab.runs.protocols import RunStore
    from foresto_lab.runs.provenance import Provenance
    from foresto_lab.runs.trials import TrialEntry, TrialLedger
    from foresto_lab.strategies import Strategy

PREDICTED, RIGHT = "predicted_trades", "forecast_was_right"
MOST_SYMBOLS: Final = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class ResolvedStrategy:
    """A strategy that may run here, and what it was asked for as.

    Parameters
    ----------
    strategy : Strategy
    name, version : str
        Of the registry where it is stored, else the strategy's own.
    catalog : IndicatorCatalog
        The indicators that it may use.
    inactive_indicators : frozenset of str
        Lower-case names of indicators that were deactivated.
    code : str, optional
        The Python it was loaded from.
    """

    strategy: Strategy
    name: str
    version: str
    catalog: IndicatorCatalog
    inactive_indicators: frozenset[str] = frozenset()
    code: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class BacktestPlan:
    """A request with the strategy and execution it was made from."""

    request: BacktestRequest
    resolved: ResolvedStrategy
    execution: Execution
    data_version: str

    @property
    def request_hash(self) -> str:
        """What names the request on this state of the data."""
        return self.request.hash_on(self.data_version)


def plan_backtest(
    resolved: ResolvedStrategy,
    *,
    data: BacktestData,
    symbols: str | Sequence[str],
    timeframe: str | Timeframe,
    start: Moment | None = None,
    end: Moment | None = None,
    initial_capital: float = 10_000_000,
    execution: Execution | Mapping[str, Any] | None = None,
    finer: str | Timeframe | None = None,
) -> BacktestPlan:
    """Return the request that a caller's words stand for, on the data as it is now.

    Raises
    ------
    UnknownNameError
        A timeframe or an option of the execution is not known.
    DateRangeError
        The span ends before it starts.
    InputError
        No symbol, one twice, or finer candles that are not in the store.
    """
    asked = _parse_symbols(symbols)
    length = Timeframe.parse(timeframe)
    finer_length = _parse_finer(finer, length, asked)
    trades = _parse_execution(execution)
    tables = data.tables_of(asked, length)
    strategy = resolved.strategy
    first, last = _parse_span(start, end)
    request = BacktestRequest(
        strategy={**strategy.to_dict(), "source": strategy.source},
        strategy_name=resolved.name,
        strategy_version=resolved.version,
        strategy_checksum=strategy.checksum,
        indicators={
            use.name: resolved.catalog.get(use.name).checksum
            for use in strategy.indicators
        },
        symbols=asked,
        timeframe=str(length),
        start=first,
        end=last,
        initial_capital=_parse_capital(initial_capital),
        execution=trades.to_dict(),
        finer=None if finer_length is None else str(finer_length),
        candles_from=tables,
    )
    version = data.version_of(tables, finer=finer is not None)
    return BacktestPlan(request, resolved, trades, version)


def _parse_symbols(given: str | Sequence[str]) -> tuple[str, ...]:
    symbols = (given,) if isinstance(given, str) else tuple(given)
    wrong = [s for s in symbols if not isinstance(s, str) or not s.strip()]
    if not symbols or wrong or len(symbols) > MOST_SYMBOLS:
        raise InputError(
            message=f"symbols is {given!r:.80}; name the symbols to trade, such as "
            "symbols=['005930']."
        )
    if len(set(symbols)) < len(symbols):
        twice = next(s for s in symbols if symbols.count(s) > 1)
        raise InputError(message=f"symbols names {twice!r} twice. Name it once.")
    return symbols


def _parse_finer(
    given: str | Timeframe | None, length: Timeframe, symbols: Sequence[str]
) -> Timeframe | None:
    if given is None:
        return None
    finer = Timeframe.parse(given)
    if finer < length and len(symbols) == 1:
        return finer
    raise InputError(
        message=f"finer is {finer} for candles of {length} and {len(symbols)} symbols; "
        "it is a shorter timeframe than theirs, and for one symbol."
    )


def _parse_execution(given: Execution | Mapping[str, Any] | None) -> Execution:
    if isinstance(given, Mapping):
        return Execution.from_dict(given)
    execution = Execution() if given is None else given
    if not isinstance(execution, Execution):
        raise InputError(
            message=f"execution is {given!r:.80}; it must be an fl.Execution(...) or "
            "a mapping of its options."
        )
    if execution.finer is not None:
        raise InputError(
            message="A run takes finer candles from the store, so that it can be "
            "reproduced: load them and pass finer='1m' beside the execution."
        )
    return execution


def _parse_span(
    start: Moment | None, end: Moment | None
) -> tuple[str | None, str | None]:
    first, last = first_instant(start, "start"), last_instant(end, "end")
    if first is not None and last is not None and first > last:
        raise DateRangeError(
            message=f"start {start} lies after end {end}. Swap them, or correct one.",
            start=start,
            end=end,
        )
    return (
        None if first is None else first.isoformat(),
        None if last is None else last.isoformat(),
    )


def _parse_capital(given: object) -> float:
    from foresto_lab.backtest.single import parse_capital

    return parse_capital(given)


# --- running ----------------------------------------------------------------------


def run_backtest(
    plan: BacktestPlan,
    *,
    data: BacktestData,
    runs: RunStore,
    provenance: Provenance,
    options: RunOptions,
    rebuild: Callable[[BacktestRequest], Strategy | None],
    ledger: TrialLedger | None = None,
) -> BacktestResult:
    """Return the result of a plan: a kept run of the same hash, or a new one.

    Preflight comes first; nothing is registered unless it passes. A new one is a trial
    of its strategy, and goes into the ledger.

    Raises
    ------
    PreflightError
        The run cannot succeed; every reason is listed.
    """
    identity = plan.request_hash
    kept = find_kept(identity, runs=runs, options=options)
    if kept is not None:
        artifacts = runs.artifacts(kept.run_id)
        return restore_backtest(kept, artifacts, data=data, rebuild=rebuild)
    tables, execution = inputs_of(plan, data)
    report = preflight_backtest(plan, tables, execution)
    report.require_passed()
    draft = RunDraft(
        kind=RunKind.BACKTEST,
        name=plan.request.strategy_name,
        request=plan.request.to_dict(),
        request_hash=identity,
        data_version=plan.data_version,
        snapshots={
            "strategy": {**plan.request.strategy, "code": plan.resolved.code},
            "indicators": dict(plan.request.indicators),
            "preflight": [finding.to_dict() for finding in report.findings],
            PREDICTED: report.predicted_trades,
        },
    )

    def compute(run_id: str | None) -> BacktestResult:
        result = _compute(plan.request, tables, plan.resolved.strategy, execution)
        if ledger is not None:
            now = options.now()
            own = run_id or provenance.new_run_id(now)
            trial = trial_of(plan, result, run_id=own, now=now)
            # Who may only read a team's store can backtest without storing anything.
            with suppress(*([] if run_id else [PermissionError])):
                ledger.record(trial)
        return result.with_run(run_id, identity)

    return carry_out(
        draft,
        compute=compute,
        to_artifacts=lambda result: to_artifacts(result, report.predicted_trades),
        runs=runs,
        provenance=provenance,
        options=options,
    )


def trial_of(
    plan: BacktestPlan, result: BacktestResult, *, run_id: str, now: datetime
) -> TrialEntry:
    """Return what a backtest is in the trial ledger: one trial."""
    from foresto_lab.runs.trials import (
        BACKTEST,
        TrialEntry,
        TrialTally,
        data_key,
        family_of,
    )

    asked = plan.request
    tables = tuple(asked.candles_from.values())
    sharpe = float(result.metrics["sharpe"]) / math.sqrt(result.periods_per_year)
    return TrialEntry(
        run_id=run_id,
        family=family_of(plan.resolved.strategy),
        data=data_key(asked.symbols, asked.timeframe, tables),
        method=BACKTEST,
        tally=TrialTally.of([sharpe]),
        recorded_at=now,
    )


def inputs_of(
    plan: BacktestPlan, data: BacktestData
) -> tuple[dict[str, CandleTable], Execution]:
    """Return the candles of a plan, and its execution with the finer ones."""
    tables = data.load(plan.request, plan.data_version)
    finer = data.load_finer(plan.request, plan.data_version)
    execution = plan.execution
    return tables, execution if finer is None else replace(execution, finer=finer)


def preflight_backtest(
    plan: BacktestPlan, tables: Mapping[str, CandleTable], execution: Execution
) -> PreflightReport:
    """Return what stands against a planned backtest on the candles of ``inputs_of``.

    Several symbols share one account; their candles are looked at one by one.
    """
    from foresto_lab.preflight.strategy import StrategyInputs, check_strategy

    request = plan.request
    several = len(tables) > 1 or ranks_symbols(plan.resolved.strategy)
    symbol, table = next(iter(tables.items()))
    return check_strategy(
        StrategyInputs(
            given=plan.resolved.strategy,
            candles=tables if several else table,
            execution=execution,
            initial_capital=request.initial_capital,
            timeframe=None if several else request.timeframe,
            symbol="" if several else symbol,
            catalog=plan.resolved.catalog,
            inactive_indicators=plan.resolved.inactive_indicators,
        )
    )


def ranks_symbols(strategy: Strategy) -> bool:
    """Return whether a strategy ranks symbols, rather than giving each its signals."""
    return callable(getattr(strategy, "ranking", None))


def _compute(
    request: BacktestRequest,
    tables: Mapping[str, CandleTable],
    strategy: Strategy,
    execution: Execution,
) -> BacktestResult:
    """Return what the pure core makes of a request and its candles."""
    capital = request.initial_capital
    if len(tables) > 1 or ranks_symbols(strategy):
        from foresto_lab.backtest.many import backtest_many

        return backtest_many(tables, strategy, execution, initial_capital=capital)
    (table,) = tables.values()
    return backtest(table, strategy, execution, initial_capital=capital)


# --- keeping and restoring --------------------------------------------------------


def to_artifacts(result: BacktestResult, predicted: int | None) -> RunArtifacts:
    """Return the tables and the summary by which a result is kept.

    The summary is the metrics, the number of trades that preflight predicted, and
    whether that was right (None where it predicted none).
    """
    right = None if predicted is None else predicted == result.metrics["total_trades"]
    return RunArtifacts(
        tables={
            "trades": result.trades,
            "equity": result.equity,
            "findings": findings_table(result.findings),
        },
        summary={**result.metrics, PREDICTED: predicted, RIGHT: right},
    )


@dataclass(frozen=True, slots=True, eq=False)
class RecordedStrategy:
    """A strategy of which only the record is at hand: it gives no signals."""

    request: BacktestRequest

    @property
    def name(self) -> str:
        """What it was called."""
        return self.request.strategy_name

    @property
    def version(self) -> str:
        """Its version."""
        return self.request.strategy_version

    @property
    def checksum(self) -> str:
        """SHA-256 of its content."""
        return self.request.strategy_checksum

    def to_dict(self) -> dict[str, Any]:
        """Return it as it was."""
        return dict(self.request.strategy)


def restore_backtest(
    record: RunRecord,
    artifacts: RunArtifacts,
    *,
    data: BacktestData,
    rebuild: Callable[[BacktestRequest], Strategy | None],
) -> BacktestResult:
    """Return the result that a completed run's artifacts hold.

    Candles and signals are there where the store still has the data and the strategy
    may run; else ``candles`` is None and ``signals`` has no columns.

    Parameters
    ----------
    rebuild : callable
        Gives the strategy of a request, or None where it cannot run here.
    """
    request = BacktestRequest.from_dict(record.request)
    summary = dict(artifacts.summary)
    for name in (PREDICTED, RIGHT):
        summary.pop(name, None)
    tables = _tables_or_none(request, record.data_version, data)
    strategy = _or_none(rebuild, request)
    several = tables is not None and len(tables) > 1
    result = BacktestResult.from_tables(
        trades=artifacts.tables["trades"],
        equity=artifacts.tables["equity"],
        metrics=summary,
        request_hash=record.request_hash,
        strategy=strategy or RecordedStrategy(request),
        execution=Execution.from_dict(request.execution),
        initial_capital=request.initial_capital,
        symbols=request.symbols,
        timeframe=request.timeframe,
        periods_per_year=float(summary["periods_per_year"]),
        findings=findings_of(artifacts),
        candles=tables if tables is None or several else next(iter(tables.values())),
        run_id=record.run_id,
    )
    if strategy is None or tables is None or several:
        return result
    (table,) = tables.values()
    return replace(
        result, make_signals=lambda: strategy.signals(table).to_frame(table.index)
    )


def _tables_or_none(
    request: BacktestRequest, data_version: str, data: BacktestData
) -> dict[str, CandleTable] | None:
    try:
        return data.load(request, data_version)
    except (ForestoError, KeyError):
        return None


def _or_none(
    rebuild: Callable[[BacktestRequest], Strategy | None], request: BacktestRequest
) -> Strategy | None:
    try:
        return rebuild(request)
    except ForestoError:
        return None


def reproduce_backtest(
    record: RunRecord,
    *,
    data: BacktestData,
    runs: RunStore,
    rebuild: Callable[[BacktestRequest], Strategy | None],
) -> Reproduction:
    """Rerun a registered backtest on its data version; compare every number.

    Raises
    ------
    ReproductionError
        The store does not have that state of the candles, or the strategy's code is
        not to be had here.
    UntrustedCodeError
        The code is here, but not trusted.
    """
    request = BacktestRequest.from_dict(record.request)
    strategy = rebuild(request)
    if strategy is None or strategy.checksum != request.strategy_checksum:
        raise ReproductionError(
            run_id=record.run_id,
            reason=f"the code of strategy {request.strategy_name} "
            f"{request.strategy_version} is not in the registry as it ran. Keep code "
            "there with lab.save_strategy before it is run.",
        )
    tables, finer = _recorded_candles(record, request, data)
    execution = Execution.from_dict(request.execution)
    if finer is not None:
        execution = replace(execution, finer=finer)
    rerun = _compute(request, tables, strategy, execution)
    predicted = record.snapshots.get(PREDICTED)
    return reproduction_of(record, to_artifacts(rerun, predicted), runs=runs)


def _recorded_candles(
    record: RunRecord, request: BacktestRequest, data: BacktestData
) -> tuple[dict[str, CandleTable], pd.DataFrame | None]:
    try:
        return (
            data.load(request, record.data_version),
            data.load_finer(request, record.data_version),
        )
    except UnknownNameError as error:
        if error.kind != "data version":
            raise
        raise ReproductionError(
            run_id=record.run_id,
            reason="this store does not have the state of the candles that it was "
            f"computed on, {record.data_version}; it has "
            f"{data.now(record.data_version)} and what was loaded before it here. "
            "Reproduce it in the store that it comes from.",
        ) from None
