"""Preflight of a strategy on several symbols that share one account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.findings import Finding
from foresto_lab.preflight.report import PreflightReport
from foresto_lab.preflight.strategy.checks import (
    CandleQuality,
    CandlesRefused,
    ConstantPrices,
    NoCandles,
    PriceJump,
    RunRefused,
    ZeroTrades,
)
from foresto_lab.preflight.strategy.explanation import ZeroTradeExplanation
from foresto_lab.preflight.strategy.inputs import StrategyInputs, sentence_of
from foresto_lab.preflight.strategy.readings import bar_time
from foresto_lab.preflight.strategy.zero_trades import condition_shares
from foresto_lab.types import Severity

if TYPE_CHECKING:
    from foresto_lab.market.candle_table import CandleTable

_OF_CANDLES: Final = (NoCandles, ConstantPrices, CandleQuality, PriceJump)
MOST_SYMBOLS: Final = 300
"""Symbols whose candles are looked at one by one; of more, the first."""
_SAMPLES: Final = 5


def check_several(
    inputs: StrategyInputs,
    candles: Mapping[str, Any],
    findings: Iterable[Finding],
) -> PreflightReport:
    """Return what stands against a backtest of several symbols on one account.

    Parameters
    ----------
    inputs : StrategyInputs
        Without candles.
    candles : mapping of symbol to CandleTable or DataFrame
    findings : iterable of Finding
        Of the definition and the arguments.
    """
    tables, refused = _cut(inputs, candles)
    found = [*findings, *refused]
    if refused:
        return PreflightReport.of(inputs.subject, found)
    found += _candle_findings(inputs, tables)
    trades, refusal = _count_trades(inputs, tables)
    if refusal is not None:
        found.append(refusal)
    explanation = _explain(inputs, tables) if trades == 0 else None
    if explanation is not None:
        found.append(
            Finding(
                code=ZeroTrades.code,
                severity=ZeroTrades.severity,
                message=f"It would not trade on {len(tables):,} symbols. "
                f"{explanation.headline()}",
                fix=explanation.suggestion(),
                count=0,
                details={"reason": explanation.reason, "bars": explanation.bars},
            )
        )
    times = [
        t for table in tables.values() for t in table.open_times[[0, -1][: len(table)]]
    ]
    return PreflightReport.of(
        inputs.subject,
        found,
        predicted_trades=trades,
        explanation=explanation,
        conditions=explanation.conditions if explanation else (),
        bars=sum(map(len, tables.values())),
        first_bar=bar_time(int(min(times))) if times else "",
        last_bar=bar_time(int(max(times))) if times else "",
    )


def _cut(
    inputs: StrategyInputs, candles: Mapping[str, Any]
) -> tuple[dict[str, CandleTable], list[Finding]]:
    """Return each symbol's candles within the dates, and what was refused of them."""
    tables: dict[str, CandleTable] = {}
    refused: list[Finding] = []
    for symbol, given in candles.items():
        own = replace(inputs, candles=given, symbol=str(symbol))
        refused += CandlesRefused().check(own)
        if own.span.table is not None:
            tables[str(symbol)] = own.span.table
    return tables, refused


def _count_trades(
    inputs: StrategyInputs, tables: Mapping[str, CandleTable]
) -> tuple[int | None, Finding | None]:
    """Return the trades that the engine makes, or what it said."""
    from foresto_lab.backtest.many import backtest_many

    strategy = inputs.definition.strategy
    if strategy is None or inputs.refused_arguments or inputs.capital is None:
        return None, None
    try:
        result = backtest_many(
            tables, strategy, inputs.settings, initial_capital=inputs.capital
        )
    except Exception as error:
        return None, Finding(
            code=RunRefused.code,
            severity=RunRefused.severity,
            where="execution",
            message=sentence_of(error),
            details={"error": type(error).__name__},
        )
    return len(result.trades), None


def _candle_findings(
    inputs: StrategyInputs, tables: Mapping[str, CandleTable]
) -> Iterator[Finding]:
    """Yield what is found in the candles, one finding per code for all symbols.

    What would stop a run of one symbol is a warning while there are others.
    """
    by_code: dict[str, list[tuple[str, Finding]]] = {}
    for symbol, table in list(tables.items())[:MOST_SYMBOLS]:
        own = replace(inputs, candles=table, symbol=symbol)
        for check in _OF_CANDLES:
            for finding in check().check(own):
                by_code.setdefault(finding.code, []).append((symbol, finding))
    for found in by_code.values():
        symbols = [symbol for symbol, _ in found]
        first = found[0][1]
        if len(found) < len(tables) and first.severity is Severity.ERROR:
            first = replace(first, severity=Severity.WARNING)
        if len(found) == 1:
            yield replace(first, where=symbols[0])
            continue
        yield replace(
            first,
            where=f"{len(found):,} symbols",
            message=f"{symbols[0]}: {first.message}",
            count=sum(finding.count for _, finding in found),
            samples=tuple(symbols[:_SAMPLES]),
        )


def _explain(
    inputs: StrategyInputs, tables: Mapping[str, CandleTable]
) -> ZeroTradeExplanation:
    """Return why nothing is traded: of the symbol whose conditions held most."""
    bars = sum(map(len, tables.values()))
    best: tuple[int, ZeroTradeExplanation] | None = None
    for symbol, table in list(tables.items())[:MOST_SYMBOLS]:
        own = replace(inputs, candles=table, symbol=symbol)
        shares = condition_shares(own.readings, table.open_times)
        held = sum(share.held_bars for share in shares)
        told = own.explanation
        if told is not None and (best is None or held > best[0]):
            best = (held, told)
    return best[1] if best else ZeroTradeExplanation("never_signalled", bars)
