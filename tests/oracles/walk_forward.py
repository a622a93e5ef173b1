"""A walk-forward done the slow way, window by window with ``fl.backtest`` alone."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

import foresto_lab as fl
from foresto_lab.market.candle_table import parse_candles
from tests.oracles.splits import rolling_windows


def random_candles(
    n_bars: int, seed: int, volatility: float = 0.01, drift: float = 0.0
) -> pd.DataFrame:
    """Return hourly candles of a price that wanders."""
    random = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(random.normal(drift, volatility, n_bars)))
    opening = np.concatenate(([100.0], close[:-1]))
    reach = np.exp(np.abs(random.normal(0.0, volatility / 2, n_bars)))
    index = pd.date_range("2022-01-03", periods=n_bars, freq="1h", tz="UTC")
    return pd.DataFrame(
        {
            "open": opening,
            "high": np.maximum(opening, close) * reach,
            "low": np.minimum(opening, close) / reach,
            "close": close,
            "volume": 1.0,
        },
        index.as_unit("us"),
    )


def traded_until_the_end(
    frame: pd.DataFrame, side: str, risk: fl.Risk, execution: fl.Execution
) -> Any:
    """Return a backtest that is always in, and told to leave at the last close."""
    entries = np.ones(len(frame), dtype=bool)
    entries[-1] = False
    exits = ~entries
    leave = side.replace("entry", "exit")
    asked: dict[str, Any] = {side: entries, leave: exits}
    given = fl.Signals.of(**asked)

    class Given:
        name, checksum = "given", "given"

        def __init__(self) -> None:
            self.risk = risk

        def signals(self, _: Any) -> fl.Signals:
            return given

        def to_dict(self) -> dict[str, Any]:
            return {}

    return fl.backtest(frame, Given(), execution, initial_capital=1_000.0)


def pooled_reference(results: list[Any], capital: float) -> dict[str, float]:
    """Return the figures of the bars and closed trades of several backtests."""
    returns, trades = [], []
    for result in results:
        equity = np.concatenate(([capital], result.equity["equity"].to_numpy()))
        returns.extend(equity[1:] / equity[:-1] - 1.0)
        trades.extend(result.trades.to_dict("records"))
    closed = [trade for trade in trades if not trade["is_open"]]
    pnl = np.array([trade["pnl"] for trade in closed])
    rates = [trade["return_rate"] for trade in closed]
    bars, periods = np.array(returns), results[0].periods_per_year
    held = sum(np.count_nonzero(result.equity["position"]) for result in results)
    deviation = bars.std(ddof=1)
    short = np.sqrt(np.mean(np.minimum(bars, 0.0) ** 2))
    wins, losses = pnl[pnl > 0], pnl[pnl < 0]
    days = [(t["exit_time"] - t["entry_time"]) / pd.Timedelta("1D") for t in closed]
    growth = float(np.prod(1.0 + bars))
    found = {
        "total_return": growth - 1.0,
        "annual_return": growth ** (periods / len(bars)) - 1.0,
        "volatility": deviation * np.sqrt(periods),
        "sharpe": _over(bars.mean(), deviation) * np.sqrt(periods),
        "sortino": _over(bars.mean(), short) * np.sqrt(periods),
        "max_drawdown": min(result.metrics["max_drawdown"] for result in results),
        "exposure": held / len(bars),
        "total_trades": len(trades),
        "open_trades": len(trades) - len(closed),
        "win_rate": _over(len(wins), len(closed)),
        "profit_factor": _over(wins.sum(), -losses.sum()),
        "expectancy": _over(pnl.sum(), len(closed)),
        "average_win": _over(wins.sum(), len(wins)),
        "average_loss": _over(losses.sum(), len(losses)),
        "best_trade": max(rates, default=np.nan),
        "worst_trade": min(rates, default=np.nan),
        "average_trade": _over(sum(rates), len(closed)),
        "average_holding_time": _over(sum(days), len(closed)),
        "average_bars_held": _over(sum(t["bars_held"] for t in closed), len(closed)),
        "max_consecutive_wins": max(r.metrics["max_consecutive_wins"] for r in results),
        "max_consecutive_losses": max(
            r.metrics["max_consecutive_losses"] for r in results
        ),
        "total_fees": sum(trade["fees"] for trade in trades),
        "total_tax": sum(trade["tax"] for trade in trades),
        "total_funding": sum(trade["funding"] for trade in trades),
        "liquidations": sum(r.metrics["liquidations"] for r in results),
    }
    found["payoff_ratio"] = found["average_win"] / -found["average_loss"]
    spread = pnl.std(ddof=1) if len(pnl) > 1 else np.nan
    found["sqn"] = np.sqrt(len(pnl)) * pnl.mean() / spread if len(pnl) > 1 else np.nan
    return found


def _over(above: float, below: float) -> float:
    return above / below if below else float("nan")


@dataclass
class SlowWalk:
    """What the slow way came to."""

    chosen: list[dict[str, Any]]
    sharpes: list[float]
    ends: list[float]
    equity: list[float]


def slow_walk_forward(
    frame: pd.DataFrame,
    space: dict[str, list[int]],
    execution: fl.Execution,
    *,
    train: int,
    test: int,
    step: int | None = None,
    anchored: bool = False,
    embargo: int = 0,
) -> SlowWalk:
    """Walk forward with nothing but ``fl.backtest`` on slices."""
    walk = SlowWalk([], [], [], [])
    capital, covered = 10_000_000.0, train + embargo
    windows = rolling_windows(len(frame), train, test, step or test, anchored, embargo)
    combinations = [
        dict(zip(space, values, strict=True)) for values in product(*space.values())
    ]
    for seen, traded in windows:
        results = [
            _on_slice(frame, row, execution, seen, 10_000_000.0) for row in combinations
        ]
        sharpes = [float(result.metrics["sharpe"]) for result in results]
        best = int(np.nanargmax(sharpes))
        walk.chosen.append(combinations[best])
        walk.sharpes.append(sharpes[best])
        out = _on_slice(frame, combinations[best], execution, traded, capital)
        equity = out.equity["equity"].tolist()
        equity[-1] = _closed(out, execution)
        walk.equity += [capital] * (traded[0] - covered) + equity
        capital, covered = equity[-1], traded[-1] + 1
        walk.ends.append(capital)
    return walk


def _on_slice(
    frame: pd.DataFrame,
    parameters: dict[str, Any],
    execution: fl.Execution,
    bars: list[int],
    capital: float,
) -> Any:
    """Return a backtest of some bars, with the signals known from all before."""
    known = frame.iloc[: bars[-1] + 1]
    strategy = fl.SmaCross(**parameters)
    given = strategy.signals(parse_candles(known))
    own = slice(bars[0], bars[-1] + 1)
    return fl.backtest(
        frame.iloc[own], fl.Signals(given.bits[own]), execution, initial_capital=capital
    )


def _closed(result: Any, execution: fl.Execution) -> float:
    """Return the last equity after what is held was sold at the last close."""
    last = result.equity.iloc[-1]
    if last["position"] == 0.0:
        return float(last["equity"])
    slippage, fee = execution.slippage_bps * 1e-4, execution.fee_rate
    worth = abs(last["position_value"])
    assert last["position"] > 0.0
    return float(last["cash"] + worth * (1.0 - slippage) * (1.0 - fee))
