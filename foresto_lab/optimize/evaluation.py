"""What a search asks of whatever it searches: the figures of many combinations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from foresto_lab.errors import UnknownNameError
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.types import Float64Array1D, Float64Array2D, Float64Array3D

ALIASES: Mapping[str, str] = {
    "sharpe_ratio": "sharpe",
    "sortino_ratio": "sortino",
    "calmar_ratio": "calmar",
}
"""Names that portfolios use for figures which backtests call otherwise."""


@dataclass(frozen=True, slots=True)
class BarSpan:
    """Bars from ``first`` up to, not including, ``last``.

    What is evaluated on a span starts there with its capital and no position; the
    indicators before it are known, as they are to one who begins to trade that day.
    """

    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first


@dataclass(frozen=True, eq=False)
class Evaluations:
    """The figures of many combinations on one span of bars.

    Parameters
    ----------
    names : tuple of str
        The figures, e.g. ``BACKTEST_FIGURES``.
    figures : (n, n_figures)
        NaN where undefined. NaN in the whole row where the combination cannot be run
        at all, such as a fast average that is slower than the slow one.
    block_sums : (n, n_blocks, 2), optional
        Sum of the bars' simple returns, and of their squares, in each block.
    block_lengths : (n_blocks,), optional
        Bars in each block.
    """

    names: tuple[str, ...]
    figures: Float64Array2D
    block_sums: Float64Array3D | None = None
    block_lengths: Float64Array1D | None = None

    def __len__(self) -> int:
        return len(self.figures)

    def column(self, name: str) -> Float64Array1D:
        """Return a figure of every combination.

        Raises
        ------
        UnknownNameError
            There is no such figure.
        """
        exact = name if name in self.names else ALIASES.get(name, name)
        if exact not in self.names:
            raise UnknownNameError(kind="metric", given=name, allowed=self.names)
        column: Float64Array1D = self.figures[:, self.names.index(exact)]
        return column


class Evaluator(Protocol):
    """Whatever can be searched: a strategy on candles, a portfolio on prices.

    It is picklable, holds its data read-only, and says the same for the same
    combination, in any process and any number of threads.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """The figures that it gives."""
        ...

    @property
    def n_bars(self) -> int:
        """Bars, or sessions, of the data."""
        ...

    @property
    def periods_per_year(self) -> float:
        """Bars in a year."""
        ...

    @property
    def warm_up(self) -> int:
        """Bars at the front on which the base parameters can have no signal."""
        ...

    def describe(self) -> dict[str, Any]:
        """Return what is searched, JSON-ready, without its data: it names the trials.

        ``family`` names the strategy whatever its parameters; ``data`` names the data.
        """
        ...

    def evaluate(
        self,
        combinations: Combinations,
        *,
        span: BarSpan | None = None,
        blocks: int = 0,
    ) -> Evaluations:
        """Return the figures of each combination.

        Parameters
        ----------
        combinations : Combinations
        span : BarSpan, optional
            By default all bars.
        blocks : int
            Blocks of bars, as equal as can be, to sum returns over; 0 for none.

        Raises
        ------
        UnknownNameError
            A parameter that the strategy does not have.
        """
        ...

    def returns(
        self, combinations: Combinations, *, span: BarSpan | None = None
    ) -> Float64Array2D:
        """Return the simple return of each bar, (n, n_bars of the span).

        For few combinations: it is the only thing here that is as long as the data.
        """
        ...

    def run(self, parameters: Mapping[str, Any], *, span: BarSpan | None = None) -> Any:
        """Return the whole result of one combination: a BacktestResult, say."""
        ...
