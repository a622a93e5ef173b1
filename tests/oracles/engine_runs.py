"""Runs of every kernel on random portfolios: compiled or, in another process, plain.

``python -m tests.oracles.engine_runs FILE`` writes the results as a NumPy archive; with
``NUMBA_DISABLE_JIT=1`` every step of every kernel is then plain Python.
"""

from __future__ import annotations

import itertools
import sys

import numpy as np

from foresto_lab import engine
from foresto_lab.engine import backtest as walks
from foresto_lab.engine.backtest_figures import (
    N_BACKTEST_FIGURES,
    backtest_figures_kernel,
)
from foresto_lab.engine.backtest_sweep import sweep_backtests
from foresto_lab.metrics import period_ends
from tests.oracles.account_worlds import make_world, run_engine
from tests.oracles.sweep_worlds import make_world as make_sweep_world

N_SESSIONS = 90
N_ASSETS = 3
TARGETS = np.array([[0.5, 0.3, 0.2, 0.0], [0.3, 0.3, 0.1, 0.3], [0.25, 0.75, 0.0, 0.0]])


def run_kernels() -> dict[str, np.ndarray]:
    """Return what each kernel writes, by the name of the run."""
    random = np.random.default_rng(20240102)
    steps = random.normal(0.0003, 0.02, size=(N_SESSIONS, N_ASSETS))
    prices = np.ascontiguousarray(50.0 * np.exp(np.cumsum(steps, axis=0)).T)
    due = np.zeros(N_SESSIONS, dtype=bool)
    due[[21, 42, 43, 63, N_SESSIONS - 1]] = True
    switches = itertools.product(range(5), *[(False, True)] * 3)
    runs: dict[str, np.ndarray] = {}
    for decision, relative, to_edge, at_next_close in switches:
        rule = (due, decision, 0.02, relative, to_edge, at_next_close, 0.002)
        name = f"{decision}{relative:d}{to_edge:d}{at_next_close:d}"
        runs[f"sweep{name}"] = run_sweep(prices, rule)
        for number, targets in enumerate(TARGETS):
            runs[f"walk{name}{number}"] = run_walk(prices, targets, rule)
    return runs | run_accounts() | run_backtests(random) | run_backtest_sweeps()


def run_backtest_sweeps() -> dict[str, np.ndarray]:
    """Return the figures and sums of a few random sweeps."""
    runs: dict[str, np.ndarray] = {}
    for seed in range(16):
        market, signals, accounts, edges = make_sweep_world(seed, most_bars=160)
        found = sweep_backtests(market, signals, accounts, block_edges=edges)
        runs[f"backtest_sweep{seed}"] = found.figures
        runs[f"backtest_sweep{seed}sums"] = found.block_sums
    return runs


def run_accounts() -> dict[str, np.ndarray]:
    """Return what the account walk writes, everything mixed."""
    runs: dict[str, np.ndarray] = {}
    joints, methods = ("DATE", "DRIFT", "ALL", "ANY"), ("", "FIFO", "AVERAGE")
    for number in range(24):
        world = make_world(
            number,
            n=3,
            sessions=60,
            n_rows=2,
            amount=1e6,
            method=methods[number % 3],
            joint=joints[number % 4],
        )
        run = run_engine(world)
        for name in ("nav", "cash_flow", "totals", "weights", "amounts", "ledger"):
            runs[f"account{number}{name}"] = getattr(run, name)
    return runs


