"""The same simulations by bt and vectorbt, for the tests and the benchmarks."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import bt


def bt_run(prices: pd.DataFrame, weights: Mapping[str, float], when: Any) -> Any:
    """Return bt's backtest, run, of a strategy with one algo that says when."""
    strategy = bt.Strategy(
        "peer",
        [
            bt.algos.SelectAll(),
            bt.algos.WeighSpecified(**weights),
            when,
            bt.algos.Rebalance(),
        ],
    )
    backtest = bt.Backtest(
        strategy,
        prices[list(weights)],
        integer_positions=False,
        initial_capital=1_000_000.0,
        progress_bar=False,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        backtest.run()
    return backtest


def bt_value(
    prices: pd.DataFrame, weights: Mapping[str, float], when: Any
) -> pd.Series:
    """Return the value that bt finds on each row of prices."""
    strategy = bt_run(prices, weights, when).strategy
    value: pd.Series = strategy.values  # noqa: PD011 - a Series, not a frame's array
    return value.loc[prices.index[0] :]


def vectorbt_portfolio(
    prices: pd.DataFrame,
    weights: Sequence[float] | np.ndarray,
    rows: Sequence[int],
    fees: float = 0.0,
) -> Any:
    """Return vectorbt's portfolio that orders the targets on row 0 and on ``rows``.

    ``weights`` may have a row for each of many portfolios.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import vectorbt

        targets = np.atleast_2d(np.asarray(weights, dtype=float))
        n_portfolios, n_assets = targets.shape
        size = np.full((len(prices), n_portfolios * n_assets), np.nan)
        size[[0, *rows]] = targets.ravel()
        names = pd.MultiIndex.from_product([range(n_portfolios), prices.columns])
        close = pd.concat([prices] * n_portfolios, axis=1).set_axis(names, axis=1)
        return vectorbt.Portfolio.from_orders(
            close,
            size=pd.DataFrame(size, index=prices.index, columns=names),
            size_type="targetpercent",
            group_by=0,
            cash_sharing=True,
            call_seq="auto",
            fees=fees,
            init_cash=1_000_000.0,
            freq="1D",
        )
