"""A portfolio beside a benchmark, over all its periods: what a comparison gives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from foresto_lab.metrics.crises import crisis_windows
from foresto_lab.metrics.relative import RelativePerformance, relative_performance
from foresto_lab.metrics.rolling import RollingWindows, plain_value, rolling_windows
from foresto_lab.metrics.start_dates import StartDates, start_date_sensitivity
from foresto_lab.scenarios.result import SimulationResult


@dataclass(frozen=True, eq=False, kw_only=True)
class BenchmarkComparison:
    """A portfolio beside its benchmark. It shows itself in a notebook.

    Parameters
    ----------
    result : SimulationResult
    relative : RelativePerformance
    crises : DataFrame
        As :func:`foresto_lab.metrics.crisis_windows` gives it.
    rolling, benchmark_rolling : RollingWindows
    start_dates : StartDates
    """

    result: SimulationResult
    relative: RelativePerformance
    crises: pd.DataFrame
    rolling: RollingWindows
    benchmark_rolling: RollingWindows
    start_dates: StartDates

    def to_dict(self) -> dict[str, Any]:
        """Return all figures as plain values."""
        crises = self.crises.reset_index().to_dict("records")
        return {
            "run_id": self.result.run_id,
            "request_hash": self.result.request_hash,
            **self.relative.to_dict(),
            "crises": [
                {str(name): plain_value(value) for name, value in row.items()}
                for row in crises
            ],
            **self.rolling.to_dict(),
            "benchmark_rolling": self.benchmark_rolling.to_dict()["rolling"],
            **self.start_dates.to_dict(),
        }

    def __repr__(self) -> str:
        return f"<BenchmarkComparison of {self.result.title}: {self.relative!r}>"

    def _repr_html_(self) -> str:
        crises: str = self.crises.drop(columns="source").to_html(na_rep="–")
        return f"{self.relative._repr_html_()}{crises}{self.rolling._repr_html_()}"


def compare(
    result: SimulationResult,
    benchmark: Any,
    *,
    name: str = "",
    crises: Any = (),
    years: int | Iterable[int] = (1, 3, 5),
) -> BenchmarkComparison:
    """Return a portfolio beside a benchmark: as a whole, in crises, over windows.

    Parameters
    ----------
    benchmark : Series of values by date, or a result
    name : str
        What to call it; by default its own name.
    crises : mapping of name to (start, end)
        The user's own bad times, after the built-in ones.
    years : int or several
        Lengths of the rolling windows.
    """
    return BenchmarkComparison(
        result=result,
        relative=relative_performance(result, benchmark, name=name),
        crises=crisis_windows(result, benchmark, own=crises),
        rolling=rolling_windows(result, years),
        benchmark_rolling=rolling_windows(benchmark, years),
        start_dates=start_date_sensitivity(result),
    )
