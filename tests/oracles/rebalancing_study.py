"""A slow, obvious account of what each trade did, to check the decomposition against.

Three purses are kept side by side from each trade to the next, day by day, in plain
Python: what the rule holds, what it would hold had it not traded just now, and what a
portfolio without any rule holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.oracles.portfolio import CASH, OraclePath


@dataclass(frozen=True)
class OracleTrade:
    row: int
    until: int
    cost: float
    return_effect: float
    carried_effect: float
    earlier_trades_effect: float
    compounding_effect: float


def explain_slowly(
    prices: Sequence[Mapping[str, float]], rule: OraclePath, none: OraclePath
) -> list[OracleTrade]:
    """Return what each trade of a rule's path did until the next one."""
    rows = [int(event["row"]) for event in rule.events]
    trades = []
    for place, event in enumerate(rule.events):
        row = rows[place]
        last = place + 1 == len(rows)
        until = len(prices) - 1 if last else rows[place + 1]
        traded = {a: w * event["nav_after"] for a, w in event["after"].items()}
        untraded = {a: w * event["nav_after"] for a, w in event["before"].items()}
        none_growth = 1.0
        for day in range(row + 1, until + 1):
            traded = _grown(traded, prices[day - 1], prices[day])
            untraded = _grown(untraded, prices[day - 1], prices[day])
            none_growth *= none.nav[day] / none.nav[day - 1]
        none_gain = none.nav[until] - none.nav[row]
        untraded_gain = sum(untraded.values()) - event["nav_after"]
        compounding = (event["nav_after"] - none.nav[row]) * (none_growth - 1.0)
        trades.append(
            OracleTrade(
                row=row,
                until=until,
                cost=event["cost"],
                return_effect=sum(traded.values()) - sum(untraded.values()),
                carried_effect=untraded_gain - none_gain,
                earlier_trades_effect=untraded_gain - none_gain - compounding,
                compounding_effect=compounding,
            )
        )
    return trades


def _grown(
    purse: Mapping[str, float], old: Mapping[str, float], new: Mapping[str, float]
) -> dict[str, float]:
    return {
        asset: amount if asset == CASH else amount * new[asset] / old[asset]
        for asset, amount in purse.items()
    }
