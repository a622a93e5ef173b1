"""Carry out a planned simulation: reuse, or register, compute and keep it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from foresto_lab._version import __version__
from foresto_lab.errors import ReproductionError, UnknownNameError
from foresto_lab.preflight import PortfolioInputs, PreflightReport, check_portfolio
from foresto_lab.rebalancing import parse_rule
from foresto_lab.runs.comparison import Reproduction
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
from foresto_lab.scenarios import SimulationResult, simulate
from foresto_lab.types import RunKind

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.market.protocols import SeriesStore
    from foresto_lab.runs.plan import SimulationPlan
    from foresto_lab.runs.protocols import RunStore
    from foresto_lab.runs.provenance import Provenance


def load_prices(
    request: SimulationRequest, series: SeriesStore, data_version: str
) -> pd.DataFrame:
    """Return the prices of a request, one column per label, in its span.

    Labels whose symbol the store does not know are left out.
    """
    symbols = dict(request.instruments)
    try:
        matrix = _price_matrix(request, series, symbols, data_version)
    except UnknownNameError:
        loaded = set(series.coverage()["symbol"])
        symbols = {label: s for label, s in symbols.items() if s in loaded}
        matrix = _price_matrix(request, series, symbols, data_version)
    prices = matrix[list(symbols.values())]
    prices.columns = list(symbols)
    return prices


def _price_matrix(
    request: SimulationRequest,
    series: SeriesStore,
    symbols: Mapping[str, str],
    data_version: str,
) -> pd.DataFrame:
    return series.price_matrix(
        list(dict.fromkeys(symbols.values())),
        start=request.start,
        end=request.end,
        data_version=data_version,
    )


def preflight_simulation(
    plan: SimulationPlan, series: SeriesStore, prices: pd.DataFrame
) -> PreflightReport:
    """Return what stands against a planned simulation."""
    request = plan.request
    complete = len(prices.columns) == len(request.instruments)
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
    prices = load_prices(plan.request, series, data_version)
    report = preflight_simulation(plan, series, prices)
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
            plan.request,
            prices,
            identity=identity,
            run_id=run_id,
            simulated=plan.simulated,
        ),
        to_artifacts=to_artifacts,
        runs=runs,
        provenance=provenance,
        options=options,
    )


def compute(
    request: SimulationRequest,
    prices: pd.DataFrame,
    *,
    identity: str,
    run_id: str | None,
    simulated: bool,
) -> SimulationResult:
    """Return what the pure core makes of a request and its prices."""
    result = simulate(
        prices,
        request.weights,
        None if request.rebalancing is None else parse_rule(request.rebalancing),
        initial_amount=request.initial_amount,
        calendar=request.calendar,
        start=request.start,
        end=request.end,
        execution=request.execution,
    )
    return result.with_run(
        run_id, identity, simulated=simulated, name=request.scenario or ""
    )


def restore_result(record: RunRecord, artifacts: RunArtifacts) -> SimulationResult:
    """Return the result that a completed run's artifacts hold."""
    request = SimulationRequest.from_dict(record.request)
    rule = request.rebalancing
    return SimulationResult.from_tables(
        artifacts.tables["path"],
        artifacts.tables["events"],
        artifacts.summary,
        request_hash=record.request_hash,
        weights=request.weights,
        rule=None if rule is None else parse_rule(rule),
        initial_amount=request.initial_amount,
        calendar=request.calendar,
        execution=request.execution,
        findings=findings_of(artifacts),
        simulated=bool(record.snapshots.get("simulated", False)),
        name=request.scenario or "",
        run_id=record.run_id,
    )


def to_artifacts(result: SimulationResult) -> RunArtifacts:
    """Return the tables and the summary by which a result is kept."""
    return RunArtifacts(
        tables={
            "path": result.path,
            "events": result.events,
            "findings": findings_table(result.findings),
        },
        summary=dict(result.summary),
    )


def simulation_hash(plan: SimulationPlan, data_version: str) -> str:
    """Return the request hash of a plan on a state of the data."""
    scenario = plan.scenario
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
        prices = load_prices(request, series, record.data_version)
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
        request,
        prices,
        identity=record.request_hash,
        run_id=None,
        simulated=bool(record.snapshots.get("simulated", False)),
    )
    return reproduction_of(record, to_artifacts(rerun), runs=runs)
