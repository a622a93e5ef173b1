"""What a fact sheet knows: a run, its benchmark, its bad times, its costs, its future.

Everything is made from the run's request and the recorded state of the prices, so that
``foresto verify`` can make it again and compare each number.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from foresto_lab.figures.series import currency_of
from foresto_lab.metrics.crises import NOT_COVERED, crisis_windows
from foresto_lab.metrics.drawdowns import deepest_drawdowns
from foresto_lab.metrics.relative import RelativePerformance, relative_performance
from foresto_lab.metrics.rolling import RollingWindows, rolling_windows
from foresto_lab.reports.facts import key_numbers, simulation_facts

if TYPE_CHECKING:
    from foresto_lab.lab import Lab
    from foresto_lab.lab_benchmarks import Benchmark
    from foresto_lab.scenarios import SimulationResult
    from foresto_lab.scenarios.forward import ForwardResult

KIND: Final = "portfolio"
ROLLING_YEARS: Final = (1, 3, 5)
_DRAWDOWNS: Final = 5
_COST_PREFIX: Final = "cost_"
_FUTURE_PATHS: Final = 2_000


@dataclass(frozen=True, eq=False, kw_only=True)
class FactSheet:
    """Everything that the two pages say, in numbers and names.

    Parameters
    ----------
    result : SimulationResult
    name : str
        The portfolio's, in the page's language.
    description : str
        What it is for; may be empty.
    instruments : mapping of label to (symbol, name)
    benchmark : Benchmark, optional
    own_crises : mapping of name to (start, end)
    forward_years : int
        How far to look ahead; 0 leaves that section out.
    forward : ForwardResult, optional
        None where the data is too little to draw futures from; the page says so.
    facts : mapping
        What a page claims of the simulation; see :func:`simulation_facts`.
    """

    result: SimulationResult
    name: str
    description: str = ""
    prepared_for: str = ""
    language: str = "ko"
    instruments: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    benchmark: Benchmark | None = None
    own_crises: Mapping[str, Any] = field(default_factory=dict)
    forward_years: int = 0
    forward: ForwardResult | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def currency(self) -> str:
        """The currency that amounts are in."""
        return currency_of(self.result)

    @cached_property
    def growth(self) -> pd.Series[float]:
        """What the first amount grew to, contributions and withdrawals left out."""
        first = float(self.result.path["nav"].iloc[0])
        return (1.0 + self.result.path["cumulative_return"]) * first

    @cached_property
    def relative(self) -> RelativePerformance | None:
        """The portfolio beside its benchmark, None without one."""
        if self.benchmark is None:
            return None
        return relative_performance(self.result, self.benchmark.growth)

    @cached_property
    def crises(self) -> pd.DataFrame:
        """The crises, built-in and own, the benchmark beside."""
        beside = None if self.benchmark is None else self.benchmark.growth
        return crisis_windows(self.result, beside, own=self.own_crises)

    @cached_property
    def drawdowns(self) -> pd.DataFrame:
        """The deepest drawdowns."""
        return deepest_drawdowns(self.result, _DRAWDOWNS)

    @cached_property
    def rolling(self) -> RollingWindows:
        """Windows of 1, 3 and 5 years."""
        return rolling_windows(self.result, ROLLING_YEARS)

    @cached_property
    def years(self) -> pd.DataFrame:
        """Calendar-year returns: ``portfolio``, with one also ``benchmark``."""
        own = _yearly(self.growth).to_frame("portfolio")
        if self.relative is not None:
            own["benchmark"] = self.relative.calendar_years["benchmark"]
        return own

    @property
    def partial_years(self) -> frozenset[int]:
        """The first and the last year, where the data has only a part of them."""
        first, last = self.growth.index[0], self.growth.index[-1]
        partial = {first.year} if (first.month, first.day) > (1, 10) else set()
        return frozenset(
            partial | ({last.year} if (last.month, last.day) < (12, 20) else set())
        )

    @cached_property
    def costs(self) -> dict[str, float]:
        """Costs by part; only the trading costs where no parts are known."""
        summary = self.result.summary
        parts = {
            str(name).removeprefix(_COST_PREFIX): float(value)
            for name, value in summary.items()
            if str(name).startswith(_COST_PREFIX) and value
        }
        return parts or {"trading": float(summary["total_cost"])}

    @property
    def cost_total(self) -> float:
        """All costs, in the portfolio's currency."""
        return math.fsum(self.costs.values())

    @property
    def cost_share(self) -> float:
        """Costs a year as a fraction of the average value."""
        nav = self.result.path["nav"]
        years = (nav.index[-1] - nav.index[0]).days / 365.25
        return self.cost_total / float(nav.mean()) / years if years else math.nan

    @cached_property
    def numbers(self) -> dict[str, Any]:
        """Every number that the pages claim; ``measure@what`` where there are many."""
        numbers = key_numbers(self.result)
        numbers["cost_share"] = _plain(self.cost_share)
        numbers |= self._period_numbers()
        if self.relative is not None:
            summary = self.relative.summary
            numbers |= {
                str(name): _plain(value)
                for name, value in summary.items()
                if str(name) not in numbers
            }
            growth = self.relative.growth["benchmark"]
            numbers["benchmark_total_return"] = float(growth.iloc[-1] - 1.0)
            numbers["benchmark_worst_year"] = float(self.years["benchmark"].min())
        if self.forward is not None:
            numbers |= self._forward_numbers(self.forward)
        return numbers

    def _period_numbers(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for year, row in self.years.iterrows():
            found[f"year_return@{year}"] = _plain(row["portfolio"])
            if "benchmark" in row:
                found[f"benchmark_year_return@{year}"] = _plain(row["benchmark"])
        for name, row in self.crises.iterrows():
            if row["coverage"] == NOT_COVERED:
                continue
            found[f"crisis_return@{name}"] = _plain(row["return"])
            found[f"crisis_drawdown@{name}"] = _plain(row["max_drawdown"])
            found[f"crisis_recovery@{name}"] = _plain(row["days_to_recover"])
            if row.get("benchmark_return") is not None:
                found[f"benchmark_crisis_return@{name}"] = row["benchmark_return"]
        for place, depth in enumerate(self.drawdowns["depth"], start=1):
            found[f"drawdown_depth@{place}"] = depth
        for years in ROLLING_YEARS:
            table: Any = self.rolling.summary
            rates = table.loc[(years, "return")]
            for measure in ("worst", "median", "best"):
                found[f"rolling_{measure}@{years}"] = _plain(rates[measure])
            found[f"rolling_positive@{years}"] = _plain(rates["positive_share"])
        return found

    def _forward_numbers(self, forward: ForwardResult) -> dict[str, Any]:
        last = forward.fan.iloc[-1]
        return {
            "forward_p05": float(last["p05"]),
            "forward_p50": float(last["p50"]),
            "forward_p95": float(last["p95"]),
            "forward_loss": float(last["probability_of_loss"]),
            "forward_drawdown": float(forward.drawdowns.median()),
        }

    @property
    def claims(self) -> dict[str, Any]:
        """What the page claims, and what it takes to compute it again."""
        claims = dict(self.facts)
        request = claims["request"]
        claims["kind"] = KIND
        claims["numbers"] = self.numbers
        claims["request"] = request and {
            "simulation": request,
            "benchmark": self.benchmark and self.benchmark.request.to_dict(),
            "crises": {name: list(dates) for name, dates in self.own_crises.items()},
            "forward_years": self.forward_years,
        }
        return claims


def make_fact_sheet(
    lab: Lab,
    result: SimulationResult,
    *,
    benchmark: str | Mapping[str, float] | None = None,
    crises: Mapping[str, Any] | None = None,
    forward_years: int = 10,
    prepared_for: str = "",
    language: str = "ko",
) -> FactSheet:
    """Return the fact sheet of a simulation.

    Parameters
    ----------
    benchmark : str or mapping, optional
        As :meth:`foresto_lab.lab.Lab.benchmark` takes it.
    crises : mapping of name to (start, end), optional
        Bad times of the reader's own.
    forward_years : int
        How far to look ahead; 0 leaves that section out.
    prepared_for : str
        Whom it is for.
    """
    from foresto_lab.reports.blocks import portfolio_name

    first, last = result.path.index[0].date(), result.path.index[-1].date()
    beside = None
    if benchmark is not None:
        beside = lab.benchmark(
            benchmark,
            start=first,
            end=last,
            calendar=result.calendar,
            base_currency=result.currency if result.run_id else None,
        )
    facts = simulation_facts(lab, result)
    return FactSheet(
        result=result,
        name=portfolio_name(lab, result, language),
        description=_description(lab, result, language),
        prepared_for=prepared_for,
        language=language,
        instruments=_instruments(lab, facts["request"], result, language),
        benchmark=beside,
        own_crises=crises or {},
        forward_years=forward_years,
        forward=_forward(lab, facts, result, forward_years),
        facts=facts,
    )


def rerun_numbers_of_sheet(
    lab: Lab, run: Mapping[str, Any], result: SimulationResult
) -> dict[str, Any]:
    """Return a sheet's numbers again, from its claims and its simulation run again."""
    from foresto_lab.lab_benchmarks import Benchmark, benchmark_values
    from foresto_lab.runs.inputs import load_inputs
    from foresto_lab.runs.money import DEFAULT_CURRENCY
    from foresto_lab.runs.request import SimulationRequest

    asked = run["request"]
    beside = None
    if asked["benchmark"] is not None:
        request = SimulationRequest.from_dict(asked["benchmark"])
        inputs = load_inputs(request, lab.storage.series, run["data_version"])
        beside = Benchmark(
            growth=benchmark_values(inputs, request.base_currency or DEFAULT_CURRENCY),
            name_ko="",
            name_en="",
            request=request,
        )
    facts = {"request": asked["simulation"], "data_version": run["data_version"]}
    return FactSheet(
        result=result,
        name="",
        benchmark=beside,
        own_crises=asked["crises"],
        forward=_forward(lab, facts, result, asked["forward_years"]),
    ).numbers


def _forward(
    lab: Lab, facts: Mapping[str, Any], result: SimulationResult, years: int
) -> ForwardResult | None:
    """Return futures drawn from the run's own prices; None where they cannot be."""
    from foresto_lab.errors import InputError
    from foresto_lab.runs.inputs import load_inputs
    from foresto_lab.runs.request import SimulationRequest
    from foresto_lab.runs.trading_terms import costs_of
    from foresto_lab.scenarios.forward import forward

    if not years or facts["request"] is None:
        return None
    request = SimulationRequest.from_dict(facts["request"])
    inputs = load_inputs(request, lab.storage.series, facts["data_version"])
    try:
        return forward(
            inputs.quoted,
            result.weights,
            result.rule,
            costs_of(request),
            years=years,
            paths=_FUTURE_PATHS,
            initial_amount=float(result.path["nav"].iloc[-1]),
            calendar=result.calendar,
            start=result.path.index[0],
            end=result.path.index[-1],
            execution=result.execution,
            market=inputs.market,
            whole_shares=request.whole_shares,
        )
    except InputError:
        return None


def _yearly(growth: pd.Series[float]) -> pd.Series[float]:
    from foresto_lab.figures.series import period_returns

    years = period_returns(growth, "Y")
    years.index = pd.Index(pd.PeriodIndex(years.index).year, name="year")
    return years


def _description(lab: Lab, result: SimulationResult, language: str) -> str:
    if result.run_id is None:
        return ""
    scenario = lab.run_record(result.run_id).snapshots.get("scenario") or {}
    return str(scenario.get(f"description_{language}") or "")


def _instruments(
    lab: Lab,
    request: Mapping[str, Any] | None,
    result: SimulationResult,
    language: str,
) -> dict[str, tuple[str, str]]:
    symbols = (request or {}).get("instruments", {})
    known = {item.symbol: item for item in lab.storage.catalog.instruments()}
    found = {}
    for asset in result.weights:
        symbol = str(symbols.get(asset, asset))
        item = known.get(symbol)
        name = "" if item is None else getattr(item, f"name_{language}")
        found[asset] = (symbol, name)
    return found


def _plain(value: Any) -> Any:
    if value is None:
        return None
    number = value.item() if hasattr(value, "item") else value
    return None if isinstance(number, float) and math.isnan(number) else number
