"""The walk of the engine beside a slow, obvious simulator, and by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from foresto_lab import engine
from tests.oracles.portfolio import OracleRule, simulate_slowly

DECISIONS = {
    "DATE": engine.ON_DATE,
    "DRIFT": engine.ON_DRIFT,
    "ALL": engine.ON_BOTH,
    "ANY": engine.ON_EITHER,
}


def random_prices(n_sessions: int, n_assets: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    steps = random.normal(0.0003, 0.02, size=(n_sessions, n_assets))
    return np.array(50.0 * np.exp(np.cumsum(steps, axis=0)))


def walk(
    prices: np.ndarray, targets: list[float], rule: OracleRule | None
) -> dict[str, Any]:
    """Return what the kernel writes for a rule in the oracle's words."""
    n_sessions, n_assets = prices.shape
    due = np.zeros(n_sessions, dtype=bool)
    given = rule or OracleRule("DATE")
    due[list(given.due)] = True
    out = {
        "nav": np.empty(n_sessions),
        "weights": np.empty((n_assets, n_sessions)),
        "sessions": np.zeros(n_sessions, dtype=np.int64),
        "triggers": np.zeros(n_sessions, dtype=np.int64),
        "amounts": np.zeros((n_sessions, 4)),
        "event_weights": np.zeros((n_sessions, 2, n_assets)),
    }
    n_events, turnover, cost = engine.walk_kernel(
        np.ascontiguousarray(prices.T),
        np.array(targets),
        1_000_000.0,
        due,
        engine.NEVER if rule is None else DECISIONS[rule.joint],
        given.threshold,
        given.relative,
        given.to_band_edge,
        given.at_next_close,
        given.cost_rate,
        *out.values(),
    )
    for name in ("sessions", "triggers", "amounts", "event_weights"):
        out[name] = out[name][:n_events]
    return {**out, "totals": (n_events, turnover, cost)}


RULES = [
    None,
    *(
        OracleRule(joint, due, threshold, relative, edge, 0.002, following)
        for joint, threshold in (
            ("DATE", 1.0),
            ("DRIFT", 0.02),
            ("ALL", 0.01),
            ("ANY", 0.02),
        )
        for due in ([21, 42, 63, 64, 100], [119])
        for relative in (False, True)
        for edge in (False, True)
        for following in (False, True)
    ),
]
TARGETS = [
    [0.5, 0.3, 0.2, 0.0],
    [0.3, 0.3, 0.1, 0.3],
    [0.25, 0.75, 0.0, 0.0],
]


@pytest.mark.parametrize("targets", TARGETS, ids=str)
def test_the_walk_agrees_with_the_slow_simulator(targets: list[float]) -> None:
    names = ("a", "b", "c")
    for seed, rule in enumerate(RULES):
        prices = random_prices(120, 3, seed)
        rows = [dict(zip(names, row, strict=True)) for row in prices.tolist()]
        slow = simulate_slowly(
            rows, dict(zip(names, targets, strict=False)), rule, 1_000_000.0
        )
        fast = walk(prices, targets, rule)
        np.testing.assert_allclose(fast["nav"], slow.nav, rtol=1e-12)
        slow_weights = [[day[name] for name in names] for day in slow.weights]
        np.testing.assert_allclose(fast["weights"].T, slow_weights, atol=1e-12)
        assert fast["sessions"].tolist() == [event["row"] for event in slow.events]
        assert fast["triggers"].tolist() == [
            engine.DATE_FIRED * ("date" in event["fired"])
            + engine.DRIFT_FIRED * ("drift" in event["fired"])
            for event in slow.events
        ]
        amounts = [
            [e["turnover"], e["cost"], e["nav_before"], e["nav_after"]]
            for e in slow.events
        ]
        if amounts:
            np.testing.assert_allclose(fast["amounts"], amounts, rtol=1e-9, atol=1e-12)


def test_the_rules_of_this_module_do_trade() -> None:
    prices = random_prices(120, 3, seed=1)
    for rule in RULES[1:]:
        if rule is not None and rule.joint in ("DRIFT", "ANY"):
            n_events, _, _ = walk(prices, TARGETS[1], rule)["totals"]
            assert n_events > 0


def test_bands_are_projected_to_the_nearest_weights() -> None:
    # Targets 50/30/20, band 5 points. On day 1 prices rise by 40, 0 and -50 %:
    # 70 + 30 + 10 = 110, so weights 63.64/27.27/9.09 %. The first is clipped to 55, the
    # last to 15, the second takes the rest, 30 %: shift +2.73 points, inside 25..35.
    prices = np.array([[100.0, 100.0, 100.0], [140.0, 100.0, 50.0]])
    rule = OracleRule("DRIFT", threshold=0.05, to_band_edge=True)
    result = walk(prices, [0.5, 0.3, 0.2, 0.0], rule)
    np.testing.assert_allclose(result["event_weights"][0, 1], [0.55, 0.30, 0.15])
    # turnover: half of |55-63.64| + |30-27.27| + |15-9.09| points = 8.6364 %
    np.testing.assert_allclose(result["amounts"][0, 0], 0.08636363636)


def test_a_portfolio_at_its_bands_edge_is_not_traded_again() -> None:
    # Day 2 has the prices of day 1: the drift is at the threshold still, but a trade to
    # the edge would move nothing.
    prices = np.array([[100.0, 100.0], [140.0, 100.0], [140.0, 100.0]])
    rule = OracleRule("DRIFT", threshold=0.05, to_band_edge=True, cost_rate=0.01)
    result = walk(prices, [0.5, 0.5, 0.0], rule)
    assert result["sessions"].tolist() == [1]
