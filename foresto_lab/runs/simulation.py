"""Carry out a planned simulation: reuse, or register, compute and keep it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from foresto_lab._version import __version__
from foresto_lab.errors import ReproductionError, UnknownNameError
from foresto_lab.preflight import PortfolioInputs, PreflightReport, check_portfolio
from foresto_lab.rebalancing import parse_rule
from foresto_lab.rebalancing.cashflows import parse_cashflows
from foresto_lab.runs.comparison import Reproduction
from foresto_lab.runs.inputs import SimulationInputs, load_inputs
from foresto_lab.runs.money import DEFAULT_CURRENCY
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
from foresto_lab.runs.request import SimulationRequest, request_hash
from foresto_lab.runs.trading_terms import costs_of
from foresto_lab.scenarios import SimulationResult, simulate
from foresto_lab.types import RunKind

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.market.protocols import SeriesStore
    from foresto_lab.runs.plan import SimulationPlan
    from foresto_lab.runs.protocols import RunStore
    from foresto_lab.runs.provenance import Provenance
    from foresto_lab.scenarios.portfolio import Portfolio


def preflight_simulation(
    plan: SimulationPlan,
    series: SeriesStore,
    prices: pd.DataFrame,
    missing_rates: Mapping[str, str] | None = None,
) -> PreflightReport:
    """Return what stands against a planned simulation."""
    request = plan.request
    complete = not missing_rates and len(prices.columns) == len(request.instruments)
    return check_portfolio(
        PortfolioInputs(
            subject=plan.name,
            weights=request.weights,
            symbols=request.instruments,
            prices=prices,
            loaded_symbols=() if complete else tuple(series.coverage()["symbol"]),
            start=request.start,
            end=request.end,
            rule=plan.rule,
            calendar=request.calendar,
            simulated=plan.simulated,
            missing_rates=missing_rates or {},
        )
    )


def run_simulation(
    plan: SimulationPlan,
    *,
    series: SeriesStore,
    runs: RunStore,
    provenance: Provenance,
    options: RunOptions,
) -> SimulationResult:
    """Return the result of a plan: a kept run of the same hash, or a new one.

    Preflight comes first; nothing is registered unless it passes.

    Raises
    ------
    PreflightError
        The run cannot succeed; every reason is listed.
    """
    data_version = series.data_version()
    identity = simulation_hash(plan, data_version)
    kept = find_kept(identity, runs=runs, options=options)
    if kept is not None:
        return restore_result(kept, runs.artifacts(kept.run_id))
    inputs = load_inputs(plan.request, series, data_version)
    report = preflight_simulation(plan, series, inputs.prices, inputs.missing_rates)
    report.require_passed()
    draft = RunDraft(
        kind=RunKind.SIMULATION,
        name=plan.name,
        request=plan.request.to_dict(),
        request_hash=identity,
        data_version=data_version,
        snapshots={
            **plan.snapshots,
            "preflight": [finding.to_dict() for finding in report.findings],
        },
    )
    return carry_out(
        draft,
        compute=lambda run_id: compute(
            inputs,
            identity=identity,
            run_id=run_id,
            simulated=plan.simulated,
            currency=plan.currency,
        ),
        to_artifacts=to_artifacts,
        runs=runs,
        provenance=provenance,
        options=options,
    )


def compute(
    inputs: SimulationInputs,
    *,
    identity: str,
    run_id: str | None,
    simulated: bool,
    currency: str,
) -> SimulationResult:
    """Return what the pure core makes of a request and what it reads."""
    request = inputs.request
    result = simulate(
        inputs.quoted,
        request.targets,
        None if request.rebalancing is None else parse_rule(request.rebalancing),
        costs=costs_of(request),
        cashflows=parse_cashflows(request.cashflows),
        initial_amount=request.initial_amount,
        calendar=request.calendar,
        start=request.start,
        end=request.end,
        execution=request.execution,
        **_account_terms(inputs),
    )
    return result.with_run(
        run_id,
        identity,
        simulated=simulated,
        currency=currency,
        name=request.name,
    )


def _account_terms(inputs: SimulationInputs) -> dict[str, Any]:
    if inputs.market is None:
        return {}
    return {"market": inputs.market, "whole_shares": inputs.request.whole_shares}


def restore_result(record: RunRecord, artifacts: RunArtifacts) -> SimulationResult:
    """Return the result that a completed run's artifacts hold."""
    request = SimulationRequest.from_dict(record.request)
    rule = request.rebalancing
    return SimulationResult.from_tables(
        artifacts.tables["path"],
        artifacts.tables["events"],
        artifacts.summary,
        request_hash=record.request_hash,
        weights=_weights_of(request, artifacts),
        rule=None if rule is None else parse_rule(rule),
        initial_amount=request.initial_amount,
        calendar=request.calendar,
        execution=request.execution,
        findings=findings_of(artifacts),
        simulated=bool(record.snapshots.get("simulated", False)),
        currency=currency_of(record),
        costs=costs_of(request),
        cashflows=parse_cashflows(request.cashflows),
        whole_shares=request.whole_shares,
        ledger=artifacts.tables.get("ledger"),
        name=request.name,
        run_id=record.run_id,
    )


