"""A backtest the slow way: one bar after the other, every rule spelled out.

Written from DESIGN and docs/backtest.md alone. The account is kept as a trader would
keep it on paper: money that came in and went out, and what is held. Margin is counted
apart, only to see when a position is liquidated.
"""

from __future__ import annotations

import itertools
import math
import statistics
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd


@dataclass
class Settings:
    """The options of an execution and a risk block, as plain numbers."""

    capital: float = 10_000.0
    fill: str = "next_open"
    fee: float = 0.0
    maker_fee: float | None = None
    slippage: float = 0.0
    tax: float | list[float] = 0.0
    funding: dict[int, float] = field(default_factory=dict)
    leverage: float = 1.0
    maintenance: float = 0.005
    sizing: tuple[Any, ...] = ("all_in",)
    periods_per_year: float = 252.0
    lot: float = 0.0
    minimum_order: float = 0.0
    on_opposite: str = "reverse"
    allow_short: bool = True
    max_entries: int = 1
    stop: float | None = None
    target: float | None = None
    trail: float | None = None
    time_stop: int | None = None
    finer: dict[int, list[tuple[float, float, float]]] = field(default_factory=dict)


@dataclass
class Position:
    side: int
    signal_bar: int
    entry_bar: int
    quantity: float = 0.0
    paid: float = 0.0
    margin: float = 0.0
    fees: float = 0.0
    tax: float = 0.0
    funding: float = 0.0
    entries: int = 0
    seen: list[float] = field(default_factory=list)

    @property
    def price(self) -> float:
        return self.seen[0] if self.entries == 1 else self.paid / self.quantity

    def gain(self, price: float) -> float:
        return self.side * self.quantity * (price - self.price)


