"""Twenty years of five assets, one portfolio and thousands, beside bt and vectorbt."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

import foresto_lab as fl
from foresto_lab import engine
from foresto_lab.market import get_calendar
from foresto_lab.rebalancing import RebalancingRule
from foresto_lab.scenarios.span import parse_span
from tests.benchmarks.harness import Measurement, Options, best_of, once

ASSETS = ("equity", "bond", "cash", "gold", "other")
WEIGHTS = dict(zip(ASSETS, (0.55, 0.2, 0.1, 0.1, 0.05), strict=True))
MONTHLY = fl.Periodic("MONTHLY")
BAND = fl.Drift(0.05)

FIRST_SIMULATION = """
import numpy as np, pandas as pd, foresto_lab as fl
days = fl.get_calendar("XKRX").sessions("2005-01-03", "2024-12-30")
steps = np.random.default_rng(0).normal(0.0002, 0.01, (len(days), 5)).cumsum(axis=0)
prices = pd.DataFrame(100 * np.exp(steps), pd.DatetimeIndex(days), list("abcde"))
fl.simulate(prices, dict.fromkeys("abcde", 0.2), fl.Periodic("MONTHLY"))
"""


def twenty_years() -> pd.DataFrame:
    """Return made-up prices on every session of XKRX from 2005 to 2024."""
    days = get_calendar("XKRX").sessions("2005-01-03", "2024-12-30")
    random = np.random.default_rng(20050103)
    deviations = np.array([0.013, 0.004, 0.0002, 0.01, 0.015])
    steps = random.normal(0.0002, 1.0, (len(days), 5)) * deviations
    values = 100.0 * np.exp(np.cumsum(steps, axis=0))
    return pd.DataFrame(values, pd.DatetimeIndex(days, name="date"), list(ASSETS))


def measure(options: Options) -> Iterator[Measurement]:
    """Yield the simulation's measurements."""
    prices = twenty_years()
    matrix = np.random.default_rng(1).dirichlet(np.ones(5), size=10_000)
    peers = Peers(prices) if options.peers else None

    for name, rule in (("monthly", MONTHLY), ("drift band", BAND)):
        yield Measurement(
            f"kernel, 1 portfolio, {name}", best_of(kernel_call(prices, rule)), 0.2e-3
        )
    for name, rule in (("monthly", MONTHLY), ("drift band", BAND)):
        yield Measurement(
            f"fl.simulate, {name}",
            best_of(lambda rule=rule: fl.simulate(prices, WEIGHTS, rule)),
            3e-3,
            peers.one(rule) if peers else {},
        )
    for name, rule, bound in (
        ("monthly", MONTHLY, 60e-3),
        ("drift band", BAND, 120e-3),
    ):
        yield Measurement(
            f"fl.simulate_many, 1,000 portfolios, {name}",
            best_of(lambda rule=rule: fl.simulate_many(prices, matrix[:1000], rule)),
            bound,
            peers.thousand(matrix[:1000]) if peers and rule is MONTHLY else {},
        )
    yield Measurement(
        "fl.simulate_many, 10,000 portfolios, monthly",
        best_of(lambda: fl.simulate_many(prices, matrix, MONTHLY)),
        0.6,
    )
    command = [sys.executable, "-c", FIRST_SIMULATION]
    yield Measurement(
        "first simulation in a new process, imports included",
        best_of(lambda: subprocess.run(command, check=True), seconds=0.0),
        3.0,
    )


def kernel_call(prices: pd.DataFrame, rule: RebalancingRule) -> Any:
    """Return a call of the engine alone, path and events written."""
    calendar = get_calendar("XKRX")
    span = parse_span(prices, ASSETS, calendar)
    schedule = rule.schedule(span.sessions, calendar)
    targets = np.array([*WEIGHTS.values(), 0.0])
    n = len(span.sessions)
    out = (
        np.empty(n),
        np.empty((5, n)),
        np.empty(n, dtype=np.int64),
        np.empty(n, dtype=np.int64),
        np.empty((n, 4)),
        np.empty((n, 2, 5)),
    )
    terms = (
        schedule.due,
        int(schedule.decision),
        schedule.threshold,
        schedule.relative,
        schedule.to_band_edge,
        False,
        rule.cost_rate,
    )
    return lambda: engine.walk_kernel(span.table.prices.T, targets, 1e6, *terms, *out)


class Peers:
    """The same by bt and by vectorbt's Rust engine, on the same prices."""

    def __init__(self, prices: pd.DataFrame) -> None:
        import vectorbt

        from tests.oracles import peers

        vectorbt.settings["engine"] = "rust"
        self.prices = prices
        self.peers = peers
        days = pd.DatetimeIndex(prices.index)
        self.monthly = np.flatnonzero(days.month[1:] != days.month[:-1]) + 1
        self.vectorbt_one()  # compiles what is not in Rust

    def one(self, rule: RebalancingRule) -> dict[str, float]:
        algos = self.peers.bt.algos
        if rule is MONTHLY:
            when = algos.RunMonthly()
            vectorbt = {"vectorbt": best_of(self.vectorbt_one)}
        else:  # vectorbt has no drift rule
            when = algos.Or([algos.RunOnce(), algos.RunIfOutOfBounds(0.25)])
            vectorbt = {}
        taken = best_of(
            lambda: self.peers.bt_run(self.prices, WEIGHTS, when), seconds=0.0, least=1
        )
        return {"bt": taken, **vectorbt}

    def vectorbt_one(self) -> object:
        return vectorbt_figures(
            self.peers.vectorbt_portfolio(
                self.prices, list(WEIGHTS.values()), self.monthly
            )
        )

    def thousand(self, matrix: np.ndarray) -> dict[str, float]:
        def call() -> object:
            return vectorbt_figures(
                self.peers.vectorbt_portfolio(self.prices, matrix, self.monthly)
            )

        return {"vectorbt": once(call)}


def vectorbt_figures(portfolio: Any) -> list[object]:
    """Return what of the summary vectorbt knows."""
    returns = portfolio.returns_acc()
    return [
        portfolio.total_return(),
        returns.annualized(),
        returns.annualized_volatility(),
        returns.sharpe_ratio(),
        returns.sortino_ratio(),
        returns.calmar_ratio(),
        returns.max_drawdown(),
        returns.value_at_risk(),
        returns.cond_value_at_risk(),
        portfolio.drawdowns.max_duration(),
    ]
