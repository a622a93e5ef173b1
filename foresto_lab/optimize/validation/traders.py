"""Who trades a leg: the account of one symbol, or of several side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from foresto_lab.backtest.single import require_length
from foresto_lab.backtest.tables import trade_table
from foresto_lab.backtest.walk import walk
from foresto_lab.engine.backtest import DUST
from foresto_lab.metrics.trades import backtest_figures
from foresto_lab.optimize.evaluation import BarSpan, Evaluator
from foresto_lab.optimize.validation.bar_times import BarTimes, bar_times_of
from foresto_lab.optimize.validation.legs import Leg, Trader
from foresto_lab.optimize.validation.returns_trader import ReturnsTrader
from foresto_lab.optimize.validation.window_end import (
    FIELD,
    WINDOW_END,
    Account,
    account_closed_at_end,
    idle_account,
)
from foresto_lab.types import Float64Array1D, Float64Array2D, Int64Array1D

if TYPE_CHECKING:
    from foresto_lab.market.candle_table import CandleTable
    from foresto_lab.optimize.evaluators.backtest_evaluator import BacktestEvaluator
    from foresto_lab.optimize.evaluators.several import SeveralEvaluator

_BARS: Final = tuple(FIELD[f"{name}_bar"] for name in ("signal", "entry", "exit"))


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
        bars = slice(leg.span.first, leg.span.last)
        whole = self.evaluator.table
        strategy, execution = self.evaluator.parts(leg.parameters)
        signals = strategy.signals(whole)
        require_length(signals, whole)
        table = whole.slice(leg.span.first, leg.span.last)
        walked = walk(
            table,
            signals.bits[bars],
            execution,
            execution.risk_with(strategy.risk),
            initial_capital=self.capital,
            periods_per_year=self.evaluator.periods_per_year,
        )
        account = account_closed_at_end(walked, table, execution)
        columns = {name: column[bars] for name, column in signals.columns.items()}
        self.capital = float(account.equity[-1])
        return replace(
            account, make_trades=partial(_trade_frame, table, account, columns)
        )

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
            records=moved(account.records, np.searchsorted(bars, own[first:last])),
            equity=np.concatenate(([before], account.equity))[places],
            cash=np.concatenate(([before], account.cash))[places],
            position=np.concatenate(([0.0], account.position))[places],
        )


def _sum_of(accounts: list[Account]) -> Account:
    """Return accounts of the same bars as one; its position counts those held."""
    records = np.concatenate([account.records for account in accounts])
    order = np.argsort(records[:, FIELD["exit_bar"]], kind="stable")
    made = [each.make_trades for each in accounts if each.make_trades is not None]
    return Account(
        equity=np.sum([account.equity for account in accounts], axis=0),
        cash=np.sum([account.cash for account in accounts], axis=0),
        position=np.sum([account.position != 0.0 for account in accounts], axis=0)
        * 1.0,
        records=records[order],
        closed=any(account.closed for account in accounts),
        make_trades=partial(_trades_together, made) if made else None,
    )


def moved(records: Float64Array2D, bars: Int64Array1D) -> Float64Array2D:
    """Return records of trades whose bar i is now bar ``bars[i]``."""
    there = records.copy()
    for place in _BARS:
        there[:, place] = bars[records[:, place].astype(np.int64)]
    return there


def _trade_frame(
    table: CandleTable, account: Account, columns: Mapping[str, Float64Array1D]
) -> pd.DataFrame:
    """Return the trades of a leg; the one that the leg's end closed says so."""
    trades = trade_table(table, account.records, columns)
    if account.closed:
        trades.loc[trades.index[-1], "exit_reason"] = WINDOW_END
    return trades


def _trades_together(made: list[Callable[[], pd.DataFrame]]) -> pd.DataFrame:
    """Return the trades of several symbols in the order of their ends."""
    trades = pd.concat([make() for make in made], ignore_index=True)
    return trades.sort_values("exit_time", kind="stable", ignore_index=True)


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
        account.records,
        times.open_times[bars],
        initial_capital=capital,
        bars_held=float(np.count_nonzero(account.position)),
        periods_per_year=evaluator.periods_per_year,
        spacing=times.spacing,
    )
