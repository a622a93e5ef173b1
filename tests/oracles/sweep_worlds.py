"""Random sweeps: candles, conditions of every kind, and every rule there is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from foresto_lab.engine import sweep_terms as terms
from foresto_lab.engine.sweep_terms import (
    N_LEAF_FIELDS,
    SweepAccounts,
    SweepMarket,
    SweepSignals,
)

HOUR = 3_600_000_000
N_PRICES, N_AVERAGES, N_OSCILLATORS = 4, 4, 2
N_COLUMNS = N_PRICES + N_AVERAGES + N_OSCILLATORS


class World(NamedTuple):
    """What ``sweep_backtests`` and the slow sweep are both given."""

    market: SweepMarket
    signals: SweepSignals
    accounts: SweepAccounts
    block_edges: np.ndarray


def make_world(seed: int, *, most_bars: int = 1_800, most: int = 5) -> World:
    """Return a sweep of a few combinations, on all bars or on a span of them."""
    random = np.random.default_rng(seed)
    n_bars = int(random.integers(1, most_bars))
    prices = _prices(random, n_bars)
    first, last = 0, n_bars
    if random.random() < 0.5:
        first = int(random.integers(0, n_bars))
        last = int(random.integers(first + 1, n_bars + 1))
    n = int(random.integers(1, most + 1))
    rules_of = np.arange(n, dtype=np.int32)
    if n > 2 and random.random() < 0.3:
        rules_of[1] = -1
    edges = np.linspace(0, last - first, min(4, last - first) + 1).astype(np.int64)
    return World(
        _market(random, prices[:, first:last]),
        _signals(random, prices, n, first),
        SweepAccounts(np.array([_rules(random) for _ in range(n)]), rules_of),
        edges if random.random() < 0.7 else np.zeros(0, dtype=np.int64),
    )


def _prices(random: np.random.Generator, n_bars: int) -> np.ndarray:
    """Return open, high, low and close, with gaps; closes may repeat."""
    rough = random.choice([0.002, 0.01, 0.05])
    close = np.round(100 * np.exp(np.cumsum(random.normal(0, rough, n_bars))), 2) + 0.01
    opening = np.concatenate(([100.0], close[:-1]))
    gap = np.where(random.random(n_bars) < 0.3, random.normal(0, rough, n_bars), 0.0)
    opening *= np.exp(gap)
    beyond = 1 + abs(random.normal(0, rough / 2, (2, n_bars)))
    high = np.maximum(opening, close) * beyond[0]
    low = np.minimum(opening, close) / beyond[1]
    return np.array([opening, high, low, close])


def _market(random: np.random.Generator, prices: np.ndarray) -> SweepMarket:
    n_bars = prices.shape[1]
    opening, high, low, close = map(np.ascontiguousarray, prices)
    tax = np.array([random.choice([0.0, 0.002])])
    if random.random() < 0.3:
        tax = np.where(np.arange(n_bars) < n_bars // 2, 0.003, 0.001)
    bars = np.unique(random.integers(1, max(n_bars, 2), int(random.integers(0, 8))))
    bars = bars[bars < n_bars].astype(np.int64)
    finer, starts = (np.zeros(0),) * 3, np.zeros(0, dtype=np.int64)
    if random.random() < 0.3:
        inside = low[:, None] + (high - low)[:, None] * random.random((n_bars, 3))
        opened = inside.ravel()
        finer = (opened, opened * 1.002, opened / 1.002)
        starts = np.arange(0, 3 * n_bars + 1, 3)
    return SweepMarket(
        (opening, high, low, close),
        np.arange(n_bars) * HOUR,
        tax,
        bars,
        random.choice([0.0001, 0.01, -0.003], len(bars)),
        finer,
        starts,
        float(HOUR),
        n_bars / 8766,
        8760.0,
    )


def _signals(
    random: np.random.Generator, prices: np.ndarray, n: int, first: int
) -> SweepSignals:
    n_bars = prices.shape[1]
    leaves = [_leaf(random) for _ in range(int(random.integers(4, 30)))]
    clauses = [int(random.integers(0 if block else 1, 3)) for block in range(4)]
    slots = random.choice([0, 1, 1, 2, 2, 3], sum(clauses))
    often = random.random((2, n_bars)) < 0.1
    starts = np.concatenate(([0], np.cumsum(slots))).astype(np.int32)
    return SweepSignals(
        leaves=np.array([row for row, _ in leaves], dtype=np.int32),
        constants=np.array([constant for _, constant in leaves]),
        clause_starts=starts,
        block_starts=np.concatenate(([0], np.cumsum(clauses))).astype(np.int32),
        leaf_of_slot=random.integers(0, len(leaves), (n, starts[-1]), dtype=np.int32),
        columns=_columns(random, prices),
        given=np.where(often, random.integers(0, 16, (2, n_bars)), 0).astype(np.uint8),
        first=first,
    )


def _columns(random: np.random.Generator, prices: np.ndarray) -> np.ndarray:
    n_bars = prices.shape[1]
    columns = np.full((N_COLUMNS, n_bars), np.nan)
    columns[:N_PRICES] = prices
    for place in range(N_AVERAGES):
        window = 5 * (place + 1)
        average = np.convolve(prices[3], np.full(window, 1 / window))[:n_bars]
        columns[N_PRICES + place, window - 1 :] = average[window - 1 :]
    columns[N_PRICES + N_AVERAGES :] = random.normal(50, 20, (N_OSCILLATORS, n_bars))
    return np.round(columns, 2)


def _leaf(random: np.random.Generator) -> tuple[list[int], float]:
    """Return a leaf's row and its constant; crossings are the likeliest."""
    row = dict.fromkeys(terms.LEAF_FIELDS, 0) | {"right": -1}
    likely = np.array([1, 2, 3, 3, 2, 3, 2, 1, 1, 6, 6, 2, 2, 1, 1])
    row["kind"] = kind = int(random.choice(len(likely), p=likely / likely.sum()))
    if kind == terms.GIVEN:
        row |= {"left": random.integers(0, 2), "number": random.integers(1, 16)}
        return list(row.values()), 0.0
    row |= {
        "left": random.integers(0, N_COLUMNS),
        "left_shift": random.choice([0, 0, 0, 1, 3]),
    }
    if kind >= terms.RISING:
        row["number"] = random.choice([1, 2, 3, 70])
        return list(row.values()), 0.0
    if row["left"] >= N_PRICES + N_AVERAGES:
        return list(row.values()), float(random.choice([20, 30, 50, 70]))
    if random.random() < 0.8:
        row["right"] = random.integers(0, N_PRICES + N_AVERAGES)
        row["right_shift"] = random.choice([0, 0, 1, 2])
    assert len(row) == N_LEAF_FIELDS
    return list(row.values()), 100.0


def _rules(random: np.random.Generator) -> list[float]:
    """Return rules in the order of ``engine.backtest.Rules``."""
    stop = random.choice([0, 0, 0.01, 0.03, 0.1])
    sizing = int(random.choice([0, 0, 0, 1, 2, 3]))
    sizing = 0 if sizing == 2 and stop == 0 else sizing
    size = (random.choice([1.0, 0.3]), 2_500.0, 0.02, 0.5)[sizing]
    return [
        random.choice([150.0, 10_000.0]),
        float(random.random() < 0.4),
        random.choice([0, 0.0004, 0.01]),
        random.choice([0, 0.0002]),
        random.choice([0, 0, 0.001, 0.02]),
        random.choice([1, 1, 2.5, 10, 20]),
        random.choice([0, 0.005, 0.02]),
        sizing,
        size,
        5,
        8760,
        random.choice([0, 0, 1, 0.1]),
        random.choice([0, 0, 500]),
        random.integers(0, 3),
        float(random.random() < 0.7),
        random.choice([1, 1, 3]),
        stop,
        random.choice([0, 0, 0.01, 0.05]),
        random.choice([0, 0, 0.003, 0.02, 0.1]),
        random.choice([0, 0, 1, 2, 7, 60]),
    ]
