"""Figures of bars that do not touch: each span on its own, then all of them pooled.

On each span the account begins anew with its capital and no position, and what is held
at its end is marked at its last close. Sums of bar returns and of trades then pool
without loss; drawdowns and streaks are the worst of any one span. What needs time that
goes on (``cagr``, ``calmar``, ``recovery_factor``, the length of a drawdown, the final
equity) is no figure of such bars.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar

import numpy as np

from foresto_lab.errors import InputError
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import BarSpan, Evaluations, Evaluator
from foresto_lab.optimize.searching.executors import Executor
from foresto_lab.types import Float64Array1D, Float64Array2D

Item = TypeVar("Item")
Answer = TypeVar("Answer")
_Array: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

ROUNDING: Final = 1e-14
"""A deviation up to here is rounding, as the engine has it."""
POOLED_FIGURES: Final = (
    "total_return",
    "annual_return",
    "volatility",
    "sharpe",
    "sortino",
    "max_drawdown",
    "exposure",
    "total_trades",
    "open_trades",
    "win_rate",
    "profit_factor",
    "expectancy",
    "average_win",
    "average_loss",
    "payoff_ratio",
    "best_trade",
    "worst_trade",
    "average_trade",
    "average_holding_time",
    "average_bars_held",
    "max_consecutive_wins",
    "max_consecutive_losses",
    "sqn",
    "total_fees",
    "total_tax",
    "total_funding",
    "liquidations",
)
"""The figures that bars which do not touch can have."""
_SUMMED: Final = (
    "total_trades",
    "open_trades",
    "total_fees",
    "total_tax",
    "total_funding",
    "liquidations",
)
_PER_TRADE: Final = (
    "expectancy",
    "average_trade",
    "average_holding_time",
    "average_bars_held",
)


def require_poolable(evaluator: Evaluator) -> None:
    """Raise InputError unless an evaluator has the figures of a backtest."""
    if not set(POOLED_FIGURES) <= set(evaluator.names):
        raise InputError(
            message="Combinatorial cross-validation pools the trades of backtests, and "
            "what is searched has none. Take fl.walk_forward for portfolios."
        )


def pooled_figures(
    parts: Sequence[Evaluations], lengths: Sequence[int], periods_per_year: float
) -> Evaluations:
    """Return the figures of several spans as those of one span that they would make.

    Parameters
    ----------
    parts : sequence of Evaluations
        Of the same combinations on each span, with sums over one block.
    lengths : sequence of int
        Bars of each span.
    periods_per_year : float

    Returns
    -------
    Evaluations
        ``POOLED_FIGURES``; NaN in the whole row where a combination cannot be run.
    """
    spans = _Spans(parts, np.array(lengths, dtype=np.float64)[:, None])
    figures = {
        **spans.of_returns(periods_per_year),
        **spans.of_trades(),
        **{name: spans.column(name).sum(axis=0) for name in _SUMMED},
        "max_drawdown": spans.column("max_drawdown").min(axis=0),
        "exposure": _weighted(spans.column("exposure"), spans.bars),
        "max_consecutive_wins": spans.column("max_consecutive_wins").max(axis=0),
        "max_consecutive_losses": spans.column("max_consecutive_losses").max(axis=0),
    }
    table = np.column_stack([figures[name] for name in POOLED_FIGURES])
    table[np.isnan(spans.column("total_return")).any(axis=0)] = np.nan
    return Evaluations(POOLED_FIGURES, table)


@dataclass(frozen=True, eq=False)
class _Spans:
    """Figures by span: columns are (n_spans, n)."""

    parts: Sequence[Evaluations]
    bars: Float64Array2D

    def column(self, name: str) -> Float64Array2D:
        return np.stack([part.column(name) for part in self.parts])

    def of_returns(self, periods: float) -> dict[str, Float64Array1D]:
        """Return what the sums of the bars' returns come to."""
        sums = np.stack([_one_block(part) for part in self.parts])
        bars = float(self.bars.sum())
        total, squares = sums[:, :, 0].sum(axis=0), sums[:, :, 1].sum(axis=0)
        growth = (1.0 + self.column("total_return")).prod(axis=0)
        mean = total / bars
        away = np.maximum(squares - total * mean, 0.0)
        deviation = np.sqrt(away / max(bars - 1.0, 1.0))
        short = np.sqrt(self._downside(sums[:, :, 0], periods) / bars)
        return {
            "total_return": growth - 1.0,
            "annual_return": growth ** (periods / bars) - 1.0,
            "volatility": deviation * np.sqrt(periods),
            "sharpe": _ratio(mean, deviation, above=ROUNDING) * np.sqrt(periods),
            "sortino": _ratio(mean, short, above=ROUNDING) * np.sqrt(periods),
        }

    def _downside(self, totals: Float64Array2D, periods: float) -> Float64Array1D:
        """Return the sum of squared losses, which each span's Sortino ratio tells."""
        ratio = self.column("sortino")
        short = _ratio(totals / self.bars * np.sqrt(periods), np.abs(ratio))
        squares = np.where(np.isfinite(short), short * short, 0.0) * self.bars
        downside: Float64Array1D = squares.sum(axis=0)
        return downside

    def of_trades(self) -> dict[str, Float64Array1D]:
        """Return what the closed trades come to."""
        closed = self.column("total_trades") - self.column("open_trades")
        wins = np.rint(np.nan_to_num(self.column("win_rate")) * closed)
        won = np.nan_to_num(self.column("average_win")) * wins
        total = np.nan_to_num(self.column("expectancy")) * closed
        loss = self.column("average_loss")
        lost = np.where(np.isnan(loss), 0.0, won - total)
        losses = np.rint(np.nan_to_num(_ratio(lost, -loss)))
        means = {name: _weighted(self.column(name), closed) for name in _PER_TRADE}
        average_win = _ratio(won.sum(axis=0), wins.sum(axis=0))
        average_loss = -_ratio(lost.sum(axis=0), losses.sum(axis=0))
        return {
            **means,
            "win_rate": _ratio(wins.sum(axis=0), closed.sum(axis=0)),
            "profit_factor": _ratio(won.sum(axis=0), lost.sum(axis=0)),
            "average_win": average_win,
            "average_loss": average_loss,
            "payoff_ratio": average_win / -average_loss,
            "best_trade": _extreme(self.column("best_trade"), np.fmax),
            "worst_trade": _extreme(self.column("worst_trade"), np.fmin),
            "sqn": self._quality(closed, total),
        }

    def _quality(self, closed: Float64Array2D, total: Float64Array2D) -> Float64Array1D:
        """Return the SQN of all trades; each span's tells its sum of squares."""
        means = _ratio(total, closed)
        deviation = _ratio(np.sqrt(closed) * means, self.column("sqn"))
        within = np.nan_to_num(deviation) ** 2 * np.maximum(closed - 1.0, 0.0)
        count = closed.sum(axis=0)
        mean = _ratio(total.sum(axis=0), count)
        between = np.nan_to_num(closed * (means - mean) ** 2)
        squares = (within + between).sum(axis=0)
        spread = np.sqrt(_ratio(squares, count - 1.0))
        quality: Float64Array1D = np.sqrt(count) * _ratio(mean, spread)
        return quality


