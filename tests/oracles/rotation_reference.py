"""Several symbols on one cash account, told slowly: dicts and lists, bar by bar.

Written from the rules in ``docs/rotation.md``, apart from the engine.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Candle = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The rules of an account."""

    capital: float
    top: int
    at_close: bool = False
    fee: float = 0.0
    maker_fee: float = 0.0
    slippage: float = 0.0
    lot: float = 0.0
    minimum: float = 0.0
    tax: Sequence[float] = ()
    by_rank: bool = True
    keep_rank: int = 0
    rebalance: bool = True
    by_score: bool = False
    stop: float | None = None
    target: float | None = None
    trail: float | None = None
    time: int | None = None


@dataclass
class Holding:
    symbol: str
    signal_bar: int
    entry_bar: int
    quantity: float = 0.0
    cost: float = 0.0
    fees: float = 0.0
    seen: list[float] = field(default_factory=list)
    mark: float = 0.0
    score: float = 0.0
    order: str = ""

    @property
    def price(self) -> float:
        return self.cost / self.quantity


@dataclass(frozen=True)
class Sale:
    symbol: str
    reason: str
    signal_bar: int
    entry_bar: int
    exit_bar: int
    quantity: float
    entry_price: float
    exit_price: float
    pnl: float
    fees: float
    tax: float
    worst: float
    best: float


