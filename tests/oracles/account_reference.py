"""A slow, obvious account to check the engine's account walk against.

Plain Python: units and cash in a list, lots in a list an asset, one session at a time.
What is left after a trade's costs is found by trying again and again; the engine takes
Newton and secant steps. Bands are met by bisection. Calendars do not enter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.oracles.portfolio import CASH, OracleRule, edge_of_band

PARTS = (
    "commission",
    "spread",
    "impact",
    "transaction_tax",
    "currency_conversion",
    "distribution_tax",
    "capital_gains_tax",
    "management_fee",
)
TRADING = ("commission", "spread", "impact", "transaction_tax", "currency_conversion")
ROUNDING = 1e-12


@dataclass(repr=False)
class Costs:
    """Of n assets and m sessions; every list is as long as its kind."""

    proportional: float
    commission: list[float]
    minimum: list[float]
    spread: list[float]
    conversion: list[float]
    impact: list[list[float]]
    """coefficient * scale, by asset and session"""
    sales_tax: list[list[float]]
    """by asset and session"""
    payout: list[list[float]]
    payout_tax: list[float]
    gains_tax: list[float]
    allowance: float
    method: str
    """"" (no lots), FIFO or AVERAGE"""
    at_year_end: bool
    year_ends: list[bool]
    fee: list[float]


@dataclass(repr=False)
class World:
    """``prices[session][asset]``; rows of targets have cash last."""

    prices: list[list[float]]
    rows: list[list[float]]
    row_of_session: list[int]
    amount: float
    rule: OracleRule | None
    costs: Costs
    flows: list[float]
    flow_rates: list[float]
    toward: list[bool]
    whole: bool = False


@dataclass
class Account:
    units: list[float]
    lots: list[list[list[float]]]
    """Of each asset, the oldest first: units, what one of them cost, session bought.

    Purchases of one close are one lot.
    """
    year_gains: list[float]
    year_tax: float = 0.0


@dataclass
class Path:
    nav: list[float] = field(default_factory=list)
    cash_flow: list[float] = field(default_factory=list)
    weights: list[list[float]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    ledger: list[dict[str, float]] = field(default_factory=list)
    ruin: int = -1
    unmet: float = 0.0

    def total(self, part: str) -> float:
        return sum(day[part] for day in self.ledger)


def walk_slowly(world: World) -> Path:
    """Return what becomes of the account."""
    return _Walk(world).run()


class _Walk:
    def __init__(self, world: World) -> None:
        self.world = world
        self.n = len(world.prices[0])
        first = world.rows[world.row_of_session[0]]
        units = []
        for price, weight in zip(world.prices[0], first, strict=False):
            bought = weight * world.amount / price
            units.append(_whole(bought) if world.whole else bought)
        spent = sum(u * p for u, p in zip(units, world.prices[0], strict=True))
        units.append(world.amount - spent if world.whole else first[-1] * world.amount)
        lots = [
            [[u, p, 0]] if u > 0 else []
            for u, p in zip(units, world.prices[0], strict=False)
        ]
        self.account = Account(units, lots, [0.0] * self.n)
        self.path = Path()
        self.session = 0
        self.day: dict[str, float] = {}

    def run(self) -> Path:
        world, path = self.world, self.path
        path.nav.append(world.amount)
        path.cash_flow.append(0.0)
        path.ledger.append(_empty())
        path.weights.append([v / world.amount for v in self.values()[:-1]])
        waiting: frozenset[str] = frozenset()
        for self.session in range(1, len(world.prices)):
            self.day = _empty()
            flow = 0.0
            if path.ruin < 0:
                self.distribute()
                self.take_fee()
                flow = self.move_money()
            else:
                path.unmet += max(-world.flows[self.session], 0.0)
            if self.nav() > 0:
                if world.rule is not None and world.rule.at_next_close:
                    self.trade(waiting)
                else:
                    self.trade(self.fired())
            if self.nav() > 0:
                self.close_year()
            if self.nav() > 0 and world.rule is not None and world.rule.at_next_close:
                waiting = self.fired()
            if self.nav() <= 0 and path.ruin < 0:
                path.ruin = self.session
                self.account.units = [0.0] * (self.n + 1)
            nav = self.nav()
            path.nav.append(nav)
            path.cash_flow.append(flow)
            path.ledger.append(self.day)
            path.weights.append(
                [v / nav if nav > 0 else 0.0 for v in self.values()[:-1]]
            )
        return path

    # --- what is there ------------------------------------------------------------

    @property
    def prices(self) -> list[float]:
        return self.world.prices[self.session]

    def values(self) -> list[float]:
        units = self.account.units
        held = [u * p for u, p in zip(units, self.prices, strict=False)]
        return [*held, units[-1]]

    def nav(self) -> float:
        return math.fsum(self.values())

    def new_row(self) -> bool:
        rows = self.world.row_of_session
        return rows[self.session] != rows[self.session - 1]

    def targets(self, *, decided_now: bool) -> list[float]:
        """Return the row that is traded to, or the one that a rule now decides by."""
        rule = self.world.rule
        late = rule is not None and rule.at_next_close and not decided_now
        return self.world.rows[self.world.row_of_session[self.session - late]]

    # --- before the trade ---------------------------------------------------------

    def distribute(self) -> None:
        costs = self.world.costs
        for asset, value in enumerate(self.values()[:-1]):
            gross = value * costs.payout[asset][self.session]
            tax = gross * costs.payout_tax[asset]
            self.day["distribution_tax"] += tax
            if gross <= 0:
                continue
            if self.world.whole:
                self.account.units[-1] += gross - tax
            else:
                bought = (gross - tax) / self.prices[asset]
                self.account.units[asset] += bought
                self.buy_lot(asset, bought, gross - tax)

    def take_fee(self) -> None:
        fee = self.world.costs.fee[self.session] * self.nav()
        if fee > 0:
            self.day["management_fee"] += self.pay_out(fee, toward=False, traded=False)

    def move_money(self) -> float:
        """Return what came in, or what was paid out as a negative number."""
        nav = self.nav()
        flow = self.world.flows[self.session]
        flow += self.world.flow_rates[self.session] * nav
        toward = self.world.toward[self.session]
        if nav <= 0 or flow == 0:
            return 0.0
        if flow > 0:
            self.pay_in(flow, toward=toward)
            return flow
        paid = self.pay_out(-flow, toward=toward, traded=True)
        if -flow - paid > ROUNDING * nav:
            self.path.unmet += -flow - paid
        return -paid

    def pay_in(self, amount: float, *, toward: bool) -> None:
        nav, values = self.nav(), self.values()
        goal = self.targets(decided_now=False)
        idle = max(values[-1] - goal[-1] * nav, 0.0) if self.world.whole else 0.0

        def plan(after: float) -> list[float]:
            moved = after - nav + idle
            if idle > 0 and after < nav:
                moved = min(moved, 0.0)
            if toward:
                return self.closer(values, goal, after, moved)
            return [v + g * moved for v, g in zip(values, goal, strict=True)]

        found = self.solve(plan, nav + amount, traded=True)
        if found is None or found[0] + idle <= nav:
            self.account.units[-1] += amount
        else:
            self.book(*found)

    def pay_out(self, amount: float, *, toward: bool, traded: bool) -> float:
        """Return what was paid; what cannot be paid for empties the account."""
        nav, values = self.nav(), self.values()
        goal = self.targets(decided_now=False)
        whole = self.world.whole
        idle = max(values[-1], 0.0) if whole else 0.0
        sold = [*values[:-1], 0.0] if whole else values

        def plan(after: float) -> list[float]:
            moved = after - nav + idle
            if idle > 0 and after < nav:
                moved = min(moved, 0.0)
            if toward:
                return self.closer(values, goal, after, moved)
            if sum(sold) <= 0:
                return values
            return [
                v + s / sum(sold) * moved for v, s in zip(values, sold, strict=True)
            ]

        found = None
        if amount < nav:
            found = self.solve(plan, nav - amount, traded=traded)
        if found is not None and found[0] > ROUNDING * nav:
            self.book(*found)
            return amount
        nothing = [0.0] * (self.n + 1)
        parts, gains, costs = self.price(nothing, traded=traded)
        left = nav - sum(parts.values())
        if left <= 0:
            parts = {
                name: part * nav / sum(parts.values()) for name, part in parts.items()
            }
            self.book(0.0, nothing, parts, gains, costs)
            return 0.0
        if left - amount <= ROUNDING * nav:
            self.book(0.0, nothing, parts, gains, costs)
            return left
        self.book(left - amount, [*nothing[:-1], left - amount], parts, gains, costs)
        return amount

    def closer(
        self,
        values: Sequence[float],
        goal: Sequence[float],
        after: float,
        moved: float,
    ) -> list[float]:
        """Return values closer to the goal: bought below it, or sold above it."""
        sign = 1.0 if moved > 0 else -1.0
        gaps = [
            max(sign * (g * after - v), 0.0) for g, v in zip(goal, values, strict=True)
        ]
        counted = gaps[:-1] if self.world.whole else gaps
        if sum(counted) <= 0:
            return list(values)
        share = min(abs(moved) / sum(counted), 1.0)
        return [v + sign * share * gap for v, gap in zip(values, gaps, strict=True)]

    # --- the trade ----------------------------------------------------------------

    def fired(self) -> frozenset[str]:
        rule, nav = self.world.rule, self.nav()
        fired = {"schedule"} if self.new_row() else set()
        if rule is None:
            return frozenset(fired)
        goal = self.targets(decided_now=True)
        drifts = [
            abs(v / nav - g) / (g if rule.relative else 1.0)
            for v, g in zip(self.values(), goal, strict=True)
            if g > 0
        ]
        on_date = self.session in rule.due
        on_drift = max(drifts) >= rule.threshold * (1 - 1e-12)
        by_rule = {
            "DATE": {"date"} if on_date else set(),
            "DRIFT": {"drift"} if on_drift else set(),
            "ALL": {"date", "drift"} if on_date and on_drift else set(),
            "ANY": {n for n, yes in (("date", on_date), ("drift", on_drift)) if yes},
        }
        return frozenset(fired | by_rule[rule.joint])

    def trade(self, fired: frozenset[str]) -> None:
        if not fired:
            return
        rule, nav, values = self.world.rule, self.nav(), self.values()
        goal = self.targets(decided_now=False)
        before = [v / nav for v in values]
        to_edge = (
            rule is not None
            and rule.to_band_edge
            and "schedule" not in fired
            and not (rule.joint == "ANY" and "date" in fired)
        )
        if to_edge:
            assert rule is not None
            names = [*map(str, range(self.n)), CASH]
            edge = edge_of_band(
                dict(zip(names, before, strict=True)),
                dict(zip(names, goal, strict=True)),
                rule,
            )
            goal = [edge[name] for name in names]
        turnover = _turnover(before, goal)
        if to_edge and turnover < ROUNDING:
            return
        found = self.solve(
            lambda after: [g * after for g in goal],
            nav,
            traded=True,
            turned_over=None if self.world.whole else turnover * nav,
        )
        if found is None:
            return
        after, planned, parts, gains, _ = found
        if self.world.whole:
            goal = [v / after for v in planned]
            turnover = _turnover(before, goal)
            shares = [round(v / p) for v, p in zip(planned, self.prices, strict=False)]
            if shares == [round(units) for units in self.account.units[:-1]]:
                return
        self.book(*found)
        self.path.events.append(
            {
                "session": self.session,
                "fired": fired,
                "before": before[:-1],
                "after": goal[:-1],
                "turnover": turnover,
                "cost": sum(parts.values()),
                "nav_before": nav,
                "nav_after": after,
                **parts,
                "realized_gain": sum(gains),
            }
        )

    def close_year(self) -> None:
        costs = self.world.costs
        if not costs.method or not costs.year_ends[self.session]:
            return
        tax = self.tax_of(self.account.year_gains)
        self.account.year_gains = [0.0] * self.n
        self.account.year_tax = 0.0
        if costs.at_year_end and tax > 0:
            paid = self.pay_out(tax, toward=False, traded=False)
            self.day["capital_gains_tax"] += paid

    # --- costs --------------------------------------------------------------------

    def solve(
        self,
        plan: Any,
        available: float,
        *,
        traded: bool,
        turned_over: float | None = None,
    ) -> Any:
        """Return the value after, and what it holds, or None where costs eat all."""

        def attempt(after: float) -> Any:
            planned = plan(after)
            if self.world.whole:
                shares = [
                    _whole(max(v, 0.0) / p)
                    for v, p in zip(planned, self.prices, strict=False)
                ]
                planned = [s * p for s, p in zip(shares, self.prices, strict=True)]
                planned.append(after - sum(planned))
            parts, gains, costs = self.price(
                planned, traded=traded, turned_over=turned_over
            )
            return available - sum(parts.values()), planned, parts, gains, costs

        after = available
        for _ in range(40 if self.world.whole else 2000):
            left, planned, parts, gains, costs = attempt(after)
            if left <= 0:
                return None
            if abs(left - after) <= 4.5e-16 * after:
                return after, planned, parts, gains, costs
            after = left
        after = available  # down to the first that can be paid for
        for _ in range(40):
            left, planned, parts, gains, costs = attempt(after)
            if left <= 0:
                return None
            if left >= after:
                planned[-1] += left - after
                return left, planned, parts, gains, costs
            after = left
        return None

    def price(
        self,
        planned: Sequence[float],
        *,
        traded: bool,
        turned_over: float | None = None,
    ) -> tuple[dict[str, float], list[float], list[float]]:
        """Return the parts of a trade's costs, its gains and its costs by asset."""
        world, values, nav = self.world, self.values(), self.nav()
        terms = world.costs
        parts = dict.fromkeys((*TRADING, "capital_gains_tax"), 0.0)
        gains, costs = [0.0] * self.n, [0.0] * self.n
        bought = sold = 0.0
        for asset in range(self.n):
            change = planned[asset] - values[asset]
            size = abs(change)
            if size <= ROUNDING * nav:
                continue
            own = dict.fromkeys(TRADING, 0.0)
            if traded:
                own["commission"] = max(
                    terms.commission[asset] * size, terms.minimum[asset]
                )
                own["spread"] = terms.spread[asset] * size
                own["currency_conversion"] = terms.conversion[asset] * size
                own["impact"] = terms.impact[asset][self.session] * size**1.5
                if change < 0:
                    own["transaction_tax"] = terms.sales_tax[asset][self.session] * size
            costs[asset] = sum(own.values())
            for name, part in own.items():
                parts[name] += part
            if change > 0:
                bought += size
            else:
                sold += size
                if terms.method:
                    units = size / self.prices[asset]
                    paid = _cost_of_oldest(self.account.lots[asset], units)
                    gains[asset] = size - costs[asset] - paid
        if traded:
            moved = max(bought, sold) if turned_over is None else turned_over
            parts["commission"] += terms.proportional * moved
        if terms.method and not terms.at_year_end:
            year = [a + b for a, b in zip(self.account.year_gains, gains, strict=True)]
            parts["capital_gains_tax"] = self.tax_of(year) - self.account.year_tax
        return parts, gains, costs

    def tax_of(self, gains: Sequence[float]) -> float:
        taxed = [
            (rate, gain)
            for rate, gain in zip(self.world.costs.gains_tax, gains, strict=True)
            if rate > 0
        ]
        above = sum(gain for _, gain in taxed) - self.world.costs.allowance
        won = sum(gain for _, gain in taxed if gain > 0)
        if above <= 0 or won <= 0:
            return 0.0
        return sum(rate * gain for rate, gain in taxed if gain > 0) / won * above

    # --- books --------------------------------------------------------------------

    def book(
        self,
        after: float,
        planned: Sequence[float],
        parts: dict[str, float],
        gains: Sequence[float],
        costs: Sequence[float],
    ) -> None:
        del after
        nav, values = self.nav(), self.values()
        for asset, price in enumerate(self.prices):
            units = planned[asset] / price
            change = units - self.account.units[asset]
            size = abs(planned[asset] - values[asset])
            if size > ROUNDING * nav or planned[asset] == 0.0:
                if change > 0:
                    self.buy_lot(asset, change, size + costs[asset])
                else:
                    _take_oldest(self.account.lots[asset], -change)
            self.account.units[asset] = units
            self.account.year_gains[asset] += gains[asset]
        self.account.units[-1] = planned[-1]
        self.account.year_tax += parts["capital_gains_tax"]
        for name, part in parts.items():
            self.day[name] += part
        self.day["realized_gain"] += sum(gains)

    def buy_lot(self, asset: int, units: float, paid: float) -> None:
        lots = self.account.lots[asset]
        average = self.world.costs.method == "AVERAGE"
        if lots and (average or lots[-1][2] == self.session):
            held, cost, _ = lots[-1]
            lots.pop()
            paid += held * cost
            units += held
        lots.append([units, paid / units, self.session])


def _empty() -> dict[str, float]:
    return dict.fromkeys((*PARTS, "realized_gain"), 0.0)


def _whole(units: float) -> float:
    return float(math.floor(units * (1 + 1e-12)))


def _turnover(before: Sequence[float], after: Sequence[float]) -> float:
    return sum(abs(a - b) for a, b in zip(after, before, strict=True)) / 2


def _cost_of_oldest(lots: Sequence[Sequence[float]], units: float) -> float:
    cost = 0.0
    for held, price, _ in lots:
        taken = min(units, held)
        cost += taken * price
        units -= taken
    return cost


def _take_oldest(lots: list[list[float]], units: float) -> None:
    while lots and units > 0:
        if lots[0][0] > units:
            lots[0][0] -= units
            return
        units -= lots[0][0]
        del lots[0]
