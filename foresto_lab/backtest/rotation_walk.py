"""From a panel of candles and its decisions to the kernel's arrays, and one walk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from foresto_lab.backtest.execution import Execution
from foresto_lab.backtest.walk import BASIS_POINT, sell_taxes
from foresto_lab.engine.rotation import rotation_kernel
from foresto_lab.engine.rotation_positions import (
    BARS_HELD,
    BY_FRACTION,
    BY_MONEY,
    BY_SCORE,
    BY_STOP,
    EQUAL_SLOTS,
    N_REFUSED,
    N_ROTATION_ACCOUNT,
    RotationRules,
)
from foresto_lab.errors import InputError
from foresto_lab.market.candle_panel import CandlePanel
from foresto_lab.strategies.ranking import Ranking, Selection
from foresto_lab.strategies.risk import Risk
from foresto_lab.strategies.sizing import (
    AllIn,
    FixedAmount,
    FixedRisk,
    FractionOfEquity,
    Sizing,
)
from foresto_lab.types import Float64Array1D, Float64Array2D, UInt8Array2D

NO_EXITS: Final = np.zeros((0, 0), dtype=np.uint8)
"""The exits of a strategy that sells by rank alone."""
_OPEN, _ENTRY_BAR, _EXIT_BAR, _REASON = 0, 3, 5, 7


@dataclass(frozen=True, slots=True, eq=False)
class Decisions:
    """What a strategy wants of many symbols, whatever kind it is.

    Parameters
    ----------
    ranking : Ranking
        What it would buy at which closes, the best first.
    selection : Selection
    by_rank : bool
        Whether a decision also sells what is ranked behind ``selection.keep_rank``.
    leaves : (n_symbols, n_bars), or (0, 0)
        Whether a symbol is to be sold, known at each close.
    """

    ranking: Ranking
    selection: Selection
    by_rank: bool
    leaves: UInt8Array2D


@dataclass(frozen=True, slots=True, eq=False)
class RotationWalk:
    """What one walk of many symbols left behind.

    Parameters
    ----------
    equity, cash, n_positions : (n_bars,)
        At each close.
    trades : (n_trades, N_ROTATION_FIELDS)
        In the order of their ends, those still open last.
    bars_held : int
        Bars at whose close there was a position.
    passed_over : int
        Candidates that were asked for but did not fit, decision by decision.
    """

    equity: Float64Array1D
    cash: Float64Array1D
    n_positions: Float64Array1D
    trades: Float64Array2D
    bars_held: int
    passed_over: int


def walk_rotation(
    panel: CandlePanel,
    decisions: Decisions,
    execution: Execution,
    risk: Risk,
    *,
    initial_capital: float,
) -> RotationWalk:
    """Walk one account through the candles of many symbols.

    Raises
    ------
    InputError
        The execution or the strategy asks for what one shared account cannot do.
    """
    require_cash_account(execution, risk)
    account = np.zeros(N_ROTATION_ACCOUNT)
    equity = np.empty((len(panel), 3))
    scores = decisions.ranking.scores
    if decisions.selection.weighting == "score":
        scores = np.where(scores > 0.0, scores, np.nan)
    trades = rotation_kernel(
        panel.values,
        panel.rows,
        panel.last_bars,
        scores,
        decisions.ranking.decisions,
        decisions.leaves,
        rules_of(execution, risk, decisions, initial_capital, len(panel.rows)),
        sell_taxes(execution, panel.open_times),
        account,
        equity,
    )
    marked, cash, n_positions = np.ascontiguousarray(equity.T)
    return RotationWalk(
        equity=marked,
        cash=cash,
        n_positions=n_positions,
        trades=_in_order(trades),
        bars_held=int(account[BARS_HELD]),
        passed_over=int(account[N_REFUSED]),
    )


def rules_of(
    execution: Execution,
    risk: Risk,
    decisions: Decisions,
    initial_capital: float,
    n_symbols: int,
) -> RotationRules:
    """Return the numbers that the kernel follows."""
    selection = decisions.selection
    sizing, size = _size(risk.sizing, selection)
    maker = execution.maker_fee_rate
    numbers = RotationRules(
        initial_capital=initial_capital,
        fills_at_close=execution.fill == "close",
        fee_rate=execution.fee_rate,
        maker_fee_rate=execution.fee_rate if maker is None else maker,
        slippage=execution.slippage_bps * BASIS_POINT,
        lot_size=execution.lot_size,
        minimum_order=execution.minimum_order,
        max_positions=selection.top,
        keep_rank=(selection.keep_rank or selection.top) if decisions.by_rank else 0,
        rebalances=decisions.by_rank and selection.rebalance,
        sizing=sizing,
        size=size,
        stop_loss=risk.stop_loss or 0.0,
        take_profit=risk.take_profit or 0.0,
        trailing_stop=risk.trailing_stop or 0.0,
        time_stop=risk.time_stop or 0,
    )
    return RotationRules(*map(float, numbers))


def _size(sizing: Sizing | None, selection: Selection) -> tuple[int, float]:
    """Return how the kernel finds a size, and its number."""
    match sizing:
        case FractionOfEquity(fraction):
            return BY_FRACTION, fraction
        case FixedAmount(amount):
            return BY_MONEY, amount
        case FixedRisk(fraction):
            return BY_STOP, fraction
    return (BY_SCORE if selection.weighting == "score" else EQUAL_SLOTS), 0.0


def require_cash_account(execution: Execution, risk: Risk) -> None:
    """Raise InputError where an option needs more than a cash account of longs."""
    sizes = (type(None), AllIn, FractionOfEquity, FixedAmount, FixedRisk)
    refused = {
        f"leverage {risk.leverage:g}; set Execution(leverage=1)": risk.leverage != 1.0,
        "funding; leave it out": execution.funding is not None,
        "finer candles; leave them out": execution.finer is not None,
        f"max_entries {execution.max_entries}; leave it at 1": execution.max_entries
        != 1,
        f"sizing {getattr(risk.sizing, 'type', '')}; choose all_in (equal slots), "
        "fraction_of_equity, fixed_amount or fixed_risk": not isinstance(
            risk.sizing, sizes
        ),
    }
    for what, is_asked in refused.items():
        if is_asked:
            raise InputError(
                message="Several symbols share one cash account of long positions, "
                f"paid in full. It has no {what}."
            )


def _in_order(trades: Float64Array2D) -> Float64Array2D:
    """Return trades by their ends, then by their entries; those still open last."""
    is_open = trades[:, _REASON] == _OPEN
    order = np.lexsort((trades[:, _ENTRY_BAR], trades[:, _EXIT_BAR], is_open))
    return np.ascontiguousarray(trades[order])
