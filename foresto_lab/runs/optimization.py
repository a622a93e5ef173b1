"""Carry out a planned search: reuse, or preflight, register, search and keep it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from foresto_lab.backtest import Execution
from foresto_lab.errors import ForestoError, ReproductionError
from foresto_lab.optimize.plan import DEFAULT_TOP, SearchPlan, plan_search
from foresto_lab.optimize.run import run_plan
from foresto_lab.optimize.subject import evaluator_of
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
from foresto_lab.runs.optimization_tables import (
    prior_of,
    recorded_prior,
    result_from,
    to_artifacts,
)
from foresto_lab.runs.record import RunArtifacts, RunRecord
from foresto_lab.runs.registration import (
    RunDraft,
    RunOptions,
    carry_out,
    reproduction_of,
)
from foresto_lab.runs.search_work import (
    CountedWork,
    SearchCheckpoints,
    SearchWork,
    TrialCounter,
    counted,
)
from foresto_lab.runs.trials import TrialEntry, TrialLedger, TrialTally, data_key
from foresto_lab.types import RunKind

if TYPE_CHECKING:
    from foresto_lab.market.candle_table import CandleTable
    from foresto_lab.market.instants import Moment
    from foresto_lab.optimize.result import OptimizationResult
    from foresto_lab.preflight import PreflightReport
    from foresto_lab.runs.backtest_candles import BacktestData
    from foresto_lab.runs.backtest_request import BacktestRequest
    from foresto_lab.runs.comparison import Reproduction
    from foresto_lab.runs.protocols import RunStore
    from foresto_lab.runs.provenance import Provenance
    from foresto_lab.strategies import Strategy

OF_THE_BASE: Final = frozenset(
    {
        *("SPAN_TOO_SHORT", "STOP_BEYOND_LIQUIDATION", "CAPITAL_BELOW_ONE_LOT"),
        *("MINIMUM_ORDER_NOT_MET", "ZERO_TRADES", "FEW_TRADES", "RUN_REFUSED"),
    }
)
"""Findings about the strategy as it stands, which other parameters may not have."""
PARTIAL: Final = ("cancelled", "time limit")
"""Statuses of a search that can be gone on with."""


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


class PlannedSearch(Protocol):
    """A search that is ready to run and be registered."""

    @property
    def search(self) -> SearchPlan:
        """The search itself, checked."""

    @property
    def family(self) -> str:
        """What names what is searched in the trial ledger."""

    @property
    def data(self) -> str:
        """What names the data in the trial ledger."""

    def draft(self) -> RunDraft:
        """Return what is known of the run; raise PreflightError if it cannot be."""


@dataclass(frozen=True, slots=True, eq=False)
class SearchStores:
    """What a search reads and writes."""

    data: BacktestData
    runs: RunStore
    ledger: TrialLedger
    checkpoints: SearchCheckpoints


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


# --- running ----------------------------------------------------------------------


def run_optimization(
    plan: OptimizationPlan,
    *,
    stores: SearchStores,
    provenance: Provenance,
    options: RunOptions,
    work: SearchWork,
    rebuild: Callable[[BacktestRequest], Strategy | None],
) -> OptimizationResult:
    """Return the result of a plan: a kept run of the same hash, or a new one.

    A run that was stopped is not the answer to a request: the search goes on where it
    was. Every trial is in the ledger, whatever becomes of the run.

    Raises
    ------
    PreflightError
        The search cannot succeed; every reason is listed.
    """
    kept = find_whole(plan.request_hash, runs=stores.runs, options=options)
    if kept is not None:
        artifacts = stores.runs.artifacts(kept.run_id)
        return restore_optimization(kept, artifacts, data=stores.data, rebuild=rebuild)

    return search_and_keep(
        plan, stores=stores, provenance=provenance, options=options, work=work
    )


def search_and_keep(
    plan: PlannedSearch,
    *,
    stores: SearchStores,
    provenance: Provenance,
    options: RunOptions,
    work: SearchWork,
) -> OptimizationResult:
    """Search, judge and register; see ``carry_out_search``."""

    def search(counted_work: CountedWork, prior: TrialTally) -> OptimizationResult:
        return run_plan(
            plan.search,
            executor=counted_work.executor,
            observer=counted_work.observer,
            checkpoint=counted_work.checkpoint,
            stop=work.stop,
            prior=prior_of(prior),
        )

    result: OptimizationResult = carry_out_search(
        plan,
        search,
        to_artifacts=to_artifacts,
        stores=stores,
        provenance=provenance,
        options=options,
        work=work,
    )
    return result


def find_whole(
    request_hash: str, *, runs: RunStore, options: RunOptions
) -> RunRecord | None:
    """Return the run that answers a request, unless it was stopped before its end."""
    if not options.use_store or options.force:
        return None
    kept = runs.find_completed(request_hash)
    if kept is None or kept.summary.get("status") in PARTIAL:
        return None
    options.observer.run_reused(kept)
    return kept


def carry_out_search(
    plan: PlannedSearch,
    search: Callable[[CountedWork, TrialTally], Any],
    *,
    to_artifacts: Callable[[Any, TrialTally], RunArtifacts],
    stores: SearchStores,
    provenance: Provenance,
    options: RunOptions,
    work: SearchWork,
) -> Any:
    """Search between a run's registration and its end, counting every trial.

    Parameters
    ----------
    search : callable
        Takes the work, and what was tried before this search.
    to_artifacts : callable
        Takes the result, and what was tried before.
    """
    draft, prior = plan.draft(), TrialTally()
    identity = draft.request_hash

    def compute(run_id: str | None) -> Any:
        nonlocal prior
        own = run_id or provenance.new_run_id(options.now())
        resume = work.resume and not options.force
        with _kept(stores, identity, own, run_id, resume=resume) as kept:
            began_as = own if kept is None else kept.run_id
            prior = stores.ledger.tally(plan.family, plan.data, without=began_as)
            counter = _counter(plan, began_as, stores.ledger, options)
            is_registered = run_id is not None
            with counted(
                work, kept, counter, is_registered=is_registered
            ) as counted_work:
                result = search(counted_work, prior)
        return result.with_run(run_id, identity)

    result = carry_out(
        draft,
        compute=compute,
        to_artifacts=lambda found: to_artifacts(found, prior),
        runs=stores.runs,
        provenance=provenance,
        options=options,
    )
    if options.use_store and result.status not in PARTIAL:
        stores.checkpoints.remove(identity)
    return result


def _kept(
    stores: SearchStores, identity: str, own: str, run_id: str | None, *, resume: bool
) -> Any:
    from contextlib import nullcontext

    if run_id is None:  # nothing is stored
        return nullcontext(None)
    return stores.checkpoints.search(identity, own, resume=resume)


def _counter(
    plan: PlannedSearch, run_id: str, ledger: TrialLedger, options: RunOptions
) -> TrialCounter:
    entry = TrialEntry(
        run_id=run_id,
        family=plan.family,
        data=plan.data,
        method=plan.search.method.name,
        tally=TrialTally(),
        recorded_at=options.now(),
    )
    per_year = plan.search.evaluator.periods_per_year
    return TrialCounter(ledger, entry, per_year, options.now, time.monotonic)


# --- restoring --------------------------------------------------------------------


def restore_optimization(
    record: RunRecord,
    artifacts: RunArtifacts,
    *,
    data: BacktestData,
    rebuild: Callable[[BacktestRequest], Strategy | None],
) -> OptimizationResult:
    """Return the result that a completed run's artifacts hold.

    Its trials can be run where the store still has the data and the strategy may run.
    """
    request = OptimizationRequest.from_dict(record.request)
    try:
        evaluator = planned_again(request, record.data_version, data, rebuild)
    except (ForestoError, KeyError):
        evaluator = None
    return result_from(
        record, artifacts, request, None if evaluator is None else evaluator.search
    )


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
    from foresto_lab.optimize.objective import Objective

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


# --- reproducing --------------------------------------------------------------------


def reproduce_optimization(
    record: RunRecord,
    *,
    data: BacktestData,
    runs: RunStore,
    rebuild: Callable[[BacktestRequest], Strategy | None],
) -> Reproduction:
    """Search again on the recorded data version; compare every number.

    Nothing of it is a new trial.

    Raises
    ------
    ReproductionError
        The search was stopped before its end, asks for a function, or its candles or
        its code are not here.
    UntrustedCodeError
        The code is here, but not trusted.
    """
    plan = plan_to_reproduce(record, data=data, rebuild=rebuild)
    return searched_again(record, plan.search, runs=runs)


def searched_again(
    record: RunRecord, search: SearchPlan, *, runs: RunStore
) -> Reproduction:
    """Search as a record says, with what had been tried before it, and compare."""
    prior = recorded_prior(record)
    found = run_plan(search, prior=prior_of(prior))
    rerun = replace(found, elapsed=record.summary["elapsed"])
    return reproduction_of(record, to_artifacts(rerun, prior), runs=runs)


def plan_to_reproduce(
    record: RunRecord,
    *,
    data: BacktestData,
    rebuild: Callable[[BacktestRequest], Strategy | None],
) -> OptimizationPlan:
    """Return the plan of a recorded search, or raise why there is none."""
    request = OptimizationRequest.from_dict(record.request)
    reason = why_not(record, request)
    if reason is None:
        try:
            plan = planned_again(request, record.data_version, data, rebuild)
        except ForestoError as error:
            if getattr(error, "kind", None) != "data version":
                raise
            reason = (
                "this store does not have the state of the candles that it was "
                f"computed on, {record.data_version}. Reproduce it in the store that "
                "it comes from."
            )
        else:
            if plan is not None:
                return plan
            reason = (
                f"the code of strategy {request.backtest.strategy_name} "
                f"{request.backtest.strategy_version} is not in the registry as it "
                "ran. Keep code there with lab.save_strategy before it is run."
            )
    raise ReproductionError(run_id=record.run_id, reason=reason)


def why_not(record: RunRecord, request: Any) -> str | None:
    """Return why a recorded search cannot be reproduced; None if it can."""
    if record.summary.get("status") in PARTIAL:
        return (
            f"it was stopped before its end ({record.summary['status']}). Ask for the "
            "same search again: it goes on where it was, and can then be reproduced."
        )
    if request.has_functions:
        return (
            "its objective is a function, of which a record has only the name. Name a "
            "figure as objective, or compare by hand."
        )
    return None
