"""Walk-forwards and cross-validations as runs: carried out, kept and given again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.optimize.validation.cross_validation_run import run_cross_validation
from foresto_lab.optimize.validation.purged_groups import PurgedGroups
from foresto_lab.optimize.validation.validation_task import ValidationTask
from foresto_lab.optimize.validation.walk_forward_run import run_walk_forward
from foresto_lab.optimize.validation.windows import WalkForwardPlan
from foresto_lab.runs.optimization import plan_to_reproduce
from foresto_lab.runs.optimization_plan import OptimizationPlan
from foresto_lab.runs.optimization_request import OptimizationRequest, SearchKind
from foresto_lab.runs.optimization_tables import prior_facts, recorded_prior
from foresto_lab.runs.record import RunArtifacts, RunRecord
from foresto_lab.runs.registration import RunOptions, reproduction_of
from foresto_lab.runs.search_runs import SearchStores, carry_out_search, find_whole
from foresto_lab.runs.search_work import CountedWork, SearchWork
from foresto_lab.runs.trials import TrialTally

if TYPE_CHECKING:
    from foresto_lab.optimize.validation.cross_validation_result import (
        CrossValidationResult,
    )
    from foresto_lab.optimize.validation.walk_forward_result import WalkForwardResult
    from foresto_lab.runs.backtest_candles import BacktestData
    from foresto_lab.runs.backtest_request import BacktestRequest
    from foresto_lab.runs.comparison import Reproduction
    from foresto_lab.runs.protocols import RunStore
    from foresto_lab.runs.provenance import Provenance
    from foresto_lab.strategies import Strategy

    ValidationResult = WalkForwardResult | CrossValidationResult

FACTS_TABLE: Final = "facts"


def with_windows(
    plan: OptimizationPlan, cuts: WalkForwardPlan | PurgedGroups
) -> OptimizationPlan:
    """Return the plan of a search on windows cut so; what is wrong is raised now.

    Raises
    ------
    SplitError
        No window fits the data.
    """
    evaluator: Any = plan.search.evaluator
    kind = SearchKind.CROSS_VALIDATION
    if isinstance(cuts, WalkForwardPlan):
        from foresto_lab.optimize.validation.bar_times import bar_times_of

        kind, times = SearchKind.WALK_FORWARD, bar_times_of(evaluator)
        cuts.windows(evaluator.n_bars, times.open_times, times.spacing)
    else:
        cuts.splits(evaluator.n_bars)
    request = replace(plan.request, search=kind, windows=cuts.to_dict())
    return replace(plan, request=request)


def run_validation(
    plan: OptimizationPlan,
    *,
    stores: SearchStores,
    provenance: Provenance,
    options: RunOptions,
    work: SearchWork,
    rebuild: Callable[[BacktestRequest], Strategy | None],
) -> Any:
    """Return the result of a plan: a kept run of the same hash, or a new one.

    A walk-forward that was stopped goes on where it was.

    Raises
    ------
    PreflightError
        It cannot succeed; every reason is listed.
    """
    kept = find_whole(plan.request_hash, runs=stores.runs, options=options)
    if kept is not None:
        return restore_validation(kept, stores.runs.artifacts(kept.run_id))

    def search(counted: CountedWork, prior: TrialTally) -> Any:
        task = ValidationTask(
            plan=plan.search,
            executor=counted.executor,
            observer=counted.observer,
            stop=work.stop,
        )
        result = _validated(plan.request, task, counted.window)
        if result.sharpes is not None:
            counted.counter.settle(result.sharpes)
        return result

    return carry_out_search(
        plan,
        search,
        to_artifacts=to_artifacts,
        stores=stores,
        provenance=provenance,
        options=options,
        work=work,
    )


def _validated(
    request: OptimizationRequest,
    task: ValidationTask,
    checkpoint_of: Callable[[int], Any] | None = None,
) -> Any:
    """Return what the pure core makes of a request."""
    windows = dict(request.windows or {})
    if request.search is SearchKind.WALK_FORWARD:
        cuts = WalkForwardPlan(**windows)
        return run_walk_forward(task, cuts, checkpoint_of=checkpoint_of)
    return run_cross_validation(task, PurgedGroups(**windows))


# --- keeping and restoring --------------------------------------------------------


def to_artifacts(result: ValidationResult, prior: TrialTally) -> RunArtifacts:
    """Return the tables and the summary by which a result is kept.

    The summary of a walk-forward has the figures of its account.
    """
    import pandas as pd

    tables, facts = result.to_tables()
    text = json.dumps(facts, ensure_ascii=False)
    figures = {
        name: value
        for name, value in facts.get("metrics", {}).items()
        if isinstance(value, int | float)
    }
    efficiency = facts.get("efficiency")
    return RunArtifacts(
        tables={**tables, FACTS_TABLE: pd.DataFrame({"facts": [text]})},
        summary={
            **figures,
            **({} if efficiency is None else {"efficiency": efficiency}),
            "objective": result.objective,
            "status": result.status,
            "evaluated": result.evaluated,
            "elapsed": result.elapsed,
            **prior_facts(prior),
        },
    )


def restore_validation(
    record: RunRecord, artifacts: RunArtifacts
) -> WalkForwardResult | CrossValidationResult:
    """Return the result that a completed run's artifacts hold."""
    from foresto_lab.optimize.validation.cross_validation_result import (
        CrossValidationResult,
    )
    from foresto_lab.optimize.validation.walk_forward_result import WalkForwardResult

    tables: Mapping[str, Any] = artifacts.tables
    facts = json.loads(str(tables[FACTS_TABLE]["facts"].iloc[0]))
    kinds: dict[SearchKind, type[Any]] = {
        SearchKind.WALK_FORWARD: WalkForwardResult,
        SearchKind.CROSS_VALIDATION: CrossValidationResult,
    }
    kind = kinds[SearchKind(record.request["search"])]
    own = {name: table for name, table in tables.items() if name != FACTS_TABLE}
    result: ValidationResult = kind.from_tables(own, facts)
    return result.with_run(record.run_id, record.request_hash)


def validate_again(
    record: RunRecord,
    *,
    data: BacktestData,
    rebuild: Callable[[BacktestRequest], Strategy | None],
) -> ValidationResult:
    """Return what a recorded request gives on its data version now.

    Raises
    ------
    ReproductionError
        As :func:`reproduce_validation`.
    """
    from foresto_lab.optimize.searching.executors import LocalExecutor

    plan = plan_to_reproduce(record, data=data, rebuild=rebuild)
    task = ValidationTask(plan=plan.search, executor=LocalExecutor())
    result: ValidationResult = _validated(plan.request, task)
    return result


def reproduce_validation(
    record: RunRecord,
    *,
    data: BacktestData,
    runs: RunStore,
    rebuild: Callable[[BacktestRequest], Strategy | None],
) -> Reproduction:
    """Do it again on the recorded data version; compare every number.

    Raises
    ------
    ReproductionError
        It was stopped before its end, asks for a function, or its candles or its code
        are not here.
    """
    rerun = validate_again(record, data=data, rebuild=rebuild).with_run(
        record.run_id, record.request_hash, elapsed=record.summary["elapsed"]
    )
    return reproduction_of(
        record, to_artifacts(rerun, recorded_prior(record)), runs=runs
    )
