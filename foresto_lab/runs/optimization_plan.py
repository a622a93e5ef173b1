"""The plan of a search on stored candles: from a caller's words, or from a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.backtest import Execution
from foresto_lab.optimize.evaluators.subject import evaluator_of
from foresto_lab.optimize.plan import DEFAULT_TOP, SearchPlan, plan_search
from foresto_lab.runs.backtest import (
    BacktestPlan,
    ResolvedStrategy,
    inputs_of,
    plan_backtest,
    preflight_backtest,
)
from foresto_lab.runs.optimization_request import (
    OptimizationRequest,
    SearchKind,
    objective_fact,
)
from foresto_lab.runs.registration import RunDraft
from foresto_lab.runs.trials import data_key
from foresto_lab.types import RunKind

if TYPE_CHECKING:
    from foresto_lab.market.candle_table import CandleTable
    from foresto_lab.market.instants import Moment
    from foresto_lab.preflight import PreflightReport
    from foresto_lab.runs.backtest_candles import BacktestData
    from foresto_lab.runs.backtest_request import BacktestRequest
    from foresto_lab.strategies import Strategy

OF_THE_BASE: Final = frozenset(
    {
        *("SPAN_TOO_SHORT", "STOP_BEYOND_LIQUIDATION", "CAPITAL_BELOW_ONE_LOT"),
        *("MINIMUM_ORDER_NOT_MET", "ZERO_TRADES", "FEW_TRADES", "RUN_REFUSED"),
    }
)
"""Findings about the strategy as it stands, which other parameters may not have."""


@dataclass(frozen=True, slots=True, eq=False)
class OptimizationPlan:
    """A request with what it was made from, and the search itself, checked."""

    request: OptimizationRequest
    backtest: BacktestPlan
    tables: Mapping[str, CandleTable]
    execution: Execution
    search: SearchPlan

    @property
    def request_hash(self) -> str:
        """What names the request on this state of the data."""
        return self.request.hash_on(self.backtest.data_version)

    @property
    def family(self) -> str:
        """What names the strategy in the trial ledger."""
        return str(self.search.evaluator.describe()["family"])

    @property
    def data(self) -> str:
        """What names the data in the trial ledger."""
        asked = self.request.backtest
        tables = tuple(asked.candles_from.values())
        return data_key(asked.symbols, asked.timeframe, tables)

    def draft(self) -> RunDraft:
        """Return what is known of the run before it searches.

        Raises
        ------
        PreflightError
            The search cannot succeed; every reason is listed.
        """
        report = preflight_optimization(self)
        report.require_passed()
        asked = self.request.backtest
        return RunDraft(
            kind=RunKind.OPTIMIZATION,
            name=asked.strategy_name,
            request=self.request.to_dict(),
            request_hash=self.request_hash,
            data_version=self.backtest.data_version,
            snapshots={
                "strategy": {**asked.strategy, "code": self.backtest.resolved.code},
                "indicators": dict(asked.indicators),
                "preflight": [finding.to_dict() for finding in report.findings],
            },
        )


def plan_optimization(
    resolved: ResolvedStrategy,
    space: Any,
    *,
    data: BacktestData,
    symbols: str | Sequence[str],
    timeframe: str = "1d",
    start: Moment | None = None,
    end: Moment | None = None,
    initial_capital: float = 10_000_000,
    execution: Execution | Mapping[str, Any] | None = None,
    finer: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    aggregate: Any = "mean",
    method: Any = "grid",
    objective: Any = "sharpe_ratio",
    constraints: str | Sequence[Any] = (),
    trials: int | None = None,
    seed: int = 0,
    split: Any = None,
    top: int = DEFAULT_TOP,
    patience: int | None = None,
    search: SearchKind = SearchKind.OPTIMIZATION,
    windows: Mapping[str, Any] | None = None,
) -> OptimizationPlan:
    """Return the request that a caller's words stand for, on the data as it is now.

    Raises
    ------
    SpaceError, ObjectiveError, UnknownNameError, AmountError, SplitError
        Something of the search cannot be.
    CandleTableError, DateRangeError, InputError
        There are no candles to search on, or the span ends before it starts.
    """
    backtest = plan_backtest(
        resolved,
        data=data,
        symbols=symbols,
        timeframe=timeframe,
        start=start,
        end=end,
        initial_capital=initial_capital,
        execution=execution,
        finer=finer,
    )
    tables, trades = inputs_of(backtest, data)
    plan = plan_search(
        _evaluator(backtest.request, tables, resolved, trades, parameters, aggregate),
        space,
        method,
        objective,
        constraints=constraints,
        trials=trials,
        seed=seed,
        split=split,
        top=top,
        patience=patience,
    )
    request = OptimizationRequest(
        search=search,
        backtest=backtest.request,
        parameters=dict(parameters or {}),
        aggregate=aggregate,
        space=plan.space.to_dict(),
        method=plan.method.to_dict(),
        objectives=tuple(map(objective_fact, plan.objectives)),
        constraints=tuple(map(str, plan.constraints)),
        seed=plan.seed,
        split=None if plan.split is None else plan.split.to_dict(),
        top=plan.top,
        patience=plan.patience,
        windows=windows,
    )
    return OptimizationPlan(request, backtest, tables, trades, plan)


def _evaluator(
    request: BacktestRequest,
    tables: Mapping[str, CandleTable],
    resolved: ResolvedStrategy,
    execution: Execution,
    parameters: Mapping[str, Any] | None,
    aggregate: Any,
) -> Any:
    """Return the evaluator; several symbols are traded each on its own account."""
    several = len(tables) > 1
    symbol, table = next(iter(tables.items()))
    return evaluator_of(
        dict(tables) if several else table,
        resolved.strategy,
        execution=execution,
        initial_capital=request.initial_capital,
        parameters=parameters,
        symbol="" if several else symbol,
        aggregate=aggregate,
    )


def preflight_optimization(plan: OptimizationPlan) -> PreflightReport:
    """Return what stands against a search: what no parameter can change."""
    report = preflight_backtest(plan.backtest, plan.tables, plan.execution)
    kept = tuple(f for f in report.findings if f.code not in OF_THE_BASE)
    return replace(report, findings=kept)


def planned_again(
    request: OptimizationRequest,
    data_version: str,
    data: BacktestData,
    rebuild: Callable[[BacktestRequest], Strategy | None],
) -> OptimizationPlan | None:
    """Return the plan of a recorded request; None where its code is not here."""
    strategy = rebuild(request.backtest)
    if strategy is None or strategy.checksum != request.backtest.strategy_checksum:
        return None
    return plan_of_record(request, data_version, data, strategy)


def plan_of_record(
    request: OptimizationRequest,
    data_version: str,
    data: BacktestData,
    strategy: Strategy,
) -> OptimizationPlan:
    """Return the plan of a recorded request on a state of the data."""
    from foresto_lab.indicators import built_in_indicators
    from foresto_lab.optimize.searching.objective import Objective

    asked = request.backtest
    resolved = ResolvedStrategy(
        strategy, asked.strategy_name, asked.strategy_version, built_in_indicators()
    )
    execution = Execution.from_dict(asked.execution)
    backtest = BacktestPlan(asked, resolved, execution, data_version)
    tables, trades = inputs_of(backtest, data)
    evaluator = _evaluator(
        asked, tables, resolved, trades, request.parameters, request.aggregate
    )
    search = plan_search(
        evaluator,
        request.space,
        request.method,
        [Objective(each["name"], each["maximize"]) for each in request.objectives],
        constraints=request.constraints,
        seed=request.seed,
        split=request.split,
        top=request.top or DEFAULT_TOP,
        patience=request.patience,
    )
    return OptimizationPlan(request, backtest, tables, trades, search)
