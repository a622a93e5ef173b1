"""Who trades a leg of a portfolio, or of whatever else has returns."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from foresto_lab.metrics.performance import performance
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import BarSpan, Evaluator
from foresto_lab.optimize.validation.bar_times import BarTimes, bar_times_of
from foresto_lab.optimize.validation.legs import Leg
from foresto_lab.optimize.validation.window_end import Account, idle_account
from foresto_lab.types import Float64Array1D


@dataclass(eq=False)
class ReturnsTrader:
    """Whatever has returns, such as a portfolio; what it holds at a leg's end stays.

    A portfolio is bought at the close before a leg, so that it misses no session; what
    it costs to go from one leg's weights to the next one's is not charged.
    """

    evaluator: Evaluator
    times: BarTimes = field(init=False)
    capital: float = field(init=False)

    def __post_init__(self) -> None:
        self.times = bar_times_of(self.evaluator)
        self.capital = self.initial_capital

    @property
    def initial_capital(self) -> float:
        """What the first leg begins with."""
        terms = getattr(self.evaluator, "terms", None)
        own = getattr(self.evaluator, "initial_capital", 1.0)
        return float(getattr(terms, "initial_amount", own))

    def trade(self, leg: Leg) -> Account:
        """Let what the leg before left grow by the returns of a leg."""
        if leg.parameters is None or self.capital <= 0.0:
            return idle_account(len(leg.span), self.capital)
        asked = Combinations.of([leg.parameters])
        span = self._bought(leg.span)
        returns = self.evaluator.returns(asked, span=span)[0][-len(leg.span) :]
        equity: Float64Array1D = self.capital * np.cumprod(1.0 + np.nan_to_num(returns))
        self.capital = float(equity[-1])
        idle = idle_account(len(equity), 0.0)
        return replace(idle, equity=equity, position=np.ones(len(equity)))

    def leg_figures(self, leg: Leg, account: Account, capital: float) -> dict[str, Any]:
        """Return what the evaluator says of the leg."""
        if leg.parameters is None or capital <= 0.0:
            return dict.fromkeys(self.evaluator.names, np.nan)
        asked = Combinations.of([leg.parameters])
        told = self.evaluator.evaluate(asked, span=self._bought(leg.span))
        return dict(zip(told.names, told.figures[0].tolist(), strict=True))

    def figures(
        self, span: BarSpan, account: Account, capital: float
    ) -> dict[str, Any]:
        """Return the figures of the returns, as ``performance`` has them."""
        before = np.concatenate(([capital], account.equity[:-1]))
        growth = np.ones(len(before))
        np.divide(account.equity, before, out=growth, where=before > 0.0)
        index = self.times.index[span.first : span.last]
        if isinstance(index, pd.DatetimeIndex):
            index = index.tz_localize(None)
        named = pd.Series(growth - 1.0, index=index)
        return dict(performance(named, self.evaluator.periods_per_year))

    def _bought(self, span: BarSpan) -> BarSpan:
        """Return the span with the session before it, at whose close it is bought."""
        if not is_portfolio(self.evaluator) or span.first == 0:
            return span
        return BarSpan(span.first - 1, span.last)


def is_portfolio(evaluator: Evaluator) -> bool:
    """Return whether weights are held rather than positions opened and closed."""
    return evaluator.describe().get("kind") == "portfolio"
