"""Preflight of a strategy: its definition, its candles, and a dry run of both.

A new check is one new file in ``checks``, one line in ``STRATEGY_CHECKS``, one entry in
``docs/preflight.md`` and one test file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.preflight.report import PreflightReport
from foresto_lab.preflight.strategy.checks import (
    QUALITY_CODES,
    ArgumentRefused,
    CandleQuality,
    CandlesRefused,
    CapitalBelowOneLot,
    ConditionAlwaysHolds,
    ConstantPrices,
    DefinitionUnsound,
    FewTrades,
    IndicatorNotActive,
    IndicatorWithoutOutput,
    LeverageWithoutStop,
    LookAhead,
    MinimumOrderNotMet,
    NeverExits,
    NoCandles,
    OneCandle,
    PriceJump,
    RunRefused,
    SettlementCurrency,
    ShortsNotAllowed,
    SideNeverEnters,
    SpanTooShort,
    StopBeyondLiquidation,
    StrategyFailed,
    UndefinedColumn,
    WarmUpUnsettled,
    ZeroTrades,
)
from foresto_lab.preflight.strategy.explanation import ZeroTradeExplanation
from foresto_lab.preflight.strategy.inputs import StrategyCheck, StrategyInputs
from foresto_lab.preflight.strategy.readings import bar_time
from foresto_lab.strategies.finding_list import DEFINITION_CODES

if TYPE_CHECKING:
    from foresto_lab.backtest import Execution

STRATEGY_CHECKS: Final[dict[str, type[StrategyCheck]]] = {
    **dict.fromkeys(DEFINITION_CODES, DefinitionUnsound),
    "STRATEGY_UNREADABLE": DefinitionUnsound,
    "INDICATOR_NOT_ACTIVE": IndicatorNotActive,
    "INDICATOR_WITHOUT_OUTPUT": IndicatorWithoutOutput,
    "ARGUMENT_REFUSED": ArgumentRefused,
    "SETTLEMENT_CURRENCY": SettlementCurrency,
    "CANDLES_REFUSED": CandlesRefused,
    "NO_CANDLES": NoCandles,
    "ONE_CANDLE": OneCandle,
    "SPAN_TOO_SHORT": SpanTooShort,
    "CONSTANT_PRICES": ConstantPrices,
    **dict.fromkeys(QUALITY_CODES, CandleQuality),
    "PRICE_JUMP": PriceJump,
    "CAPITAL_BELOW_ONE_LOT": CapitalBelowOneLot,
    "MINIMUM_ORDER_NOT_MET": MinimumOrderNotMet,
    "STOP_BEYOND_LIQUIDATION": StopBeyondLiquidation,
    "LEVERAGE_WITHOUT_STOP": LeverageWithoutStop,
    "STRATEGY_FAILED": StrategyFailed,
    "RUN_REFUSED": RunRefused,
    "ZERO_TRADES": ZeroTrades,
    "FEW_TRADES": FewTrades,
    "SIDE_NEVER_ENTERS": SideNeverEnters,
    "CONDITION_ALWAYS_HOLDS": ConditionAlwaysHolds,
    "NEVER_EXITS": NeverExits,
    "SHORTS_NOT_ALLOWED": ShortsNotAllowed,
    "UNDEFINED_COLUMN": UndefinedColumn,
    "LOOK_AHEAD": LookAhead,
    "WARM_UP_UNSETTLED": WarmUpUnsettled,
}
"""Every code that a strategy's preflight can give, and the check that gives it."""

_CHECKS: Final[tuple[type[StrategyCheck], ...]] = tuple(
    dict.fromkeys((DefinitionUnsound, *STRATEGY_CHECKS.values()))
)


def check_strategy(inputs: StrategyInputs) -> PreflightReport:
    """Run every strategy check and return what they found, the gravest first.

    Where the candles are a mapping of symbol to table, those symbols share one account.
    """
    if isinstance(inputs.candles, Mapping):
        from foresto_lab.preflight.strategy.several import check_several

        alone = replace(inputs, candles=None)
        findings = [finding for check in _CHECKS for finding in check().check(alone)]
        return check_several(alone, inputs.candles, findings)
    findings = [finding for check in _CHECKS for finding in check().check(inputs)]
    return PreflightReport.of(
        inputs.subject,
        findings,
        predicted_trades=inputs.dry_run.trades,
        explanation=inputs.explanation,
        **_candle_facts(inputs),
    )


def _candle_facts(inputs: StrategyInputs) -> dict[str, Any]:
    """Return which candles were looked at, and how often each condition held."""
    from foresto_lab.preflight.strategy.zero_trades import condition_shares

    table = inputs.span.table
    if table is None:
        return {}
    facts: dict[str, Any] = {
        "bars": len(table),
        "conditions": tuple(condition_shares(inputs.readings, table.open_times)),
    }
    if len(table):
        facts["first_bar"] = bar_time(int(table.open_times[0]))
        facts["last_bar"] = bar_time(int(table.open_times[-1]))
    return facts


def preflight(
    strategy: Any,
    candles: Any = None,
    date_range: Any = None,
    *,
    execution: Execution | None = None,
    initial_capital: float = 10_000_000,
    timeframe: str | None = None,
) -> PreflightReport:
    """Return what stands against a backtest, without running it; never raises.

    Parameters
    ----------
    strategy : Strategy, mapping, str or Path
        A strategy, its JSON, the name of a built-in one, or a JSON file.
    candles : DataFrame or CandleTable, optional
        What it would run on; left out, the definition alone is checked. A frame with
        columns (symbol, field), or a mapping of symbol to candles, is several symbols
        on one account.
    date_range : pair, optional
        First and last day or instant, inclusive, either may be None.
    execution : Execution, optional
        How it would trade; the default one if left out.
    initial_capital : float
        In the account's currency.
    timeframe : str, optional
        Of the candles; by default their most frequent spacing.

    Returns
    -------
    PreflightReport
        Findings, ``predicted_trades`` as the engine itself counts them, and, where they
        are 0, the ``explanation``.
    """
    return check_strategy(
        StrategyInputs(
            given=strategy,
            candles=_by_symbol(candles),
            date_range=date_range,
            execution=execution,
            initial_capital=initial_capital,
            timeframe=timeframe,
        )
    )


def _by_symbol(candles: Any) -> Any:
    """Return a frame of several symbols as a mapping; anything else as it is."""
    if getattr(getattr(candles, "columns", None), "nlevels", 1) < 2:
        return candles
    from foresto_lab.market.candle_table import parse_candle_tables

    try:
        return parse_candle_tables(candles)
    except Exception as error:
        return error


__all__ = [
    "STRATEGY_CHECKS",
    "StrategyCheck",
    "StrategyInputs",
    "ZeroTradeExplanation",
    "check_strategy",
    "preflight",
]
