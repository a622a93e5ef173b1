"""Searches over weights and rules as runs, on both stores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.errors import InputError, UnknownNameError
from foresto_lab.lab import Lab
from tests.integration.test_optimization_runs import evaluated, rows, same
from tests.oracles.korean_sessions import sessions_2020

WEIGHTS = {"AAA": 0.6, "BBB": 0.4}
SPACE = {"weights.AAA": (0.2, 0.8, 0.2), "rule.threshold": [0.02, 0.05]}


@pytest.fixture
def lab(either_lab: Lab, tmp_path: Path) -> Lab:
    """Return a workspace with a year of two made-up assets."""
    days = sessions_2020("2020-01-02", "2020-12-30")
    steps = np.random.default_rng(11).normal(0, 0.02, (len(days), 2)).cumsum(axis=0)
    for place, symbol in enumerate(WEIGHTS):
        path = tmp_path / f"{symbol}.csv"
        closes = 100 * np.exp(steps[:, place])
        pd.DataFrame({"date": days, "close": closes}).to_csv(path, index=False)
        either_lab.load_prices(path)
    return either_lab


def test_weights_and_rules_are_searched_kept_and_reproduced(lab: Lab) -> None:
    rule = fl.Drift(0.05)
    result = lab.optimize_portfolio(
        WEIGHTS, SPACE, rebalancing=rule, cost_rate=0.001, progress=False
    )
    assert result.evaluated == 4 * 2
    best = result.best_result()
    assert best.summary["sharpe_ratio"] == result.best_metrics["sharpe_ratio"]
    share = result.best["weights.AAA"] / (result.best["weights.AAA"] + 0.4)
    simulated = lab.simulate(
        {"AAA": share, "BBB": 1 - share},
        rebalancing=fl.Drift(result.best["rule.threshold"]),
        costs=0.001,
        save=False,
    )
    assert simulated.summary["sharpe_ratio"] == pytest.approx(
        result.best_metrics["sharpe_ratio"], rel=1e-9
    )
    again = lab.optimize_portfolio(
        WEIGHTS, SPACE, rebalancing=rule, cost_rate=0.001, progress=False
    )
    assert again.run_id == result.run_id
    same(again, result)
    assert lab.reproduce(str(result.run_id)).identical
    assert evaluated(lab) == [8]
    stored = rows(lab, str(result.run_id))
    assert len(stored) == 8
    assert {row.total_trades for row in stored} == {None}
    first = next(row for row in stored if row.rank == 1)
    assert first.sharpe == result.best_metrics["sharpe_ratio"]


def test_nothing_is_registered_of_what_cannot_be(lab: Lab) -> None:
    with pytest.raises(UnknownNameError):
        lab.optimize_portfolio(WEIGHTS, {"weights.CCC": (0.1, 0.5)}, progress=False)
    with pytest.raises(InputError, match="one cost rate"):
        lab.optimize_portfolio(
            WEIGHTS, {"weights.AAA": (0.1, 0.5)}, whole_shares=True, progress=False
        )
    assert list(lab.run_records()) == []
    assert evaluated(lab) == []
