"""Runs of every kernel on random portfolios: compiled or, in another process, plain.

``python -m tests.oracles.engine_runs FILE`` writes the results as a NumPy archive; with
``NUMBA_DISABLE_JIT=1`` every step of every kernel is then plain Python.
"""

from __future__ import annotations

import itertools
import sys

import numpy as np

from foresto_lab import engine
from foresto_lab.metrics import period_ends

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
    return runs


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
