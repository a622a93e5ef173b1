"""Who trades a leg: one symbol's account, several of them, or anything with returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import numpy as np
import pandas as pd

from foresto_lab.engine.backtest import DUST, EXIT_REASONS, N_TRADE_FIELDS, TRADE_FIELDS
from foresto_lab.metrics.performance import performance
from foresto_lab.metrics.trades import backtest_figures
from foresto_lab.optimize.bar_times import BarTimes, bar_times_of
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import BarSpan, Evaluator
from foresto_lab.optimize.window_end import (
    WINDOW_END,
    Account,
    account_closed_at_end,
    idle_account,
)
from foresto_lab.types import Float64Array1D, Float64Array2D

if TYPE_CHECKING:
    from foresto_lab.optimize.backtest_evaluator import BacktestEvaluator
    from foresto_lab.optimize.several import SeveralEvaluator

_REASONS: Final = {reason: place for place, reason in enumerate(EXIT_REASONS)} | {
    WINDOW_END: EXIT_REASONS.index("signal")
}


class Leg(NamedTuple):
    """A span and what it is traded with; without parameters the account holds cash."""

    number: int
    span: BarSpan
    parameters: Mapping[str, Any] | None


class Trader(Protocol):
    """An account that is traded leg by leg, and the figures of what it did."""

    times: BarTimes

    @property
    def initial_capital(self) -> float:
        """What the first leg begins with."""
        ...

    def trade(self, leg: Leg) -> Account:
        """Trade a leg with what the one before left."""
        ...

    def leg_figures(self, leg: Leg, account: Account, capital: float) -> dict[str, Any]:
        """Return the figures of a leg that began with a capital."""
        ...

    def figures(
        self, span: BarSpan, account: Account, capital: float
    ) -> dict[str, Any]:
        """Return the figures of an account on a span."""
        ...


def trader_of(evaluator: Evaluator) -> Trader:
    """Return who trades what an evaluator searches."""
    if hasattr(evaluator, "table"):
        return SymbolTrader(evaluator)  # type: ignore[arg-type]
    if hasattr(evaluator, "evaluators"):
        return SymbolsTrader(evaluator)  # type: ignore[arg-type]
    return ReturnsTrader(evaluator)


@dataclass(eq=False)
class SymbolTrader:
    """One symbol on one account; positions are closed at the end of each leg."""

    evaluator: BacktestEvaluator
    times: BarTimes = field(init=False)
    capital: float = field(init=False)

    def __post_init__(self) -> None:
        self.times = bar_times_of(self.evaluator)
        self.capital = self.initial_capital

    @property
    def initial_capital(self) -> float:
        """What the first leg begins with."""
        return self.evaluator.initial_capital

    def trade(self, leg: Leg) -> Account:
        """Trade a leg with what the one before left; with nothing left, nothing."""
        if leg.parameters is None or self.capital <= DUST * self.initial_capital:
            return idle_account(len(leg.span), self.capital)
        funded = replace(self.evaluator, initial_capital=self.capital)
        account = account_closed_at_end(funded.run(leg.parameters, span=leg.span))
        self.capital = float(account.equity[-1])
        return account

    def leg_figures(self, leg: Leg, account: Account, capital: float) -> dict[str, Any]:
        """Return the figures of a leg that began with a capital."""
        return self.figures(leg.span, account, capital)

    def figures(
        self, span: BarSpan, account: Account, capital: float
    ) -> dict[str, Any]:
        """Return the figures of an account, by the code that a backtest's are from."""
        return _backtest_figures(self.evaluator, self.times, span, account, capital)


