"""Preflight of a backtest as asked for: always a report, whatever was named."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.errors import ForestoError, nearest_names
from foresto_lab.preflight.report import PreflightReport
from foresto_lab.preflight.strategy import StrategyInputs, check_strategy
from foresto_lab.runs.backtest import (
    ResolvedStrategy,
    inputs_of,
    plan_backtest,
    preflight_backtest,
)

if TYPE_CHECKING:
    from foresto_lab.runs.backtest_candles import BacktestData


_OF_BACKTESTS: Final = frozenset({"symbols", "timeframe", "initial_capital", "finer"})
_OF_SIMULATIONS: Final = frozenset(
    {"rebalancing", "initial_amount", "instruments", "calendar"}
)


def names_strategy(
    given: Any,
    options: Collection[str],
    *,
    scenarios: Callable[[], Collection[str]],
    strategies: Callable[[], Collection[str]],
) -> bool:
    """Return whether a strategy is meant, rather than a scenario or a portfolio.

    The options decide where they belong to one of the two; then what is given: weights
    are numbers, a strategy's JSON is not; a scenario's name comes before a strategy's,
    and a name that is neither is what it is nearest to.
    """
    if _OF_BACKTESTS & set(options):
        return True
    if _OF_SIMULATIONS & set(options):
        return False
    if isinstance(given, Mapping):
        return any(not isinstance(value, int | float) for value in given.values())
    if not isinstance(given, str):
        return isinstance(given, Path) or hasattr(given, "signals")
    if given.casefold().endswith(".json") or given.lstrip().startswith("{"):
        return True
    return _is_nearer_to_strategies(given, scenarios(), strategies())


def _is_nearer_to_strategies(
    given: str, scenarios: Collection[str], strategies: Collection[str]
) -> bool:
    name = given.partition("@")[0].casefold()
    if name in {scenario.casefold() for scenario in scenarios}:
        return False
    nearest = nearest_names(name, [*strategies, *scenarios], 1)
    return not nearest or nearest[0] not in scenarios


def preflight_asked(
    strategy: Any,
    *,
    resolve: Callable[[Any], ResolvedStrategy],
    data: BacktestData,
    symbols: str | Sequence[str] | None = None,
    timeframe: Any = "1d",
    **options: Any,
) -> PreflightReport:
    """Return what stands against a backtest on stored candles; nothing is raised.

    Parameters
    ----------
    strategy : object
        What ``lab.backtest`` takes, or anything else.
    resolve : callable
        Finds the strategy that is named, with the indicators it may use.
    data : BacktestData
    symbols : str or sequence of str, optional
        Left out, the definition alone is checked.
    options
        The others of :func:`foresto_lab.runs.backtest.plan_backtest`.
    """
    try:
        resolved = resolve(strategy)
    except ForestoError as error:
        return check_strategy(StrategyInputs(error, name=_name_of(strategy)))
    if not symbols:
        return check_strategy(_inputs(resolved, None))
    try:
        plan = plan_backtest(
            resolved, data=data, symbols=symbols, timeframe=timeframe, **options
        )
        return preflight_backtest(plan, *inputs_of(plan, data))
    except ForestoError as error:
        return check_strategy(_inputs(resolved, error, timeframe=timeframe, **options))


def _inputs(
    resolved: ResolvedStrategy,
    candles: Any,
    *,
    start: Any = None,
    end: Any = None,
    execution: Any = None,
    initial_capital: Any = 10_000_000,
    timeframe: Any = None,
    **_: Any,
) -> StrategyInputs:
    return StrategyInputs(
        resolved.strategy,
        candles,
        (start, end),
        execution,
        initial_capital,
        timeframe,
        catalog=resolved.catalog,
        inactive_indicators=resolved.inactive_indicators,
        name=resolved.name,
    )


def _name_of(strategy: Any) -> str:
    return strategy[-80:] if isinstance(strategy, str) else ""
