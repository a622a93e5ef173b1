"""Carry out a planned search: reuse, or preflight, register, search and keep it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from foresto_lab.errors import ForestoError, ReproductionError
from foresto_lab.runs.optimization_plan import OptimizationPlan, planned_again
from foresto_lab.runs.optimization_request import OptimizationRequest
from foresto_lab.runs.optimization_tables import result_from
from foresto_lab.runs.record import RunArtifacts, RunRecord
from foresto_lab.runs.search_runs import (
    SearchStores,
    find_whole,
    search_and_keep,
    searched_again,
    why_not,
)

if TYPE_CHECKING:
    from foresto_lab.optimize.result import OptimizationResult
    from foresto_lab.runs.backtest_candles import BacktestData
    from foresto_lab.runs.backtest_request import BacktestRequest
    from foresto_lab.runs.comparison import Reproduction
    from foresto_lab.runs.protocols import RunStore
    from foresto_lab.runs.provenance import Provenance
    from foresto_lab.runs.registration import RunOptions
    from foresto_lab.runs.search_work import SearchWork
    from foresto_lab.strategies import Strategy


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