def _weights_of(
    request: SimulationRequest, artifacts: RunArtifacts
) -> Mapping[str, float]:
    """Return the weights that a run began with."""
    if isinstance(request.targets, Mapping):
        return request.weights
    first = artifacts.tables["path"].iloc[0]
    return {label: float(first[f"weight_{label}"]) for label in request.weights}


def currency_of(record: RunRecord) -> str:
    """Return what a registered run is counted in; runs of before were so in won."""
    return str(record.snapshots.get("currency") or DEFAULT_CURRENCY)


def to_artifacts(result: SimulationResult) -> RunArtifacts:
    """Return the tables and the summary by which a result is kept."""
    tables = {
        "path": result.path,
        "events": result.events,
        "findings": findings_table(result.findings),
    }
    if result.ledger is not None:
        tables["ledger"] = result.ledger
    return RunArtifacts(tables=tables, summary=dict(result.summary))


def _portfolio_of(plan: SimulationPlan) -> Portfolio | None:
    from foresto_lab.scenarios.portfolio import Portfolio

    asked = plan.request.portfolio
    return None if asked is None else Portfolio.from_dict(asked)


def simulation_hash(plan: SimulationPlan, data_version: str) -> str:
    """Return the request hash of a plan on a state of the data."""
    scenario = plan.scenario or _portfolio_of(plan)
    versions = {} if scenario is None else {scenario.name: scenario.checksum}
    return request_hash(
        RunKind.SIMULATION,
        plan.request,
        engine_version=__version__,
        versions=versions,
        data_version=data_version,
    )


def reproduce_simulation(
    record: RunRecord, *, series: SeriesStore, runs: RunStore
) -> Reproduction:
    """Rerun a registered simulation on its data version; compare every number.

    Raises
    ------
    ReproductionError
        The store does not have that state of the prices, and no other will do.
    """
    request = SimulationRequest.from_dict(record.request)
    try:
        inputs = load_inputs(request, series, record.data_version)
    except UnknownNameError as error:
        if error.kind != "data version":
            raise
        raise ReproductionError(
            run_id=record.run_id,
            reason=f"this store does not have the state of the prices that it was "
            f"computed on, {record.data_version}; it has {series.data_version()} and "
            "what was loaded before it here. Reproduce it in the store that it comes "
            "from.",
        ) from None
    rerun = compute(
        inputs,
        identity=record.request_hash,
        run_id=None,
        simulated=bool(record.snapshots.get("simulated", False)),
        currency=currency_of(record),
    )
    return reproduction_of(record, to_artifacts(rerun), runs=runs)
