"""Things to search whose figures can be worked out by hand, quick enough to count."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from foresto_lab.errors import UnknownNameError
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import BarSpan, Evaluations
from foresto_lab.optimize.plan import SearchPlan, plan_search
from foresto_lab.types import Float64Array2D

NAMES = ("sharpe", "max_drawdown", "total_trades", "volatility")
GRID = {"x": range(0, 20), "y": range(0, 10)}
"""200 combinations; by ``figures_of`` the best Sharpe ratio is 3.0 at (12, 7)."""


def figures_of(x: float, y: float) -> tuple[float, float, float, float]:
    """Return the figures of one combination, one of which has no Sharpe ratio."""
    sharpe = 3.0 - (x - 12.0) ** 2 / 50.0 - (y - 7.0) ** 2 / 20.0
    return (np.nan if y == 0 else sharpe, -0.02 * x, 5.0 * y, 0.01 * (x + y))


@dataclass(eq=False)
class Hill:
    """Figures that depend on ``x`` and ``y`` alone; it notes what it is asked."""

    n_bars: int = 320
    periods_per_year: float = 252.0
    warm_up: int = 0
    names: tuple[str, ...] = NAMES
    parameter_names: tuple[str, ...] = ("x", "y")
    asked: list[tuple[float, float]] = field(default_factory=list)
    spans: list[BarSpan | None] = field(default_factory=list)
    before: Callable[[int], None] | None = None
    """Told how many were asked so far, before each call."""

    def describe(self) -> dict[str, Any]:
        return {"family": "hill", "data": {"symbols": ["HILL"], "version": "1"}}

    def evaluate(
        self,
        combinations: Combinations,
        *,
        span: BarSpan | None = None,
        blocks: int = 0,
    ) -> Evaluations:
        if self.before is not None:
            self.before(len(self.asked))
        for name in combinations.names:
            if name not in self.parameter_names:
                raise UnknownNameError(
                    kind="parameter", given=name, allowed=self.parameter_names
                )
        rows = [(row["x"], row["y"]) for row in combinations.rows()]
        self.asked += rows
        self.spans.append(span)
        figures = np.array([figures_of(*row) for row in rows]).reshape(-1, len(NAMES))
        if not blocks:
            return Evaluations(self.names, figures)
        sums = np.zeros((len(rows), blocks, 2)) + np.array(rows)[:, None, :]
        return Evaluations(self.names, figures, sums, np.full(blocks, 20.0))

    def returns(
        self, combinations: Combinations, *, span: BarSpan | None = None
    ) -> Float64Array2D:
        return np.zeros((len(combinations), self.n_bars))

    def run(self, parameters: Mapping[str, Any], *, span: BarSpan | None = None) -> Any:
        return dict(parameters)


@dataclass(eq=False)
class SlowHill(Hill):
    """Takes its time with each call, in a process of its own or not."""

    seconds: float = 0.05

    def evaluate(
        self,
        combinations: Combinations,
        *,
        span: BarSpan | None = None,
        blocks: int = 0,
    ) -> Evaluations:
        time.sleep(self.seconds)
        return super().evaluate(combinations, span=span, blocks=blocks)


def plan_of(hill: Hill | None = None, **terms: Any) -> SearchPlan:
    """Return the plan of a search of a hill."""
    return plan_search(hill or Hill(), terms.pop("space", GRID), **terms)