@dataclass(eq=False)
class SymbolsTrader:
    """Several symbols, each on an account of its own; the whole is their sum."""

    evaluator: SeveralEvaluator
    times: BarTimes = field(init=False)
    traders: dict[str, SymbolTrader] = field(init=False)

    def __post_init__(self) -> None:
        self.times = bar_times_of(self.evaluator)
        each = self.evaluator.evaluators.items()
        self.traders = {symbol: SymbolTrader(own) for symbol, own in each}

    @property
    def initial_capital(self) -> float:
        """What all accounts begin with together."""
        return sum(trader.initial_capital for trader in self.traders.values())

    def trade(self, leg: Leg) -> Account:
        """Trade every symbol that has a bar in the leg."""
        return _sum_of([self._traded(trader, leg) for trader in self.traders.values()])

    def leg_figures(self, leg: Leg, account: Account, capital: float) -> dict[str, Any]:
        """Return the figures of a leg that began with a capital."""
        return self.figures(leg.span, account, capital)

    def figures(
        self, span: BarSpan, account: Account, capital: float
    ) -> dict[str, Any]:
        """Return the figures of the sum; exposed while any symbol is held."""
        return _backtest_figures(self.evaluator, self.times, span, account, capital)

    def _traded(self, trader: SymbolTrader, leg: Leg) -> Account:
        """Return a symbol's account on the bars of all symbols."""
        everywhere, own = self.times.open_times, trader.times.open_times
        assert everywhere is not None
        assert own is not None
        bars = everywhere[leg.span.first : leg.span.last]
        first = int(np.searchsorted(own, bars[0]))
        last = int(np.searchsorted(own, bars[-1], side="right"))
        if first == last:
            return idle_account(len(bars), trader.capital)
        before = trader.capital
        account = trader.trade(leg._replace(span=BarSpan(first, last)))
        places = np.searchsorted(own[first:last], bars, side="right")
        return replace(
            account,
            equity=np.concatenate(([before], account.equity))[places],
            cash=np.concatenate(([before], account.cash))[places],
            position=np.concatenate(([0.0], account.position))[places],
        )


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
        return Account(equity, np.zeros(len(equity)), np.ones(len(equity)))

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


def _sum_of(accounts: list[Account]) -> Account:
    """Return accounts of the same bars as one; its position counts those held."""
    trades = [
        account.trades
        for account in accounts
        if account.trades is not None and len(account.trades)
    ]
    together = pd.concat(trades, ignore_index=True) if trades else None
    if together is not None:
        together = together.sort_values("exit_time", kind="stable", ignore_index=True)
    return Account(
        equity=np.sum([account.equity for account in accounts], axis=0),
        cash=np.sum([account.cash for account in accounts], axis=0),
        position=np.sum([account.position != 0.0 for account in accounts], axis=0)
        * 1.0,
        trades=together,
        closed=any(account.closed for account in accounts),
    )


def _backtest_figures(
    evaluator: BacktestEvaluator | SeveralEvaluator,
    times: BarTimes,
    span: BarSpan,
    account: Account,
    capital: float,
) -> dict[str, Any]:
    if capital <= 0.0:
        return dict.fromkeys((*evaluator.names, "periods_per_year"), np.nan)
    assert times.open_times is not None
    bars = slice(span.first, span.last)
    return backtest_figures(
        account.equity,
        trade_array(account.trades, times.index[bars]),
        times.open_times[bars],
        initial_capital=capital,
        bars_held=float(np.count_nonzero(account.position)),
        periods_per_year=evaluator.periods_per_year,
        spacing=times.spacing,
    )


def trade_array(trades: pd.DataFrame | None, index: pd.Index[Any]) -> Float64Array2D:
    """Return trades as the engine records them; bars count from the index's first."""
    if trades is None:
        return np.empty((0, N_TRADE_FIELDS))
    bars = {
        f"{name}_bar": index.get_indexer(pd.DatetimeIndex(trades[f"{name}_time"]))
        for name in ("signal", "entry", "exit")
    }
    coded = {
        "side": np.where(trades["side"] == "LONG", 1.0, -1.0),
        "exit_reason": trades["exit_reason"].map(_REASONS).to_numpy(),
        **bars,
    }
    columns = [
        coded[name] if name in coded else trades[name].to_numpy(dtype=np.float64)
        for name in TRADE_FIELDS
    ]
    return np.ascontiguousarray(np.column_stack(columns).astype(np.float64))
