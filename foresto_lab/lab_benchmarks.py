"""What a Lab does with benchmarks: find one by name, and hold a run beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from foresto_lab.errors import InputError, UnknownNameError
from foresto_lab.runs.plan import SimulationPlan, plan_simulation
from foresto_lab.types import AssetClass

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.runs.inputs import SimulationInputs
    from foresto_lab.runs.request import SimulationRequest
    from foresto_lab.scenarios import SimulationResult
    from foresto_lab.scenarios.comparison import BenchmarkComparison
    from foresto_lab.settings import Settings
    from foresto_lab.storage import Storage

_MIXTURE_RULE = {"type": "PERIODIC", "frequency": "MONTHLY", "cost_rate": 0.0}


@dataclass(frozen=True, eq=False, kw_only=True)
class Benchmark:
    """A benchmark of the workspace: its values, its names, and how to get it again.

    Parameters
    ----------
    growth : Series of values by date, 1 on the first
    name_ko, name_en : str
    request : SimulationRequest
        A benchmark is a portfolio: one instrument held, or a mixture that is brought
        back to its weights monthly, without costs.
    simulated : bool
        Whether its prices were made up.
    """

    growth: pd.Series[Any]
    name_ko: str
    name_en: str
    request: SimulationRequest
    simulated: bool = False

    def name(self, language: str = "ko") -> str:
        """Return what it is called in a language."""
        return self.name_ko if language == "ko" else self.name_en


class BenchmarkVerbs:
    """The part of a Lab about benchmarks; see ``Lab``."""

    storage: Storage
    settings: Settings

    def benchmark(
        self,
        named: str | Mapping[str, float],
        *,
        start: str | date | None = None,
        end: str | date | None = None,
        calendar: str | None = None,
        base_currency: str | None = None,
    ) -> Benchmark:
        """Return a benchmark: a symbol, an asset class, a portfolio, or weights.

        Parameters
        ----------
        named : str or mapping
            A loaded symbol; an asset class, for the symbol that stands for it; the name
            of a scenario or portfolio; or weights by symbol or asset class. What has
            several parts is rebalanced monthly and pays no costs.
        start, end : date, optional
            The span; left out, all the prices there are.
        calendar : str, optional
            The exchange whose months a mixture follows.
        base_currency : str, optional
            What it is counted in, by the workspace's exchange rates; left out, its own.

        Raises
        ------
        ExchangeRateError
            It must be converted, and the rate is not loaded.
        UnknownNameError
            There is no symbol, asset class or portfolio of this name.
        """
        from foresto_lab.runs.inputs import load_inputs

        plan = self._benchmark_plan(
            named,
            start=start,
            end=end,
            calendar=calendar,
            base_currency=base_currency,
        )
        series = self.storage.series
        inputs = load_inputs(plan.request, series, series.data_version())
        inputs.require_rates()
        name_ko, name_en = self._benchmark_names(named, plan)
        return Benchmark(
            growth=benchmark_values(inputs, plan.currency),
            name_ko=name_ko,
            name_en=name_en,
            request=plan.request,
            simulated=plan.simulated,
        )

    def compare(
        self,
        run: str | SimulationResult,
        benchmark: str | Mapping[str, float],
        *,
        crises: Mapping[str, Any] | None = None,
        years: int | Iterable[int] = (1, 3, 5),
    ) -> BenchmarkComparison:
        """Return a run beside a benchmark: as a whole, in crises, over windows.

        Parameters
        ----------
        run : str or SimulationResult
            A run's id, or its beginning; or a result.
        benchmark : str or mapping
            As :meth:`benchmark` takes it.
        crises : mapping of name to (start, end), optional
            Bad times of one's own, after the built-in ones.
        years : int or several
            Lengths of the rolling windows.
        """
        from foresto_lab.scenarios import SimulationResult
        from foresto_lab.scenarios.comparison import compare

        result = self.run(run) if isinstance(run, str) else run  # type: ignore[attr-defined]
        if not isinstance(result, SimulationResult):
            raise InputError(
                message=f"{run!r} is no simulation of a portfolio; `foresto runs list "
                "--kind simulation` lists those."
            )
        first, last = result.path.index[0], result.path.index[-1]
        beside = self.benchmark(
            benchmark,
            start=first.date(),
            end=last.date(),
            calendar=result.calendar,
            base_currency=result.currency if result.run_id else None,
        )
        return compare(
            result,
            beside.growth,
            name=beside.name("en"),
            crises=crises or (),
            years=years,
        )

    def _benchmark_plan(
        self, named: str | Mapping[str, float], **options: Any
    ) -> SimulationPlan:
        portfolio = self._benchmark_portfolio(named)
        single = isinstance(portfolio, Mapping) and len(portfolio) == 1
        return plan_simulation(
            portfolio,
            catalog=self.storage.catalog,
            rebalancing=None if single else _MIXTURE_RULE,
            initial_amount=1.0,
            use_scenario_db=self.settings.use_scenario_db,
            **options,
        )

    def _benchmark_portfolio(self, named: str | Mapping[str, float]) -> Any:
        if not isinstance(named, str):
            return named
        symbols = tuple(self.storage.series.coverage()["symbol"])
        classes = tuple(str(asset_class) for asset_class in AssetClass)
        known = {name.upper(): name for name in (*classes, *symbols)}
        if named.upper() in known:
            return {known[named.upper()]: 1.0}
        try:
            plan_simulation(
                named,
                catalog=self.storage.catalog,
                use_scenario_db=self.settings.use_scenario_db,
            )
        except UnknownNameError as error:
            allowed = (*symbols, *error.allowed)
            raise UnknownNameError(
                kind="benchmark", given=named, allowed=allowed
            ) from None
        return named

    def _benchmark_names(
        self, named: str | Mapping[str, float], plan: SimulationPlan
    ) -> tuple[str, str]:
        if plan.scenario is not None:
            return plan.scenario.name_ko, plan.scenario.name_en
        items = {item.symbol: item for item in self.storage.catalog.instruments()}
        names: dict[str, list[str]] = {"ko": [], "en": []}
        for label, weight in plan.request.weights.items():
            symbol = plan.request.instruments[label]
            item = items.get(symbol)
            share = "" if len(plan.request.weights) == 1 else f" {weight:.0%}"
            names["ko"].append(f"{item.name_ko if item else symbol}{share}")
            names["en"].append(f"{item.name_en if item else symbol}{share}")
        return " + ".join(names["ko"]), " + ".join(names["en"])


def benchmark_values(inputs: SimulationInputs, currency: str) -> pd.Series[Any]:
    """Return the growth of a benchmark, 1 on its first date."""
    from foresto_lab.runs.simulation import compute

    result = compute(
        inputs, identity="", run_id=None, simulated=False, currency=currency
    )
    growth: pd.Series[Any] = 1.0 + result.path["cumulative_return"]
    return growth.rename("benchmark")
