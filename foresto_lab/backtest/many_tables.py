"""Frames and findings of a backtest of many symbols."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from foresto_lab.backtest.choices import Choices, entry_values
from foresto_lab.backtest.execution import Execution
from foresto_lab.backtest.rotation_walk import RotationWalk
from foresto_lab.backtest.tables import ENTRY_REASON, TRADE_COLUMNS
from foresto_lab.engine.rotation_positions import (
    DELISTED,
    END,
    ROTATION_FIELDS,
    ROTATION_REASONS,
)
from foresto_lab.findings import Finding, sort_findings
from foresto_lab.market.candle_panel import CandlePanel
from foresto_lab.types import Int64Array1D, Severity

_REASON = ROTATION_FIELDS.index("exit_reason")


def rotation_table(
    panel: CandlePanel, choices: Choices, walked: RotationWalk
) -> pd.DataFrame:
    """Return one row a sale, in the order of their ends, then the open positions.

    ``signal_time`` is that of the symbol's own bar whose close decided the entry.
    """
    trades = walked.trades
    field = {name: trades[:, place] for place, name in enumerate(ROTATION_FIELDS)}
    bars = {
        name: field[f"{name}_bar"].astype(np.int64)
        for name in ("signal", "entry", "exit")
    }
    columns = field["symbol"].astype(np.int64)
    reasons = field["exit_reason"].astype(np.int64)
    is_open = reasons == END
    index = panel.index
    conditions = list(entry_values(choices, panel, columns, bars["signal"]))
    values = {
        "symbol": np.array(panel.symbols, dtype=object)[columns],
        "side": "LONG",
        "quantity": field["quantity"],
        "entry_time": index[bars["entry"]],
        "entry_price": field["entry_price"],
        "entry_reason": ENTRY_REASON,
        "exit_time": pd.Series(index[bars["exit"]]).mask(is_open),
        "exit_price": np.where(is_open, np.nan, field["exit_price"]),
        "exit_reason": np.array(ROTATION_REASONS, dtype=object)[reasons],
        "pnl": field["pnl"],
        "return_rate": field["pnl"] / (field["quantity"] * field["entry_price"]),
        "fees": field["fees"],
        "tax": field["tax"],
        "funding": field["funding"],
        "max_adverse_excursion": field["max_adverse_excursion"],
        "max_favorable_excursion": field["max_favorable_excursion"],
        "bars_held": bars["exit"] - bars["entry"],
        "entry_conditions": pd.Series(conditions, dtype=object),
        "is_open": is_open,
        "signal_time": index[_signal_bars(panel, columns, bars["signal"])],
        "entries": field["entries"].astype(np.int64),
    }
    return pd.DataFrame(values, columns=list(TRADE_COLUMNS), index=range(len(trades)))


def _signal_bars(
    panel: CandlePanel, columns: Int64Array1D, bars: Int64Array1D
) -> Int64Array1D:
    """Return the last bar of its own that each symbol had when it was decided on."""
    found = bars.copy()
    for place, column in enumerate(columns):
        closes = panel.closes_of(int(column))
        while found[place] > 0 and np.isnan(closes[found[place]]):
            found[place] -= 1
    return found


def account_table(
    index: pd.DatetimeIndex, walked: RotationWalk, initial_capital: float
) -> pd.DataFrame:
    """Return one row a bar, marked at its close; ``position`` counts the positions."""
    peaks = np.maximum.accumulate(np.maximum(walked.equity, initial_capital))
    return pd.DataFrame(
        {
            "equity": walked.equity,
            "cash": walked.cash,
            "position_value": walked.equity - walked.cash,
            "drawdown": walked.equity / peaks - 1.0,
            "position": walked.n_positions,
        },
        index=index,
    )


def signal_table(panel: CandlePanel, choices: Choices) -> pd.DataFrame:
    """Return the scores of each decision, or the signals (symbol, name) of each bar."""
    if not choices.signals:
        ranking = choices.decisions.ranking
        return pd.DataFrame(
            ranking.scores, panel.index[ranking.decisions], list(panel.symbols)
        )
    frames = {
        symbol: signals.to_frame(panel.tables[symbol].index)
        for symbol, signals in choices.signals.items()
    }
    return pd.concat(frames, axis=1)


def rotation_notes(
    panel: CandlePanel, choices: Choices, execution: Execution, walked: RotationWalk
) -> tuple[Finding, ...]:
    """Return what a reader of the numbers should know, the gravest first."""
    return sort_findings(
        [
            *_on_trades(panel, choices, walked),
            *_on_orders(choices, execution, walked),
        ]
    )


def _on_trades(
    panel: CandlePanel, choices: Choices, walked: RotationWalk
) -> Iterator[Finding]:
    reasons = walked.trades[:, _REASON]
    if len(reasons) == 0:
        decisions = len(choices.decisions.ranking.decisions)
        yield Finding(
            "NO_TRADES",
            Severity.WARNING,
            f"Nothing was traded on {len(panel):,} bars of {len(panel.symbols):,} "
            f"symbols; the strategy decided {decisions:,} times.",
            fix="Look at result.signals: whether anything was wanted, and when.",
            details={"decisions": decisions, "bars": len(panel)},
        )
    delisted = int((reasons == DELISTED).sum())
    if delisted:
        yield Finding(
            "SOLD_AT_DELISTING",
            Severity.INFO,
            f"{delisted:,} positions were sold at the last close of a symbol whose "
            "candles end before the others': it is taken that one could.",
            count=delisted,
        )
    n_open = int((reasons == END).sum())
    if n_open:
        yield Finding(
            "OPEN_AT_END",
            Severity.INFO,
            f"{n_open:,} positions are still open; they are marked at the last close, "
            "without the cost of closing them.",
            count=n_open,
        )


def _on_orders(
    choices: Choices, execution: Execution, walked: RotationWalk
) -> Iterator[Finding]:
    if walked.passed_over:
        yield Finding(
            "PASSED_OVER",
            Severity.INFO,
            f"{walked.passed_over:,} times a symbol was wanted but passed over for the "
            "next one: it did not trade at that bar, or the cash left did not buy a "
            "lot or the minimum order.",
            fix="With whole shares, more capital or fewer positions leave fewer out.",
            count=walked.passed_over,
        )
    shorts = sum(int(own.short_entry.sum()) for own in choices.signals.values())
    if shorts and execution.allow_short:
        yield Finding(
            "SHORTS_LEFT_OUT",
            Severity.WARNING,
            f"{shorts:,} signals to enter short were given; in a cash account of "
            "several symbols they close a long at most.",
            fix="Backtest each symbol on its own to trade shorts too.",
            count=shorts,
        )
    if execution.fill == "close":
        yield Finding(
            "FILLED_AT_SIGNAL_CLOSE",
            Severity.INFO,
            "Orders fill at the very close that gave the signal: it is assumed that "
            "one can know it and still trade at it.",
            fix='fill="next_open" does not assume it.',
        )
