"""What a reader of a backtest's numbers should know, as findings."""

from __future__ import annotations

from collections.abc import Iterator

from foresto_lab.backtest.execution import Execution
from foresto_lab.backtest.walk import Walk
from foresto_lab.engine.backtest import END, LIQUIDATION
from foresto_lab.findings import Finding, sort_findings
from foresto_lab.market.candle_table import CandleTable
from foresto_lab.strategies.risk import Risk
from foresto_lab.strategies.signals import Signals
from foresto_lab.strategies.sizing import AllIn
from foresto_lab.types import Severity

_REASON = 7


def note_findings(
    table: CandleTable,
    signals: Signals,
    execution: Execution,
    risk: Risk,
    walked: Walk,
) -> tuple[Finding, ...]:
    """Return the findings on a walk, the gravest first."""
    return sort_findings(
        [
            *_on_trades(table, signals, walked),
            *_on_orders(table, execution, walked),
            *_on_settings(table, execution, risk),
        ]
    )


def _on_trades(table: CandleTable, signals: Signals, walked: Walk) -> Iterator[Finding]:
    if len(walked.trades) == 0:
        entries = int((signals.long_entry | signals.short_entry).sum())
        yield Finding(
            "NO_TRADES",
            Severity.WARNING,
            f"Nothing was traded on {len(table):,} candles; the strategy gave "
            f"{entries:,} entry signals.",
            fix="fl.preflight(strategy, candles) says which condition never held.",
            details={"entry_signals": entries, "candles": len(table)},
        )
        return
    reasons = walked.trades[:, _REASON]
    liquidated = int((reasons == LIQUIDATION).sum())
    if liquidated:
        yield Finding(
            "LIQUIDATED",
            Severity.WARNING,
            f"{liquidated:,} of {len(reasons):,} positions were liquidated: their "
            "whole margin was lost.",
            fix="Lower the leverage, or set a stop loss nearer than the liquidation.",
            count=liquidated,
        )
    if reasons[-1] == END:
        yield Finding(
            "OPEN_AT_END",
            Severity.INFO,
            "The last position is still open; it is marked at the last close, without "
            "the cost of closing it.",
            where=table.symbol,
        )


def _on_orders(
    table: CandleTable, execution: Execution, walked: Walk
) -> Iterator[Finding]:
    if not walked.refused:
        return
    dearest = float(table.open.min()) * execution.lot_size
    yield Finding(
        "ORDER_TOO_SMALL",
        Severity.WARNING,
        f"{walked.refused:,} entry orders were not filled: what the sizing and the "
        "cash allowed was below one lot or the minimum order.",
        where=table.symbol,
        fix=f"At its lowest price a lot costs {dearest:,.8g}: use more capital, a "
        "larger size, or a smaller lot_size."
        if execution.lot_size
        else "Use more capital or a larger size, or lower minimum_order.",
        count=walked.refused,
        details={"cheapest_lot": dearest, "minimum_order": execution.minimum_order},
    )


def _on_settings(
    table: CandleTable, execution: Execution, risk: Risk
) -> Iterator[Finding]:
    if execution.fill == "close":
        yield Finding(
            "FILLED_AT_SIGNAL_CLOSE",
            Severity.INFO,
            "Orders fill at the very close that gave the signal: it is assumed that "
            "one can know it and still trade at it.",
            fix='fill="next_open" does not assume it.',
        )
    if execution.max_entries > 1 and isinstance(risk.sizing, AllIn):
        yield Finding(
            "NOTHING_LEFT_TO_ADD",
            Severity.WARNING,
            f"max_entries is {execution.max_entries}, but the first entry takes all of "
            "the cash, so no other can follow.",
            fix="Choose a sizing that leaves cash, such as FractionOfEquity(0.25).",
        )
    if execution.funding is not None and len(execution.funding):
        index = execution.funding.index
        if index[-1] < table.index[0] or index[0] > table.index[-1]:
            yield Finding(
                "FUNDING_OUTSIDE_CANDLES",
                Severity.WARNING,
                f"Funding was given from {index[0]} to {index[-1]}, none of it within "
                "the candles, so none was paid.",
            )