def run_backtests(random: np.random.Generator) -> dict[str, np.ndarray]:
    """Return what the backtest's kernels write, with every option at some time."""
    n_bars = 400
    close = 100.0 * np.exp(random.normal(0.0, 0.02, n_bars).cumsum())
    opening = np.concatenate(([100.0], close[:-1])) * random.normal(1, 0.005, n_bars)
    high = np.maximum(opening, close) * random.uniform(1.0, 1.02, n_bars)
    low = np.minimum(opening, close) / random.uniform(1.0, 1.02, n_bars)
    bits = random.choice([0, 0, 0, 1, 2, 4, 8, 5], n_bars).astype(np.uint8)
    times = 60_000_000 * np.arange(n_bars, dtype=np.int64)
    runs: dict[str, np.ndarray] = {}
    for number in range(24):
        rules = walks.Rules(
            initial_capital=10_000.0,
            fills_at_close=float(number % 2),
            fee_rate=0.001,
            maker_fee_rate=0.0002,
            slippage=0.0005 * (number % 3),
            leverage=(1.0, 3.0, 20.0)[number % 3],
            maintenance=0.005,
            sizing=float(number % 4),
            size=(0.9, 500.0, 0.02, 0.4)[number % 4],
            lookback=10.0,
            periods_per_year=365.0,
            lot_size=(0.0, 0.1)[number // 2 % 2],
            minimum_order=0.0,
            on_opposite=float(number % 3),
            allow_short=float(number % 5 != 0),
            max_entries=1.0 + number % 2,
            stop_loss=0.03,
            take_profit=0.05 * (number // 4 % 2),
            trailing_stop=0.02 * (number // 8 % 2),
            time_stop=15.0 * (number // 3 % 2),
        )
        runs[f"backtest{number}"] = run_backtest(
            (opening, high, low, close), bits, rules, times
        )
    return runs


def run_backtest(
    candles: tuple[np.ndarray, ...],
    bits: np.ndarray,
    rules: walks.Rules,
    times: np.ndarray,
) -> np.ndarray:
    """Return everything ``backtest_kernel`` and its figures' write, in one row."""
    n_bars = len(bits)
    account, equity = np.zeros(walks.N_ACCOUNT), np.empty(n_bars)
    trades = np.zeros((n_bars + 1, walks.N_TRADE_FIELDS))
    fills = np.zeros((2 * n_bars + 1, walks.N_FILL_FIELDS))
    finer = tuple(np.repeat(array, 2) for array in candles[:3])
    walks.backtest_kernel(
        candles,
        bits,
        rules,
        np.full(n_bars, 0.002),
        np.array([40, 200], dtype=np.int64),
        np.array([0.001, -0.002]),
        finer,
        2 * np.arange(n_bars + 1),
        account,
        equity,
        trades,
        fills,
    )
    figures = np.empty(N_BACKTEST_FIGURES)
    done = trades[: int(account[walks.N_TRADES])]
    backtest_figures_kernel(
        equity, times, done, 10_000.0, 100.0, 6e7, 1.5, 365.0, figures
    )
    written = (account, equity, trades, fills, figures)
    return np.concatenate([np.ravel(array) for array in written])


def run_walk(prices: np.ndarray, targets: np.ndarray, rule: tuple) -> np.ndarray:
    """Return everything ``walk_kernel`` and ``summary_kernel`` write, in one row."""
    nav, weights = np.empty(N_SESSIONS), np.empty((N_ASSETS, N_SESSIONS))
    sessions, triggers = np.zeros((2, N_SESSIONS), dtype=np.int64)
    amounts = np.zeros((N_SESSIONS, 4))
    event_weights = np.zeros((N_SESSIONS, 2, N_ASSETS))
    events = (sessions, triggers, amounts, event_weights)
    totals = engine.walk_kernel(prices, targets, 1e6, *rule, nav, weights, *events)
    figures = np.empty(engine.N_FIGURES)
    returns = nav[1:] / nav[:-1] - 1.0
    engine.summary_kernel(nav, returns, *calendar(), 0.5, 252.0, 0.0001, figures)
    written = (totals, nav, weights, *events, figures)
    return np.concatenate([np.ravel(array) for array in written])


def run_sweep(prices: np.ndarray, rule: tuple) -> np.ndarray:
    """Return the figures of all portfolios."""
    figures = np.empty((len(TARGETS), engine.N_COLUMNS))
    engine.sweep_kernel(prices, TARGETS, 1e6, *rule, *calendar(), 0.5, 252.0, figures)
    return figures


def calendar() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return day numbers, month ends and year ends of the sessions."""
    dates = np.busday_offset("2023-10-02", np.arange(N_SESSIONS)).astype(
        "datetime64[D]"
    )
    return dates.astype(np.int64), period_ends(dates, "M"), period_ends(dates, "Y")


if __name__ == "__main__":
    np.seterr(all="ignore")
    np.savez(sys.argv[1], **run_kernels())
