"""Carry out a planned study: reuse, or register, compute and keep it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from foresto_lab._version import __version__
from foresto_lab.errors import ReproductionError, UnknownNameError
from foresto_lab.rebalancing import RebalancingRule
from foresto_lab.rebalancing.cashflows import parse_cashflows
from foresto_lab.runs.comparison import Reproduction
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
from foresto_lab.runs.study_request import StudyKind, StudyRequest
from foresto_lab.runs.trading_terms import costs_of
from foresto_lab.scenarios.counterfactuals import RebalancingStudy, rebalancing_study
from foresto_lab.scenarios.timing_luck import TimingLuck, timing_luck
from foresto_lab.types import RunKind

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.market.protocols import SeriesStore
    from foresto_lab.runs.plan import SimulationPlan
    from foresto_lab.runs.protocols import RunStore
    from foresto_lab.runs.provenance import Provenance

Study: TypeAlias = RebalancingStudy | TimingLuck


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """A request with the plan of the simulation that it varies."""

    request: StudyRequest
    simulation: SimulationPlan

    @property
    def snapshots(self) -> dict[str, Any]:
        """The definitions used, as they were."""
        return {**self.simulation.snapshots, "rules": dict(self.request.rules)}


def plan_study(
    study: StudyKind,
    plan: SimulationPlan,
    rules: Mapping[str, RebalancingRule | None],
    base_days: int | str | None = None,
) -> StudyPlan:
    """Return the request of a study of a planned simulation under other rules."""
    request = StudyRequest(
        study=study,
        simulation=replace(plan.request, rebalancing=None),
        rules={
            name: None if rule is None else rule.to_dict()
            for name, rule in rules.items()
        },
        base_days=base_days,
    )
    return StudyPlan(request, plan)


def run_study(
    plan: StudyPlan,
    *,
    series: SeriesStore,
    runs: RunStore,
    provenance: Provenance,
    options: RunOptions,
) -> Study:
    """Return the result of a plan: a kept run of the same hash, or a new one.

    Preflight comes first; nothing is registered unless it passes.

    Raises
    ------
    PreflightError
        The run cannot succeed; every reason is listed.
    """
    data_version = series.data_version()
    identity = study_hash(plan, data_version)
    kept = find_kept(identity, runs=runs, options=options)
    if kept is not None:
        return restore_study(kept, runs.artifacts(kept.run_id))
    inputs = load_inputs(plan.request.simulation, series, data_version)
    report = preflight_simulation(
        plan.simulation, series, inputs.prices, inputs.missing_rates
    )
    report.require_passed()
    return carry_out(
        RunDraft(
            kind=RunKind.STUDY,
            name=plan.simulation.name,
            request=plan.request.to_dict(),
            request_hash=identity,
            data_version=data_version,
            snapshots={
                **plan.snapshots,
                "preflight": [finding.to_dict() for finding in report.findings],
            },
        ),
        compute=lambda run_id: compute_study(
            plan.request,
            inputs,
            simulated=plan.simulation.simulated,
            currency=plan.simulation.currency,
        ).with_run(run_id, identity),
        to_artifacts=to_artifacts,
        runs=runs,
        provenance=provenance,
        options=options,
    )


def compute_study(
    request: StudyRequest, inputs: SimulationInputs, *, simulated: bool, currency: str
) -> Study:
    """Return what the pure core makes of a request and what it reads."""
    asked, rules = request.simulation, request.parsed_rules
    facts = {
        "simulated": simulated,
        "currency": currency,
        "name": asked.name,
    }
    given = (inputs.quoted, asked.targets, rules)
    if request.study is StudyKind.REBALANCING:
        study = rebalancing_study(*given, **_arguments(inputs))
        return study.with_run(None, study.request_hash, **facts)
    base_days: Any = request.base_days or "all"
    luck = timing_luck(*given, base_days=base_days, **_arguments(inputs))
    return luck.with_run(None, luck.request_hash, **facts)


def _arguments(inputs: SimulationInputs) -> dict[str, Any]:
    """Return what a request says of everything but the rule."""
    asked = inputs.request
    arguments: dict[str, Any] = {
        "costs": costs_of(asked),
        "cashflows": parse_cashflows(asked.cashflows),
        "initial_amount": asked.initial_amount,
        "calendar": asked.calendar,
        "start": asked.start,
        "end": asked.end,
        "execution": asked.execution,
    }
    if inputs.market is not None:
        arguments |= {"market": inputs.market, "whole_shares": asked.whole_shares}
    return arguments


def study_hash(plan: StudyPlan, data_version: str) -> str:
    """Return the request hash of a plan on a state of the data."""
    scenario = plan.simulation.scenario
    versions = {} if scenario is None else {scenario.name: scenario.checksum}
    return request_hash(
        RunKind.STUDY,
        plan.request.to_dict(),
        engine_version=__version__,
        versions=versions,
        data_version=data_version,
    )


# --- kept and restored -------------------------------------------------------------


def to_artifacts(study: Study) -> RunArtifacts:
    """Return the tables and the summary by which a study is kept."""
    findings = findings_table(study.findings)
    kept = {"weights": _weights_table(study.weights), "findings": findings}
    if isinstance(study, RebalancingStudy):
        tables = {
            "paths": study.paths,
            "rules": study.summary.reset_index(),
            "trade_effects": study.event_table,
            "parts": study.part_table,
        }
        figures = {
            f"{name}.difference": float(study.summary["difference"][name])
            for name in study.compared
        }
        return RunArtifacts({**tables, **kept}, figures)
    spread = study.summary["spread"].xs("cagr", level="measure")
    tables = {"base_days": study.table, "distributions": study.summary.reset_index()}
    return RunArtifacts(
        {**tables, **kept},
        {
            "start": study.start,
            "end": study.end,
            **{f"{name}.spread": float(spread[name]) for name in study.rules},
        },
    )


def _weights_table(weights: Mapping[str, float]) -> pd.DataFrame:
    """Return the weights that a study began with; where computed, the first."""
    import pandas as pd

    assets = pd.Series(list(weights), dtype="str")
    values = pd.Series(list(weights.values()), dtype="float64")
    return pd.DataFrame({"asset": assets, "weight": values})


def restore_study(record: RunRecord, artifacts: RunArtifacts) -> Study:
    """Return the study that a completed run's artifacts hold."""
    request = StudyRequest.from_dict(record.request)
    asked, rules = request.simulation, request.parsed_rules
    tables = artifacts.tables
    common: dict[str, Any] = {
        "weights": dict(tables["weights"].itertuples(index=False, name=None)),
        "initial_amount": asked.initial_amount,
        "calendar": asked.calendar,
        "execution": str(asked.execution),
        "currency": currency_of(record),
        "findings": findings_of(artifacts),
        "simulated": bool(record.snapshots.get("simulated", False)),
        "name": asked.name,
        "run_id": record.run_id,
        "make_request_hash": _Known(record.request_hash),
    }
    if request.study is StudyKind.REBALANCING:
        summary = tables["rules"].set_index("rule")
        return RebalancingStudy(
            summary=summary,
            paths=tables["paths"],
            event_table=tables["trade_effects"],
            part_table=tables["parts"],
            rules={name: rules.get(name) for name in summary.index},
            baseline=str(summary.index[0]),
            with_flows=bool(asked.cashflows),
            **common,
        )
    shown = tables["distributions"]["rule"].unique()
    return TimingLuck(
        table=tables["base_days"],
        summary=tables["distributions"].set_index(["rule", "measure"]),
        rules={name: rule for name in shown if (rule := rules[name]) is not None},
        base_days=request.base_days or "all",  # type: ignore[arg-type]
        start=str(artifacts.summary["start"]),
        end=str(artifacts.summary["end"]),
        **common,
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """Gives a hash that is known already; unlike a closure, it can be pickled."""

    value: str

    def __call__(self) -> str:
        return self.value


def rerun(
    given: Mapping[str, Any],
    data_version: str,
    *,
    series: SeriesStore,
    simulated: bool,
    currency: str,
) -> Study:
    """Return what a recorded request gives on a state of the prices."""
    request = StudyRequest.from_dict(given)
    inputs = load_inputs(request.simulation, series, data_version)
    return compute_study(request, inputs, simulated=simulated, currency=currency)


def reproduce_study(
    record: RunRecord, *, series: SeriesStore, runs: RunStore
) -> Reproduction:
    """Rerun a registered study on its data version; compare every number.

    Raises
    ------
    ReproductionError
        The store does not have that state of the prices, and no other will do.
    """
    try:
        study = rerun(
            record.request,
            record.data_version,
            series=series,
            simulated=bool(record.snapshots.get("simulated", False)),
            currency=currency_of(record),
        )
    except UnknownNameError as error:
        if error.kind != "data version":
            raise
        raise ReproductionError(
            run_id=record.run_id,
            reason=f"this store does not have the state of the prices that it was "
            f"computed on, {record.data_version}. Reproduce it in the store that it "
            "comes from.",
        ) from None
    return reproduction_of(record, to_artifacts(study), runs=runs)