class Reference:
    """One account, walked bar by bar."""

    def __init__(self, frame: pd.DataFrame, bits: Any, settings: Settings) -> None:
        self.o, self.h, self.l, self.c = (
            frame[name].tolist() for name in ("open", "high", "low", "close")
        )
        self.bits = [int(bit) for bit in bits]
        self.s = settings
        self.money = settings.capital
        self.held: Position | None = None
        self.order: tuple[str | None, int, int] | None = None
        self.trades: list[dict[str, Any]] = []
        self.equity: list[float] = []
        self.cash: list[float] = []
        self.position: list[float] = []

    def run(self) -> Reference:
        for bar in range(len(self.c)):
            self.pay_funding(bar)
            if self.order is not None:
                self.fill(self.o[bar], bar)
            self.look_at_levels(bar)
            self.order = self.decide(bar)
            if self.s.fill == "close" and self.order is not None:
                self.fill(self.c[bar], bar)
            self.mark(bar)
        if self.held is not None:
            self.write_trade(self.c[-1], len(self.c) - 1, "end")
        return self

    # money: what is free, what the position is worth

    def free(self) -> float:
        return self.money - (self.held.margin if self.held else 0.0)

    def worth(self, price: float) -> float:
        return self.money + (self.held.gain(price) if self.held else 0.0)

    def mark(self, bar: int) -> None:
        self.equity.append(self.worth(self.c[bar]))
        self.cash.append(self.free())
        held = self.held
        self.position.append(held.side * held.quantity if held else 0.0)

    def tax_rate(self, bar: int) -> float:
        return self.s.tax[bar] if isinstance(self.s.tax, list) else self.s.tax

    # what happens in a bar

    def pay_funding(self, bar: int) -> None:
        rate = self.s.funding.get(bar)
        if rate is None or self.held is None:
            return
        due = rate * self.held.side * self.held.quantity * self.o[bar]
        self.money -= due
        self.held.margin -= due
        self.held.funding += due

    def fill(self, price: float, bar: int) -> None:
        assert self.order is not None
        leave, side, signal_bar = self.order
        self.order = None
        if leave is not None:
            assert self.held is not None
            worse = price * (1 - self.held.side * self.s.slippage)
            self.close(worse, bar, leave, self.s.fee)
        if side:
            self.open(side, price * (1 + side * self.s.slippage), bar, signal_bar)

    def open(self, side: int, price: float, bar: int, signal_bar: int) -> None:
        s = self.s
        tax_rate = self.tax_rate(bar) if side < 0 else 0.0
        wanted = self.wanted(side, price, bar, signal_bar)
        affordable = self.free() / (price / s.leverage + price * (s.fee + tax_rate))
        quantity = min(wanted, affordable)
        if s.lot:
            quantity = math.floor(quantity / s.lot * (1 + 1e-12)) * s.lot
        value = quantity * price
        dust = 1e-12 * max(self.worth(price), s.capital)
        if value <= dust or value < s.minimum_order:
            return
        if self.held is None:
            self.held = Position(side, signal_bar, bar)
        held = self.held
        held.quantity += quantity
        held.paid += value
        held.margin += value / s.leverage
        held.fees += s.fee * value
        held.tax += tax_rate * value
        held.entries += 1
        held.seen.append(price)
        self.money -= (s.fee + tax_rate) * value

    def wanted(self, side: int, price: float, bar: int, signal_bar: int) -> float:
        s, equity = self.s, self.worth(price)
        match s.sizing:
            case ("all_in",):
                return equity * s.leverage / price
            case ("fraction_of_equity", share):
                return share * equity * s.leverage / price
            case ("fixed_amount", amount):
                return amount * s.leverage / price
            case ("fixed_risk", share):
                assert s.stop is not None
                out = price * (1 - side * s.stop) * (1 - side * s.slippage)
                sold = out if side > 0 else price
                loss = side * (price - out) + s.fee * price + s.fee * out
                loss += self.tax_rate(bar) * sold
                return share * equity / loss
            case ("volatility_target", annual, lookback):
                if signal_bar < lookback:
                    return 0.0
                closes = self.c[signal_bar - lookback : signal_bar + 1]
                returns = [b / a - 1 for a, b in itertools.pairwise(closes)]
                deviation = statistics.stdev(returns) * math.sqrt(s.periods_per_year)
                return annual / deviation * equity / price if deviation else math.inf
        raise AssertionError(s.sizing)

    def close(self, price: float, bar: int, reason: str, fee_rate: float) -> None:
        held = self.held
        assert held is not None
        left = held.margin + held.gain(price)
        if left < 0:
            price = held.price - held.side * held.margin / held.quantity
            left = 0.0
        fee = left if reason == "liquidation" else fee_rate * held.quantity * price
        fee = min(fee, left)
        tax = 0.0
        if held.side > 0 and reason != "liquidation":
            tax = min(self.tax_rate(bar) * held.quantity * price, left - fee)
        held.fees += fee
        held.tax += tax
        self.money += held.gain(price) - fee - tax
        self.write_trade(price, bar, reason)
        self.held = None

    def write_trade(self, price: float, bar: int, reason: str) -> None:
        held = self.held
        assert held is not None
        seen = [*held.seen, price] if reason != "end" else held.seen
        moves = [held.side * (p / held.price - 1) for p in seen]
        self.trades.append(
            {
                "side": "LONG" if held.side > 0 else "SHORT",
                "quantity": held.quantity,
                "signal_bar": held.signal_bar,
                "entry_bar": held.entry_bar,
                "entry_price": held.price,
                "exit_bar": bar,
                "exit_price": price,
                "exit_reason": reason,
                "pnl": held.gain(price) - held.fees - held.tax - held.funding,
                "fees": held.fees,
                "tax": held.tax,
                "funding": held.funding,
                "mae": min(0.0, *moves),
                "mfe": max(0.0, *moves),
                "entries": held.entries,
            }
        )

    def look_at_levels(self, bar: int) -> None:
        if self.held is None:
            return
        whole = (self.o[bar], self.h[bar], self.l[bar])
        before = list(self.held.seen)
        for part in self.s.finer.get(bar, []):
            if self.try_levels(part, bar):
                return
            self.held.seen += [part[1], part[2]]
        self.held.seen = before
        if not self.try_levels(whole, bar):
            self.held.seen += [self.h[bar], self.l[bar]]

    def try_levels(self, candle: tuple[float, float, float], bar: int) -> bool:
        held = self.held
        assert held is not None
        opening, high, low = candle
        at_open = self.levels()
        held.seen.append(opening)
        for moment, levels in (("open", at_open), ("within", self.levels())):
            for reason, level, direction in levels:
                if level is None:
                    continue
                falls = (direction == "against") == (held.side > 0)
                price = opening if moment == "open" else (low if falls else high)
                hit = price <= level if falls else price >= level
                if hit:
                    self.end_at(opening if moment == "open" else level, bar, reason)
                    return True
        return False

    def levels(self) -> list[tuple[str, float | None, str]]:
        held, s = self.held, self.s
        assert held is not None
        side = held.side
        fatal = (held.price - side * held.margin / held.quantity) / (
            1 - side * s.maintenance
        )
        levels: list[tuple[str, float | None, str]] = [
            ("liquidation", fatal if fatal > 0 else None, "against")
        ]
        if s.stop is not None:
            levels.append(("stop_loss", held.price * (1 - side * s.stop), "against"))
        if s.target is not None:
            levels.append(("take_profit", held.price * (1 + side * s.target), "for"))
        if s.trail is not None:
            best = max(held.seen) if side > 0 else min(held.seen)
            levels.append(("trailing_stop", best * (1 - side * s.trail), "against"))
        return levels

    def end_at(self, price: float, bar: int, reason: str) -> None:
        held, s = self.held, self.s
        assert held is not None
        fee = s.fee
        if reason in ("stop_loss", "trailing_stop"):
            price *= 1 - held.side * s.slippage
        if reason == "take_profit" and s.maker_fee is not None:
            fee = s.maker_fee
        self.close(price, bar, reason, fee)

    def decide(self, bar: int) -> tuple[str | None, int, int] | None:
        s, bits = self.s, self.bits[bar]
        long_in, long_out, short_in, short_out = (bool(bits & b) for b in (1, 2, 4, 8))
        if long_in and short_in:
            long_in = short_in = False
        enter = 1 if long_in and not long_out else 0
        enter = -1 if short_in and not short_out else enter
        held = self.held
        if held is None:
            if enter == 1 or (enter == -1 and s.allow_short):
                return (None, enter, bar)
            return None
        own_exit = long_out if held.side > 0 else short_out
        if enter == -held.side and s.on_opposite == "reverse":
            if enter == 1 or s.allow_short:
                return ("reverse", enter, bar)
            return ("signal", 0, bar)
        if own_exit or (enter == -held.side and s.on_opposite == "close"):
            return ("signal", 0, bar)
        filled_on = bar if s.fill == "close" else bar + 1
        if s.time_stop is not None and filled_on - held.entry_bar >= s.time_stop:
            return ("time_stop", 0, bar)
        if enter == held.side and held.entries < s.max_entries:
            return (None, enter, bar)
        return None


def sharpe(equity: list[float], capital: float, periods: float) -> float:
    values = np.array([capital, *equity])
    returns = values[1:] / values[:-1] - 1
    return float(returns.mean() / returns.std(ddof=1) * math.sqrt(periods))
