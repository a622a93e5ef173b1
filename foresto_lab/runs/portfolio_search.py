"""Searches over a portfolio's weights and its rule's numbers, as runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self

from foresto_lab._version import __version__
from foresto_lab.errors import (
    ForestoError,
    InputError,
    ReproductionError,
    UnknownNameError,
)
from foresto_lab.optimize.evaluators.portfolio_evaluator import PortfolioEvaluator
from foresto_lab.optimize.plan import DEFAULT_TOP, SearchPlan, plan_search
from foresto_lab.optimize.searching.objective import Objective
from foresto_lab.rebalancing import parse_rule
from foresto_lab.runs.inputs import load_inputs
from foresto_lab.runs.optimization_request import objective_fact
from foresto_lab.runs.optimization_tables import result_from
from foresto_lab.runs.record import RunArtifacts, RunRecord
from foresto_lab.runs.registration import RunDraft, RunOptions
from foresto_lab.runs.request import SimulationRequest, request_hash
from foresto_lab.runs.search_runs import (
    SearchStores,
    find_whole,
    search_and_keep,
    searched_again,
    why_not,
)
from foresto_lab.runs.simulation import preflight_simulation
from foresto_lab.runs.trading_terms import needs_facts
from foresto_lab.runs.trials import data_key
from foresto_lab.types import RunKind

if TYPE_CHECKING:
    from foresto_lab.market.protocols import SeriesStore
    from foresto_lab.optimize.result import OptimizationResult
    from foresto_lab.runs.comparison import Reproduction
    from foresto_lab.runs.inputs import SimulationInputs
    from foresto_lab.runs.plan import SimulationPlan
    from foresto_lab.runs.protocols import RunStore
    from foresto_lab.runs.provenance import Provenance
    from foresto_lab.runs.search_work import SearchWork

PORTFOLIO: Final = "portfolio"
"""What such a request says it searches."""
DAILY_PRICE: Final = "daily_price"


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioSearchRequest:
    """Everything that decides what a search over a portfolio finds, but for data.

    Parameters
    ----------
    simulation : SimulationRequest
        The portfolio with nothing searched.
    cost_rate : float, optional
        In place of the rules' own.
    normalised : bool
        Whether weights are scaled to the sum of the base's.
    parameters, space, method, objectives, constraints, seed, split, top, patience
        As for ``OptimizationRequest``.
    """

    simulation: SimulationRequest
    cost_rate: float | None
    normalised: bool
    parameters: Mapping[str, Any]
    space: Mapping[str, Any]
    method: Mapping[str, Any]
    objectives: tuple[Mapping[str, Any], ...]
    constraints: tuple[str, ...]
    seed: int
    split: Mapping[str, Any] | None = None
    top: int = 0
    patience: int | None = None

    def __post_init__(self) -> None:
        for name in ("parameters", "space", "method"):
            frozen = MappingProxyType(dict(getattr(self, name)))
            object.__setattr__(self, name, frozen)
        object.__setattr__(self, "objectives", tuple(map(dict, self.objectives)))
        object.__setattr__(self, "constraints", tuple(self.constraints))

    def to_dict(self) -> dict[str, Any]:
        """Return the request as plain JSON-ready values."""
        own = {item.name: getattr(self, item.name) for item in fields(self)}
        plain = {
            name: dict(value) if isinstance(value, Mapping) else value
            for name, value in own.items()
        }
        return {
            "search": PORTFOLIO,
            **plain,
            "simulation": self.simulation.to_dict(),
            "objectives": [dict(each) for each in self.objectives],
            "constraints": list(self.constraints),
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """Return the request that ``to_dict`` described.

        Raises
        ------
        UnknownNameError
            A field that no request has: it was written by a newer version.
        """
        known = ("search", *(item.name for item in fields(cls)))
        for name in given:
            if name not in known:
                raise UnknownNameError(kind="request field", given=name, allowed=known)
        values = {name: given[name] for name in given if name != "search"}
        values["simulation"] = SimulationRequest.from_dict(values["simulation"])
        return cls(**values)

    @property
    def has_functions(self) -> bool:
        """Whether an objective is a function, which a record cannot hold."""
        return any(objective.get("function") for objective in self.objectives)

    def hash_on(self, data_version: str) -> str:
        """Return the SHA-256 that names the request on a state of the data."""
        return request_hash(
            RunKind.OPTIMIZATION,
            self.to_dict(),
            engine_version=__version__,
            versions={},
            data_version=data_version,
        )


@dataclass(frozen=True, slots=True, eq=False)
class PortfolioSearchPlan:
    """A request with the simulation it was made from, and the search, checked."""

    request: PortfolioSearchRequest
    simulation: SimulationPlan
    inputs: SimulationInputs
    series: SeriesStore
    data_version: str
    search: SearchPlan

    @property
    def request_hash(self) -> str:
        """What names the request on this state of the data."""
        return self.request.hash_on(self.data_version)

    @property
    def family(self) -> str:
        """What names the portfolio in the trial ledger."""
        return str(self.search.evaluator.describe()["family"])[:128]

    @property
    def data(self) -> str:
        """What names the prices in the trial ledger."""
        symbols = tuple(self.request.simulation.instruments.values())
        return data_key(symbols, "1d", [DAILY_PRICE])

    def draft(self) -> RunDraft:
        """Return what is known of the run; raise PreflightError if it cannot be."""
        report = preflight_simulation(
            self.simulation,
            self.series,
            self.inputs.prices,
            self.inputs.missing_rates,
        )
        report.require_passed()
        return RunDraft(
            kind=RunKind.OPTIMIZATION,
            name=self.simulation.name,
            request=self.request.to_dict(),
            request_hash=self.request_hash,
            data_version=self.data_version,
            snapshots={
                **self.simulation.snapshots,
                "preflight": [finding.to_dict() for finding in report.findings],
            },
        )


def plan_portfolio_search(
    simulation: SimulationPlan,
    space: Any,
    *,
    series: SeriesStore,
    cost_rate: float | None = None,
    normalised: bool = True,
    parameters: Mapping[str, Any] | None = None,
    method: Any = "grid",
    objective: Any = "sharpe_ratio",
    constraints: Any = (),
    trials: int | None = None,
    seed: int = 0,
    split: Any = None,
    top: int = DEFAULT_TOP,
    patience: int | None = None,
) -> PortfolioSearchPlan:
    """Return the plan of a search over a planned simulation.

    Raises
    ------
    InputError
        The weights are computed, or the portfolio has currencies, taxes, flows or
        whole shares, with which none can be searched.
    SpaceError, ObjectiveError, UnknownNameError, AmountError, SplitError
        Something of the search cannot be.
    """
    asked = simulation.request
    version = series.data_version()
    evaluator, inputs = _evaluator(
        asked, series, version, cost_rate, parameters or {}, normalised=normalised
    )
    search = plan_search(
        evaluator,
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
    request = PortfolioSearchRequest(
        simulation=asked,
        cost_rate=cost_rate,
        normalised=normalised,
        parameters=dict(parameters or {}),
        space=search.space.to_dict(),
        method=search.method.to_dict(),
        objectives=tuple(map(objective_fact, search.objectives)),
        constraints=tuple(map(str, search.constraints)),
        seed=search.seed,
        split=None if search.split is None else search.split.to_dict(),
        top=search.top,
        patience=search.patience,
    )
    return PortfolioSearchPlan(request, simulation, inputs, series, version, search)


def _evaluator(
    asked: SimulationRequest,
    series: SeriesStore,
    data_version: str,
    cost_rate: float | None,
    parameters: Mapping[str, Any],
    *,
    normalised: bool,
) -> tuple[PortfolioEvaluator, SimulationInputs]:
    if needs_facts(asked) or asked.cashflows or asked.costs:
        raise InputError(
            message=f"The portfolio {asked.name or 'CUSTOM'} has currencies, taxes, "
            "flows or whole shares; weights and rules are searched with one currency "
            "and one cost rate. Give cost_rate, and simulate the best with the rest."
        )
    inputs = load_inputs(asked, series, data_version)
    evaluator = PortfolioEvaluator.of(
        inputs.quoted,
        asked.fixed_weights,
        None if asked.rebalancing is None else parse_rule(asked.rebalancing),
        costs=cost_rate,
        initial_amount=asked.initial_amount,
        calendar=asked.calendar,
        start=asked.start,
        end=asked.end,
        execution=asked.execution,
        parameters=parameters,
        normalised=normalised,
    )
    return evaluator, inputs


def run_portfolio_search(
    plan: PortfolioSearchPlan,
    *,
    stores: SearchStores,
    provenance: Provenance,
    options: RunOptions,
    work: SearchWork,
) -> OptimizationResult:
    """Return the result of a plan: a kept run of the same hash, or a new one.

    Raises
    ------
    PreflightError
        The search cannot succeed; every reason is listed.
    """
    kept = find_whole(plan.request_hash, runs=stores.runs, options=options)
    if kept is not None:
        artifacts = stores.runs.artifacts(kept.run_id)
        return restore_portfolio_search(kept, artifacts, series=plan.series)
    return search_and_keep(
        plan, stores=stores, provenance=provenance, options=options, work=work
    )


def restore_portfolio_search(
    record: RunRecord, artifacts: RunArtifacts, *, series: SeriesStore
) -> OptimizationResult:
    """Return the result that a completed run's artifacts hold."""
    request = PortfolioSearchRequest.from_dict(record.request)
    try:
        search = _search_of(request, record.data_version, series)
    except (ForestoError, KeyError):
        search = None
    return result_from(record, artifacts, request, search)


def reproduce_portfolio_search(
    record: RunRecord, *, series: SeriesStore, runs: RunStore
) -> Reproduction:
    """Search again on the recorded data version; compare every number.

    Raises
    ------
    ReproductionError
        The search was stopped before its end, asks for a function, or the store does
        not have that state of the prices.
    """
    request = PortfolioSearchRequest.from_dict(record.request)
    reason = why_not(record, request)
    if reason is None:
        try:
            search = _search_of(request, record.data_version, series)
        except UnknownNameError as error:
            if error.kind != "data version":
                raise
            reason = (
                "this store does not have the state of the prices that it was computed "
                f"on, {record.data_version}. Reproduce it in the store that it comes "
                "from."
            )
        else:
            return searched_again(record, search, runs=runs)
    raise ReproductionError(run_id=record.run_id, reason=reason)


def _search_of(
    request: PortfolioSearchRequest, data_version: str, series: SeriesStore
) -> SearchPlan:
    evaluator, _ = _evaluator(
        request.simulation,
        series,
        data_version,
        request.cost_rate,
        request.parameters,
        normalised=request.normalised,
    )
    return plan_search(
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
