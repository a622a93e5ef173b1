"""From candles or prices and a strategy to the evaluator that searches them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from foresto_lab.backtest.execution import Execution
from foresto_lab.backtest.front import DEFAULT_CAPITAL
from foresto_lab.errors import InputError
from foresto_lab.optimize.evaluation import Evaluator
from foresto_lab.optimize.several import Aggregate


def evaluator_of(
    candles: Any,
    strategy: Any,
    *,
    execution: Execution | None = None,
    initial_capital: float = DEFAULT_CAPITAL,
    parameters: Mapping[str, Any] | None = None,
    symbol: str = "",
    aggregate: Aggregate = "mean",
) -> Evaluator:
    """Return the evaluator of whatever is to be searched.

    Parameters
    ----------
    candles : DataFrame, CandleTable, mapping of symbol to either, or None
        None where ``strategy`` is an evaluator.
    strategy : Strategy, its class, mapping, str, or Evaluator
    execution, initial_capital, symbol
        As ``fl.backtest`` takes them.
    parameters : mapping, optional
        Values that are not searched, in place of the strategy's own.
    aggregate : "mean", "median" or "min"
        What a figure of several symbols is; each is traded on its own account.
    """
    if is_evaluator(strategy):
        evaluator: Evaluator = strategy
        return evaluator
    terms: dict[str, Any] = {
        "execution": execution,
        "initial_capital": initial_capital,
        "parameters": parameters,
    }
    if candles is None:
        raise InputError(
            message="No candles were given. Hand in a DataFrame of open, high, low, "
            "close and volume by time, or an evaluator in place of the strategy."
        )
    if _holds_several(candles):
        from foresto_lab.optimize.several import SeveralEvaluator

        return SeveralEvaluator.of(candles, strategy, aggregate=aggregate, **terms)
    from foresto_lab.optimize.backtest_evaluator import BacktestEvaluator

    return BacktestEvaluator.of(candles, strategy, symbol=symbol, **terms)


def is_evaluator(given: object) -> bool:
    """Return whether this can be searched as it is."""
    asked = ("evaluate", "returns", "describe")
    return not isinstance(given, type) and all(hasattr(given, name) for name in asked)


def _holds_several(candles: object) -> bool:
    if isinstance(candles, Mapping):
        return True
    return isinstance(candles, pd.DataFrame) and candles.columns.nlevels == 2
