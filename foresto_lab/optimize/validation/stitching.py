"""One account through several spans, each traded with parameters of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from foresto_lab.backtest.tables import TRADE_COLUMNS
from foresto_lab.optimize.evaluation import BarSpan, Evaluator
from foresto_lab.optimize.validation.legs import Leg
from foresto_lab.optimize.validation.traders import moved, trader_of
from foresto_lab.optimize.validation.window_end import Account

if TYPE_CHECKING:
    from foresto_lab.types import Int64Array1D

_FACTS: Final = ("start_equity", "end_equity", "closed")


@dataclass(frozen=True, eq=False)
class Stitched:
    """What one account did on all its legs.

    Parameters
    ----------
    equity : DataFrame
        By open time, from the first leg's first bar to the last leg's last: equity,
        cash, position value, drawdown, position, and the number of the leg as
        ``window`` (0 between legs). The position of several symbols is the number of
        those held; of a portfolio it is 1.
    trades : DataFrame
        As a backtest has them, with the number of the leg; empty for a portfolio.
    metrics : Series
        Figures of the whole.
    legs : DataFrame
        Figures of each leg, by its number; each begins with the equity that the one
        before left.
    facts : DataFrame
        By the number of the leg: ``start_equity``, ``end_equity``, and whether a
        position was ``closed`` because the leg ended.
    initial_capital : money
    """

    equity: pd.DataFrame
    trades: pd.DataFrame
    metrics: pd.Series[Any]
    legs: pd.DataFrame
    facts: pd.DataFrame
    initial_capital: float


def stitch(
    evaluator: Evaluator, legs: Sequence[Leg], *, with_trades: bool = True
) -> Stitched:
    """Trade one account through legs that follow each other.

    Each leg begins with the equity that the one before left, and ends without a
    position: see ``window_end``. Between legs the account holds cash. A portfolio's
    weights go on from leg to leg.

    Parameters
    ----------
    evaluator : Evaluator
        Its capital is what the first leg begins with.
    legs : sequence of Leg
        At least one, ascending, none overlapping another.
    with_trades : bool
        Whether the table of trades is wanted; without, it is empty.
    """
    trader = trader_of(evaluator)
    capital = initial = trader.initial_capital
    walked: list[tuple[Leg, Account]] = []
    figures: dict[int, dict[str, Any]] = {}
    facts: dict[int, tuple[Any, ...]] = {}
    for leg in _without_gaps(legs):
        account = trader.trade(leg)
        end = float(account.equity[-1])
        walked.append((leg, account))
        if leg.number:
            figures[leg.number] = trader.leg_figures(leg, account, capital)
            facts[leg.number] = (capital, end, account.closed)
        capital = end
    span = BarSpan(legs[0].span.first, legs[-1].span.last)
    whole = _joined(walked)
    numbers = np.concatenate([np.full(len(leg.span), leg.number) for leg, _ in walked])
    index = trader.times.index[span.first : span.last]
    metrics = trader.figures(span, whole, initial)
    return Stitched(
        equity=_equity_table(index, whole, initial, numbers),
        trades=_trade_table(walked if with_trades else ()),
        metrics=pd.Series(metrics, dtype=object, name="metrics"),
        legs=pd.DataFrame(list(figures.values()), index=_numbers(figures)),
        facts=pd.DataFrame(
            list(facts.values()), index=_numbers(facts), columns=list(_FACTS)
        ),
        initial_capital=initial,
    )


def _without_gaps(legs: Sequence[Leg]) -> list[Leg]:
    """Return the legs, and between those that do not touch legs of cash, number 0."""
    filled: list[Leg] = []
    for leg in legs:
        if filled and filled[-1].span.last < leg.span.first:
            gap = BarSpan(filled[-1].span.last, leg.span.first)
            filled.append(Leg(0, gap, None))
        filled.append(leg)
    return filled


def _joined(walked: Sequence[tuple[Leg, Account]]) -> Account:
    """Return accounts that follow each other as one."""
    first = walked[0][0].span.first
    records = [
        moved(account.records, np.arange(len(leg.span)) + (leg.span.first - first))
        for leg, account in walked
    ]
    return Account(
        equity=np.concatenate([account.equity for _, account in walked]),
        cash=np.concatenate([account.cash for _, account in walked]),
        position=np.concatenate([account.position for _, account in walked]),
        records=np.concatenate(records),
    )


def _equity_table(
    index: pd.Index[Any], account: Account, capital: float, numbers: Int64Array1D
) -> pd.DataFrame:
    peaks = np.maximum(np.maximum.accumulate(account.equity), capital)
    return pd.DataFrame(
        {
            "equity": account.equity,
            "cash": account.cash,
            "position_value": account.equity - account.cash,
            "drawdown": account.equity / peaks - 1.0,
            "position": account.position,
            "window": numbers,
        },
        index=index,
    )


def _trade_table(walked: Sequence[tuple[Leg, Account]]) -> pd.DataFrame:
    trades = [
        account.make_trades().assign(window=leg.number)
        for leg, account in walked
        if account.make_trades is not None and len(account.records)
    ]
    if trades:
        return pd.concat(trades, ignore_index=True)
    return pd.DataFrame(columns=[*TRADE_COLUMNS, "window"])


def _numbers(of_legs: dict[int, Any]) -> pd.Index[Any]:
    return pd.Index(list(of_legs), dtype="int64", name="window")
