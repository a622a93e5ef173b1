"""A slow, obvious portfolio simulator to check the engine against.

It holds amounts of money that grow by simple returns, day by day, in plain Python; the
engine holds units. It finds the edge of a band by bisection; the engine solves for it.
Periodic dates are given, so no calendar enters.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

CASH = "(cash)"


@dataclass(frozen=True)
class OracleRule:
    """``due`` are the rows of periodic dates; ``joint`` is DATE, DRIFT, ALL or ANY."""

    joint: str
    due: Collection[int] = ()
    threshold: float = 1.0
    relative: bool = False
    to_band_edge: bool = False
    cost_rate: float = 0.0
    at_next_close: bool = False


@dataclass
class OraclePath:
    nav: list[float] = field(default_factory=list)
    weights: list[dict[str, float]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)


def simulate_slowly(
    prices: Sequence[Mapping[str, float]],
    targets: Mapping[str, float],
    rule: OracleRule | None,
    initial_amount: float,
) -> OraclePath:
    """Return the path of a portfolio over rows of prices by asset."""
    goal = {**targets, CASH: 1.0 - sum(targets.values())}
    if abs(goal[CASH]) < 1e-9:
        goal[CASH] = 0.0
    money = {asset: weight * initial_amount for asset, weight in goal.items()}
    path = OraclePath([initial_amount], [dict(targets)])
    waiting: frozenset[str] = frozenset()
    for row in range(1, len(prices)):
        for asset in targets:
            money[asset] *= prices[row][asset] / prices[row - 1][asset]
        if rule is not None and rule.at_next_close:
            money = _trade(money, goal, rule, waiting, row, path)
            waiting = _fired(money, goal, rule, row)
        elif rule is not None:
            money = _trade(money, goal, rule, _fired(money, goal, rule, row), row, path)
        nav = sum(money.values())
        path.nav.append(nav)
        path.weights.append({asset: money[asset] / nav for asset in targets})
    return path


def _fired(
    money: Mapping[str, float], goal: Mapping[str, float], rule: OracleRule, row: int
) -> frozenset[str]:
    on_date = row in rule.due
    on_drift = _largest_drift(money, goal, rule) >= rule.threshold * (1 - 1e-12)
    fired = {
        "DATE": {"date"} if on_date else set(),
        "DRIFT": {"drift"} if on_drift else set(),
        "ALL": {"date", "drift"} if on_date and on_drift else set(),
        "ANY": {n for n, yes in (("date", on_date), ("drift", on_drift)) if yes},
    }
    return frozenset(fired[rule.joint])


def _largest_drift(
    money: Mapping[str, float], goal: Mapping[str, float], rule: OracleRule
) -> float:
    nav = sum(money.values())
    drifts = [
        abs(money[asset] / nav - target) / (target if rule.relative else 1.0)
        for asset, target in goal.items()
        if target > 0
    ]
    return max(drifts)


def _trade(
    money: dict[str, float],
    goal: Mapping[str, float],
    rule: OracleRule,
    fired: frozenset[str],
    row: int,
    path: OraclePath,
) -> dict[str, float]:
    if not fired:
        return money
    nav = sum(money.values())
    before = {asset: amount / nav for asset, amount in money.items()}
    to_edge = rule.to_band_edge and not (rule.joint == "ANY" and "date" in fired)
    after = edge_of_band(before, goal, rule) if to_edge else dict(goal)
    turnover = sum(abs(after[asset] - before[asset]) for asset in goal) / 2
    if to_edge and turnover < 1e-12:
        return money
    cost = nav * turnover * rule.cost_rate
    path.events.append(
        {
            "row": row,
            "fired": fired,
            "before": before,
            "after": after,
            "turnover": turnover,
            "cost": cost,
            "nav_before": nav,
            "nav_after": nav - cost,
        }
    )
    return {asset: weight * (nav - cost) for asset, weight in after.items()}


def edge_of_band(
    weights: Mapping[str, float], goal: Mapping[str, float], rule: OracleRule
) -> dict[str, float]:
    """Return the weights in the bands nearest to the given ones, by bisection."""

    def shifted(shift: float) -> dict[str, float]:
        moved = {}
        for asset, target in goal.items():
            band = rule.threshold * (target if rule.relative else 1.0)
            low, high = max(target - band, 0.0), min(target + band, 1.0)
            if target == 0.0:
                low = high = 0.0
            moved[asset] = min(max(weights[asset] + shift, low), high)
        return moved

    low, high = -2.0, 2.0
    for _ in range(200):
        middle = (low + high) / 2
        if sum(shifted(middle).values()) < 1.0:
            low = middle
        else:
            high = middle
    return shifted((low + high) / 2)