@dataclass(frozen=True, eq=False)
class PooledExecutor:
    """Evaluates on several spans whoever is asked, and pools what they say."""

    executor: Executor
    spans: tuple[BarSpan, ...]

    @property
    def workers(self) -> int:
        """How many combinations are worked on at the same time."""
        return self.executor.workers

    def evaluate(
        self,
        evaluator: Evaluator,
        combinations: Combinations,
        *,
        span: BarSpan | None = None,
        blocks: int = 0,
    ) -> Evaluations:
        """Return the pooled figures; ``span`` and ``blocks`` are not looked at."""
        parts = [
            self.executor.evaluate(evaluator, combinations, span=part, blocks=1)
            for part in self.spans
        ]
        lengths = [len(part) for part in self.spans]
        return pooled_figures(parts, lengths, evaluator.periods_per_year)

    def map(
        self, function: Callable[[Item], Answer], items: Iterable[Item]
    ) -> Iterator[Answer]:
        """Yield what the function says of each item."""
        return self.executor.map(function, items)

    def close(self) -> None:
        """Do nothing: whose executor it is closes it."""


def _one_block(part: Evaluations) -> Float64Array2D:
    assert part.block_sums is not None
    sums: Float64Array2D = part.block_sums[:, 0, :]
    return sums


def _ratio(over: Any, under: _Array, *, above: float = 0.0) -> Any:
    """Return a ratio, NaN where what it is over is no more than rounding."""
    ratio = np.full(np.shape(under), np.nan)
    return np.divide(over, under, out=ratio, where=np.abs(under) > above)


def _weighted(values: Float64Array2D, weights: Float64Array2D) -> Float64Array1D:
    """Return the mean over spans; a span without weight has no say."""
    weights = np.broadcast_to(weights, values.shape)
    total = np.where(weights > 0.0, values * weights, 0.0).sum(axis=0)
    mean: Float64Array1D = _ratio(total, weights.sum(axis=0))
    return mean


def _extreme(values: Float64Array2D, choose: np.ufunc) -> Float64Array1D:
    """Return the largest or smallest of those that are defined."""
    extreme: Float64Array1D = choose.reduce(values, axis=0)
    return extreme
