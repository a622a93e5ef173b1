"""A sweep the slow way: signals bar by bar, then the single engine one by one."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from foresto_lab.engine import sweep_terms as terms
from foresto_lab.engine.backtest import (
    BARS_HELD,
    N_ACCOUNT,
    N_FILL_FIELDS,
    N_TRADE_FIELDS,
    N_TRADES,
    Rules,
    backtest_kernel,
)
from foresto_lab.engine.backtest_figures import (
    N_BACKTEST_FIGURES,
    backtest_figures_kernel,
)
from foresto_lab.engine.sweep_terms import SweepAccounts, SweepMarket, SweepSignals

COMPARE: Mapping[int, Callable[[float, float], bool]] = {
    terms.ABOVE: operator.gt,
    terms.AT_LEAST: operator.ge,
    terms.BELOW: operator.lt,
    terms.AT_MOST: operator.le,
    terms.EQUAL: operator.eq,
    terms.UNEQUAL: lambda left, right: left < right or left > right,
}
STEPS: Mapping[int, Callable[[float, float], bool]] = {
    terms.RISING: operator.gt,
    terms.FALLING: operator.lt,
    terms.NOT_RISING: operator.le,
    terms.NOT_FALLING: operator.ge,
}


def sweep_one_by_one(
    market: SweepMarket,
    signals: SweepSignals,
    accounts: SweepAccounts,
    block_edges: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the figures, and the sums of returns and squares, of each combination."""
    n_bars, n = len(market.open_times), len(accounts.rules_of)
    figures = np.full((n, N_BACKTEST_FIGURES), np.nan)
    sums = np.full((n, max(len(block_edges) - 1, 0), 2), np.nan)
    for place in range(n):
        if accounts.rules_of[place] < 0:
            continue
        bits = combination_bits(signals, place, n_bars)
        rules = Rules(*map(float, accounts.rules[accounts.rules_of[place]]))
        equity = run_single(market, bits, rules, figures[place])
        returns = np.diff(equity, prepend=rules.initial_capital)
        before = np.concatenate(([rules.initial_capital], equity[:-1]))
        returns = np.divide(returns, before, out=np.zeros(n_bars), where=before > 0.0)
        for block in range(len(block_edges) - 1):
            part = returns[block_edges[block] : block_edges[block + 1]]
            sums[place, block] = part.sum(), (part * part).sum()
    return figures, sums


def run_single(
    market: SweepMarket, bits: np.ndarray, rules: Rules, figures: np.ndarray
) -> np.ndarray:
    """Write the figures of one backtest by the two kernels; return its equity."""
    n_bars = len(bits)
    n_entries = int(np.count_nonzero(bits & 5))
    account, equity = np.zeros(N_ACCOUNT), np.empty(n_bars)
    trades = np.empty((n_entries + 1, N_TRADE_FIELDS))
    fills = np.empty((2 * n_entries + 1, N_FILL_FIELDS))
    backtest_kernel(
        market.candles,
        bits,
        rules,
        market.sell_tax,
        market.funding_bars,
        market.funding_rates,
        market.finer,
        market.finer_starts,
        account,
        equity,
        trades,
        fills,
    )
    backtest_figures_kernel(
        equity,
        market.open_times,
        trades[: int(account[N_TRADES])],
        rules.initial_capital,
        account[BARS_HELD],
        market.bar_length,
        market.years,
        market.periods,
        figures,
    )
    return equity


def combination_bits(signals: SweepSignals, place: int, n_bars: int) -> np.ndarray:
    """Return the signal bits of one combination on the span."""
    bits = np.zeros(n_bars, dtype=np.uint8)
    for bar in range(n_bars):
        for block in range(4):
            if any(_clauses_at(signals, place, block, signals.first + bar)):
                bits[bar] |= 1 << block
    return bits


def _clauses_at(
    signals: SweepSignals, place: int, block: int, bar: int
) -> Iterator[bool]:
    starts = signals.clause_starts
    for clause in range(signals.block_starts[block], signals.block_starts[block + 1]):
        slots = signals.leaf_of_slot[place, starts[clause] : starts[clause + 1]]
        yield all(leaf_holds(signals, int(leaf), bar) for leaf in slots)


def leaf_holds(signals: SweepSignals, leaf: int, bar: int) -> bool:
    """Return whether a leaf holds at a bar of the data."""
    kind, left, left_shift, right, right_shift, number = map(int, signals.leaves[leaf])
    if kind in (terms.NEVER, terms.ALWAYS):
        return kind == terms.ALWAYS
    if kind == terms.GIVEN:
        return bool(signals.given[left, bar] & number)

    def value(side: int, back: int) -> float:
        if side < 0:
            return float(signals.constants[leaf])
        return float(signals.columns[side, back]) if back >= 0 else float("nan")

    if kind in STEPS:
        steps = [
            STEPS[kind](value(left, at), value(left, at - 1))
            for at in range(bar - left_shift - number + 1, bar - left_shift + 1)
        ]
        return (
            any(steps) if kind in (terms.NOT_RISING, terms.NOT_FALLING) else all(steps)
        )
    one, other = value(left, bar - left_shift), value(right, bar - right_shift)
    if kind in COMPARE:
        return COMPARE[kind](one, other)
    if bar == 0:
        return False
    before = value(left, bar - left_shift - 1), value(right, bar - right_shift - 1)
    if kind == terms.CROSS_OVER:
        return before[0] <= before[1] and one > other
    return before[0] >= before[1] and one < other