class Account:
    """One account that is told what happens, bar by bar."""

    def __init__(
        self,
        worlds: Mapping[str, Sequence[Candle | None]],
        scores: Mapping[int, Mapping[str, float]],
        leaves: set[tuple[str, int]],
        terms: Terms,
    ) -> None:
        self.worlds, self.scores, self.leaves = worlds, scores, leaves
        self.terms = terms
        self.symbols = list(worlds)
        self.n_bars = len(next(iter(worlds.values())))
        self.cash = terms.capital
        self.held: dict[str, Holding] = {}
        self.sales: list[Sale] = []
        self.equity: list[float] = []
        self.cashes: list[float] = []

    def run(self) -> Account:
        for bar in range(self.n_bars):
            if not self.terms.at_close:
                self.trade(bar, bar - 1, 0)
            self.levels(bar)
            self.delist(bar)
            self.order_exits(bar)
            if self.terms.at_close:
                self.trade(bar, bar, 3)
            self.equity.append(self.worth(bar, 3))
            self.cashes.append(self.cash)
        for holding in self.held.values():
            self.note(holding, holding.quantity, holding.mark, 0.0, 0.0, "end", -1)
        return self

    # --- prices

    def price(self, symbol: str, bar: int, field_: int) -> float | None:
        candle = self.worlds[symbol][bar]
        return None if candle is None else candle[field_]

    def worth(self, bar: int, field_: int) -> float:
        total = self.cash
        for holding in self.held.values():
            price = self.price(holding.symbol, bar, field_)
            if price is not None:
                holding.mark = price
            total += holding.quantity * holding.mark
        return total

    # --- sales

    def note(
        self,
        holding: Holding,
        quantity: float,
        price: float,
        fee: float,
        tax: float,
        reason: str,
        bar: int,
    ) -> None:
        entry = holding.price
        fees = holding.fees * quantity / holding.quantity + fee
        self.sales.append(
            Sale(
                holding.symbol,
                reason,
                holding.signal_bar,
                holding.entry_bar,
                self.n_bars - 1 if bar < 0 else bar,
                quantity,
                entry,
                price,
                quantity * (price - entry) - fees - tax,
                fees,
                tax,
                min(0.0, min(holding.seen) / entry - 1),
                max(0.0, max(holding.seen) / entry - 1),
            )
        )

    def sell(
        self, holding: Holding, quantity: float, market: float, reason: str, bar: int
    ) -> None:
        limit = reason == "take_profit"
        price = market if limit else market * (1 - self.terms.slippage)
        fee = (self.terms.maker_fee if limit else self.terms.fee) * quantity * price
        tax = self.terms.tax[bar] * quantity * price if self.terms.tax else 0.0
        holding.seen.append(price)
        self.note(holding, quantity, price, fee, tax, reason, bar)
        self.cash += quantity * price - fee - tax
        rest = 1 - quantity / holding.quantity
        holding.cost *= rest
        holding.fees *= rest
        holding.quantity -= quantity
        holding.mark = market
        if reason != "rebalance":
            del self.held[holding.symbol]

    def levels(self, bar: int) -> None:
        terms = self.terms
        for holding in list(self.held.values()):
            candle = self.worlds[holding.symbol][bar]
            if candle is None:
                continue
            opening, high, low, close = candle
            stop = -math.inf if terms.stop is None else holding.price * (1 - terms.stop)
            target = (
                math.inf if terms.target is None else holding.price * (1 + terms.target)
            )
            best = max(holding.seen)
            trail = -math.inf if terms.trail is None else best * (1 - terms.trail)
            found = None
            if opening <= stop:
                found = ("stop_loss", opening)
            elif opening >= target:
                found = ("take_profit", opening)
            elif opening <= trail:
                found = ("trailing_stop", opening)
            elif low <= stop:
                found = ("stop_loss", stop)
            elif high >= target:
                found = ("take_profit", target)
            elif low <= trail:
                found = ("trailing_stop", trail)
            if found is None:
                holding.seen += [high, low]
                holding.mark = close
            else:
                holding.seen.append(opening)
                self.sell(holding, holding.quantity, found[1], found[0], bar)

    def delist(self, bar: int) -> None:
        for holding in list(self.held.values()):
            candles = self.worlds[holding.symbol]
            is_over = all(candle is None for candle in candles[bar + 1 :])
            if is_over and candles[-1] is None:
                self.sell(holding, holding.quantity, holding.mark, "delisted", bar)

    def order_exits(self, bar: int) -> None:
        filled = bar if self.terms.at_close else bar + 1
        for holding in self.held.values():
            if (holding.symbol, bar) in self.leaves:
                holding.order = "signal"
            elif (
                self.terms.time is not None
                and not holding.order
                and filled - holding.entry_bar >= self.terms.time
            ):
                holding.order = "time_stop"

    # --- a decision

    def trade(self, bar: int, decided: int, field_: int) -> None:
        terms = self.terms
        row = self.scores.get(decided)
        order = [] if row is None else self.in_order(row)
        if row is not None and terms.by_rank:
            slot = self.worth(bar, field_) / terms.top
            able = [
                symbol
                for symbol in order
                if symbol in self.held or self.fits(symbol, slot, bar, field_)
            ]
            first = able[: terms.keep_rank]
            after_first = order[order.index(first[-1]) + 1 :] if first else []
            order = first + (after_first if len(first) == terms.keep_rank else [])
            for holding in self.held.values():
                if holding.order in ("", "rank"):
                    holding.order = "" if holding.symbol in first else "rank"
                if holding.symbol in first:
                    holding.score = row[holding.symbol]
        sold = set()
        for holding in list(self.held.values()):
            price = self.price(holding.symbol, bar, field_)
            if holding.order and price is not None:
                sold.add(holding.symbol)
                self.sell(holding, holding.quantity, price, holding.order, bar)
        if row is None:
            return
        equity = self.worth(bar, field_)
        total = self.score_total(order[: terms.keep_rank], row, sold)
        if terms.by_rank and terms.rebalance:
            self.trim(bar, field_, equity, total)
        for symbol in order:
            if symbol in sold:
                continue
            if symbol in self.held:
                if not (terms.by_rank and terms.rebalance) or self.held[symbol].order:
                    continue
            elif len(self.held) >= terms.top:
                continue
            self.buy(symbol, row[symbol], bar, decided, field_, equity, total)

    def in_order(self, row: Mapping[str, float]) -> list[str]:
        scored = [symbol for symbol in self.symbols if not math.isnan(row[symbol])]
        return sorted(scored, key=lambda symbol: -row[symbol])

    def fits(self, symbol: str, slot: float, bar: int, field_: int) -> bool:
        price = self.price(symbol, bar, field_)
        if price is None:
            return False
        paid = price * (1 + self.terms.slippage)
        quantity = self.lots(slot / (paid * (1 + self.terms.fee)))
        return self.counts(quantity * paid, slot * self.terms.top)

    def score_total(
        self, first: list[str], row: Mapping[str, float], sold: set[str]
    ) -> float:
        free = self.terms.top - len(self.held)
        new = [s for s in first if s not in self.held and s not in sold][:free]
        kept = sum(max(holding.score, 0.0) for holding in self.held.values())
        return kept + sum(max(row[symbol], 0.0) for symbol in new)

    def share(self, score: float, total: float) -> float:
        if self.terms.by_score and total > 0:
            return max(score, 0.0) / total
        return 1 / self.terms.top

    def wanted(self, share: float, equity: float, paid: float) -> float:
        return share * equity / (paid * (1 + self.terms.fee))

    def trim(self, bar: int, field_: int, equity: float, total: float) -> None:
        for holding in list(self.held.values()):
            price = self.price(holding.symbol, bar, field_)
            if price is None or holding.order:
                continue
            paid = price * (1 + self.terms.slippage)
            wanted = self.wanted(self.share(holding.score, total), equity, paid)
            over = self.lots(holding.quantity - wanted)
            if over < holding.quantity and self.counts(over * price, equity):
                self.sell(holding, over, price, "rebalance", bar)

    def buy(
        self,
        symbol: str,
        score: float,
        bar: int,
        decided: int,
        field_: int,
        equity: float,
        total: float,
    ) -> None:
        price = self.price(symbol, bar, field_)
        if price is None:
            return
        paid = price * (1 + self.terms.slippage)
        wanted = self.wanted(self.share(score, total), equity, paid)
        if symbol in self.held:
            wanted -= self.held[symbol].quantity
        most = self.cash / (paid * (1 + self.terms.fee))
        quantity = self.lots(min(wanted, most))
        if not self.counts(quantity * paid, equity):
            return
        holding = self.held.setdefault(symbol, Holding(symbol, decided, bar))
        holding.quantity += quantity
        holding.cost += quantity * paid
        holding.fees += self.terms.fee * quantity * paid
        holding.seen.append(paid)
        holding.mark = price
        holding.score = score
        self.cash -= quantity * paid * (1 + self.terms.fee)

    def lots(self, quantity: float) -> float:
        if self.terms.lot == 0:
            return quantity
        return math.floor(quantity / self.terms.lot * (1 + 1e-12)) * self.terms.lot

    def counts(self, worth: float, equity: float) -> bool:
        return worth > 1e-9 * equity and worth >= self.terms.minimum
