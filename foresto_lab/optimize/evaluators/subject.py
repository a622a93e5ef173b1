"""From candles or prices and a strategy to the evaluator that searches them."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

import pandas as pd

from foresto_lab.backtest.execution import Execution
from foresto_lab.backtest.front import DEFAULT_CAPITAL
from foresto_lab.errors import InputError
from foresto_lab.optimize.evaluation import Evaluator
from foresto_lab.optimize.evaluators.several import Aggregate


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
        None where ``strategy`` is an evaluator; prices, as ``fl.simulate`` takes them,
        where it is a portfolio.
    strategy : Strategy, its class, mapping, str, Evaluator, Scenario, Portfolio
        Or a mapping of asset to weight.
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
    if is_portfolio(strategy):
        return _portfolio(candles, strategy, execution, initial_capital, parameters)
    if _holds_several(candles):
        from foresto_lab.optimize.evaluators.several import SeveralEvaluator

        return SeveralEvaluator.of(candles, strategy, aggregate=aggregate, **terms)
    from foresto_lab.optimize.evaluators.backtest_evaluator import BacktestEvaluator

    return BacktestEvaluator.of(candles, strategy, symbol=symbol, **terms)


def is_evaluator(given: object) -> bool:
    """Return whether this can be searched as it is."""
    asked = ("evaluate", "returns", "describe")
    return not isinstance(given, type) and all(hasattr(given, name) for name in asked)


def is_portfolio(given: object) -> bool:
    """Return whether this is a portfolio: weights by asset, or something with them."""
    if isinstance(given, Mapping):
        return bool(given) and all(
            isinstance(weight, Real) and not isinstance(weight, bool)
            for weight in given.values()
        )
    return hasattr(given, "weights") and not hasattr(given, "signals")


def _portfolio(
    prices: Any,
    weights: Any,
    execution: Execution | None,
    initial_capital: float,
    parameters: Mapping[str, Any] | None,
) -> Evaluator:
    if execution is not None:
        raise InputError(
            message="execution is for strategies on candles. For a portfolio give the "
            "rule and its cost: parameters={'rule': fl.Periodic('MONTHLY')}, or make "
            "a PortfolioEvaluator."
        )
    from foresto_lab.optimize.evaluators.portfolio_evaluator import PortfolioEvaluator

    return PortfolioEvaluator.of(
        prices, weights, initial_amount=initial_capital, parameters=parameters
    )


def _holds_several(candles: object) -> bool:
    if isinstance(candles, Mapping):
        return True
    return isinstance(candles, pd.DataFrame) and candles.columns.nlevels == 2
