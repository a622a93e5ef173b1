"""Carry out a planned forward simulation: reuse, or register, compute and keep it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foresto_lab._version import __version__
from foresto_lab.errors import ReproductionError, UnknownNameError
from foresto_lab.rebalancing import parse_rule
from foresto_lab.rebalancing.cashflows import parse_cashflows
from foresto_lab.runs.comparison import Reproduction
from foresto_lab.runs.forward_request import ForwardRequest
from foresto_lab.runs.inputs import SimulationInputs, load_inputs
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
from foresto_lab.runs.request import request_hash
from foresto_lab.runs.simulation import currency_of, preflight_simulation
from foresto_lab.runs.trading_terms import costs_of
from foresto_lab.scenarios.forward import ForwardResult, forward, parse_method
from foresto_lab.scenarios.forward.limits import parse_months
from foresto_lab.types import RunKind

if TYPE_CHECKING:
    from foresto_lab.market.protocols import SeriesStore
    from foresto_lab.runs.plan import SimulationPlan
    from foresto_lab.runs.protocols import RunStore
    from foresto_lab.runs.provenance import Provenance
    from foresto_lab.scenarios.forward.threads import Progress


@dataclass(frozen=True, slots=True)
class ForwardPlan:
    """A request with the plan of the simulation that it carries on."""

    request: ForwardRequest
    simulation: SimulationPlan


@dataclass(frozen=True, slots=True)
class Work:
    """How the paths are computed; it changes no number."""

    threads: int | None = None
    progress: Progress | None = None


def plan_forward(
    plan: SimulationPlan,
    *,
    years: float = 20,
    paths: int = 10_000,
    method: Any = None,
    seed: int = 0,
    goal: float | None = None,
    inflation: float = 0.0,
) -> ForwardPlan:
    """Return the request of futures of a planned simulation, checked.

    Raises
    ------
    InputError
        As for ``fl.forward``; the weights are computed from prices.
    """
    _ = plan.request.fixed_weights
    request = ForwardRequest(
        simulation=plan.request,
        months=parse_months(years),
        paths=paths,
        method=parse_method(method).to_dict(),
        seed=seed,
        goal=goal,
        inflation=inflation,
    )
    return ForwardPlan(request, plan)


def run_forward(
    plan: ForwardPlan,
    *,
    series: SeriesStore,
    runs: RunStore,
    provenance: Provenance,
    options: RunOptions,
    work: Work,
) -> ForwardResult:
    """Return the result of a plan: a kept run of the same hash, or a new one.

    Preflight comes first; nothing is registered unless it passes.

    Raises
    ------
    PreflightError
        The run cannot succeed; every reason is listed.
    """
    data_version = series.data_version()
    identity = forward_hash(plan, data_version)
    kept = find_kept(identity, runs=runs, options=options)
    if kept is not None:
        return restore_forward(kept, runs.artifacts(kept.run_id))
    simulation = plan.simulation
    inputs = load_inputs(plan.request.simulation, series, data_version)
    report = preflight_simulation(
        simulation, series, inputs.prices, inputs.missing_rates
    )
    report.require_passed()
    return carry_out(
        RunDraft(
            kind=RunKind.FORWARD,
            name=simulation.name,
            request=plan.request.to_dict(),
            request_hash=identity,
            data_version=data_version,
            snapshots={
                **simulation.snapshots,
                "preflight": [finding.to_dict() for finding in report.findings],
            },
        ),
        compute=lambda run_id: compute_forward(
            plan.request,
            inputs,
            simulated=simulation.simulated,
            currency=simulation.currency,
            work=work,
        ).with_run(run_id, identity, request=plan.request.to_dict()),
        to_artifacts=to_artifacts,
        runs=runs,
        provenance=provenance,
        options=options,
    )


def compute_forward(
    request: ForwardRequest,
    inputs: SimulationInputs,
    *,
    simulated: bool,
    currency: str,
    work: Work | None = None,
) -> ForwardResult:
    """Return what the pure core makes of a request and what it reads."""
    asked, work = request.simulation, work or Work()
    facts: dict[str, Any] = {}
    if inputs.market is not None:
        facts = {"market": inputs.market, "whole_shares": asked.whole_shares}
    result = forward(
        inputs.quoted,
        asked.fixed_weights,
        None if asked.rebalancing is None else parse_rule(asked.rebalancing),
        costs_of(asked),
        parse_cashflows(asked.cashflows),
        years=request.years,
        paths=request.paths,
        method=request.parsed_method,
        seed=request.seed,
        initial_amount=asked.initial_amount,
        goal=request.goal,
        inflation=request.inflation,
        calendar=asked.calendar,
        start=asked.start,
        end=asked.end,
        execution=asked.execution,
        threads=work.threads,
        progress=work.progress,
        **facts,
    )
    return result.with_run(
        None,
        result.request_hash,
        simulated=simulated,
        currency=currency,
        name=asked.name,
    )


def forward_hash(plan: ForwardPlan, data_version: str) -> str:
    """Return the request hash of a plan on a state of the data."""
    scenario = plan.simulation.scenario
    versions = {} if scenario is None else {scenario.name: scenario.checksum}
    return request_hash(
        RunKind.FORWARD,
        plan.request.to_dict(),
        engine_version=__version__,
        versions=versions,
        data_version=data_version,
    )


def to_artifacts(result: ForwardResult) -> RunArtifacts:
    """Return the tables and the summary by which a result is kept."""
    import pandas as pd

    source = {
        "history_start": [result.history_start],
        "history_end": [result.history_end],
        "n_returns": [result.n_returns],
        "block_length": [result.block_length],
        "data_version": [result.data_version],
    }
    return RunArtifacts(
        tables={
            "fan": result.fan,
            "outcomes": result.outcomes,
            "sample": result.sample,
            "source": pd.DataFrame(source),
            "findings": findings_table(result.findings),
        },
        summary=dict(result.summary),
    )


def restore_forward(record: RunRecord, artifacts: RunArtifacts) -> ForwardResult:
    """Return the result that a completed run's artifacts hold."""
    import pandas as pd

    request = ForwardRequest.from_dict(record.request)
    asked, rule = request.simulation, request.simulation.rebalancing
    source = artifacts.tables["source"].iloc[0]
    return ForwardResult(
        fan=artifacts.tables["fan"],
        outcomes=artifacts.tables["outcomes"],
        sample=artifacts.tables["sample"],
        summary=pd.Series(dict(artifacts.summary), dtype=object, name="summary"),
        request=request.to_dict(),
        weights=dict(asked.fixed_weights),
        rule=None if rule is None else parse_rule(rule),
        method=request.parsed_method,
        initial_amount=asked.initial_amount,
        goal=request.goal,
        inflation=request.inflation,
        seed=request.seed,
        history_start=str(source["history_start"]),
        history_end=str(source["history_end"]),
        n_returns=int(source["n_returns"]),
        block_length=float(source["block_length"]),
        data_version=str(source["data_version"]),
        cashflows=parse_cashflows(asked.cashflows),
        currency=currency_of(record),
        findings=findings_of(artifacts),
        simulated=bool(record.snapshots.get("simulated", False)),
        name=asked.name,
        run_id=record.run_id,
        known_hash=record.request_hash,
    )


def reproduce_forward(
    record: RunRecord, *, series: SeriesStore, runs: RunStore
) -> Reproduction:
    """Rerun registered futures on their data version; compare every number.

    Raises
    ------
    ReproductionError
        The store does not have that state of the prices, and no other will do.
    """
    request = ForwardRequest.from_dict(record.request)
    try:
        inputs = load_inputs(request.simulation, series, record.data_version)
    except UnknownNameError as error:
        if error.kind != "data version":
            raise
        raise ReproductionError(
            run_id=record.run_id,
            reason=f"this store does not have the state of the prices that it was "
            f"computed on, {record.data_version}. Reproduce it in the store that it "
            "comes from.",
        ) from None
    rerun = compute_forward(
        request,
        inputs,
        simulated=bool(record.snapshots.get("simulated", False)),
        currency=currency_of(record),
    )
    return reproduction_of(record, to_artifacts(rerun), runs=runs)
