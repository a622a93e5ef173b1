"""An evaluator of trials whose returns are at hand: no strategy, no candles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import BarSpan, Evaluations


class MatrixEvaluator:
    """Trial k of parameter ``trial`` has the returns of column k; NaN cannot be run."""

    names = ("sharpe", "total_return", "total_trades")
    periods_per_year = 252.0
    warm_up = 0

    def __init__(
        self,
        returns: np.ndarray[Any, Any],
        *,
        market: np.ndarray[Any, Any] | None = None,
        trades: float = 50.0,
    ) -> None:
        self.matrix = np.asarray(returns, dtype=np.float64)
        self.trades = trades
        self.evaluated = 0
        if market is not None:
            self.market_returns = lambda *, span=None: self._cut(market, span)

    @property
    def n_bars(self) -> int:
        """Rows of the matrix."""
        return len(self.matrix)

    def describe(self) -> dict[str, Any]:
        """Return next to nothing."""
        return {"family": "matrix", "data": {"bars": self.n_bars}}

    def evaluate(
        self,
        combinations: Combinations,
        *,
        span: BarSpan | None = None,
        blocks: int = 0,
    ) -> Evaluations:
        """Return the figures of columns."""
        self.evaluated += len(combinations)
        returns = self.returns(combinations, span=span)
        means, deviations = returns.mean(axis=1), returns.std(axis=1, ddof=1)
        moving = deviations > 0
        sharpes = np.full(len(returns), np.nan)
        sharpes[moving] = means[moving] / deviations[moving] * 252**0.5
        trades = np.where(moving, self.trades, 0.0)
        figures = np.stack([sharpes, returns.sum(axis=1), trades], axis=1)
        figures[np.isnan(returns).any(axis=1)] = np.nan
        if not blocks:
            return Evaluations(self.names, figures)
        n_bars = returns.shape[1]
        edges = np.arange(blocks + 1) * n_bars // blocks
        totals = [np.add.reduceat(r, edges[:-1], axis=1) for r in (returns, returns**2)]
        sums = np.stack(totals, axis=-1)
        lengths = np.diff(edges).astype(np.float64)
        return Evaluations(self.names, figures, sums, lengths)

    def returns(
        self, combinations: Combinations, *, span: BarSpan | None = None
    ) -> np.ndarray[Any, Any]:
        """Return the columns as rows."""
        columns = self.matrix[:, combinations.columns["trial"].astype(int)]
        return np.ascontiguousarray(self._cut(columns, span).T)

    def run(self, parameters: Mapping[str, Any], *, span: BarSpan | None = None) -> Any:
        """Return the column."""
        return self._cut(self.matrix[:, parameters["trial"]], span)

    def refusal(self, parameters: Mapping[str, Any]) -> str | None:
        """Return nothing: no reason is known."""
        return None

    @staticmethod
    def _cut(rows: np.ndarray[Any, Any], span: BarSpan | None) -> Any:
        return rows if span is None else rows[span.first : span.last]
