"""The engine of many symbols agrees with the slow account, on small made-up worlds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings

from tests.oracles.rotation_reference import Sale
from tests.oracles.rotation_worlds import World, worlds

CLOSE = {"rel": 1e-9, "abs": 1e-7}


@given(worlds(by_rank=True))
@settings(max_examples=200, deadline=None)
def test_rankings_trade_as_the_slow_account_does(world: World) -> None:
    assume(_any_bar(world))
    require_agreement(world)


@given(worlds(by_rank=False))
@settings(max_examples=150, deadline=None)
def test_signals_trade_as_the_slow_account_does(world: World) -> None:
    assume(_any_bar(world))
    require_agreement(world)


def _any_bar(world: World) -> bool:
    """Return whether every bar is there for some symbol: the frame keeps all bars."""
    return any(candle for bars in world.prices.values() for candle in bars)


def require_agreement(world: World) -> None:
    expected = (as_booked(world) if not world.terms.by_rank else world).reference()
    result = world.run()
    assert result.equity["equity"].tolist() == pytest.approx(expected.equity, **CLOSE)
    assert result.equity["cash"].tolist() == pytest.approx(expected.cashes, **CLOSE)
    found = [_row_of(row) for row in result.trades.to_dict("records")]
    told = [_told(sale, world) for sale in expected.sales]
    assert [row[:4] for row in sorted(found)] == [row[:4] for row in sorted(told)]
    for one, other in zip(sorted(found), sorted(told), strict=True):
        assert one[4:] == pytest.approx(other[4:], **CLOSE)


def as_booked(world: World) -> World:
    """Return the world with its entries where they wait for the symbols' next bars."""
    scores: dict[int, dict[str, float]] = {}
    nothing = dict.fromkeys(world.prices, float("nan"))
    for symbol, bars in world.prices.items():
        own = [bar for bar, candle in enumerate(bars) if candle is not None]
        for bar, following in zip(own, [*own[1:], None], strict=False):
            wanted = not np.isnan(world.scores.get(bar, nothing)[symbol])
            if not wanted or (symbol, bar) in world.leaves:
                continue
            if world.terms.at_close:
                booked = bar
            elif following is None:
                continue
            else:
                booked = following - 1
            scores.setdefault(booked, dict(nothing))[symbol] = 0.0
    leaves = {
        (symbol, bar) for symbol, bar in world.leaves if world.prices[symbol][bar]
    }
    return replace(world, scores=scores, leaves=frozenset(leaves))


def _row_of(row: dict[str, object]) -> tuple[object, ...]:
    end = row["exit_time"] if not row["is_open"] else None
    return (
        row["symbol"],
        row["exit_reason"],
        row["entry_time"].day - 1,  # type: ignore[attr-defined]
        -1 if end is None else end.day - 1,  # type: ignore[attr-defined]
        row["quantity"],
        row["entry_price"],
        0.0 if end is None else row["exit_price"],
        row["pnl"],
        row["fees"],
        row["tax"],
        row["max_adverse_excursion"],
        row["max_favorable_excursion"],
    )


def _told(sale: Sale, world: World) -> tuple[object, ...]:
    is_open = sale.reason == "end"
    return (
        sale.symbol,
        sale.reason,
        sale.entry_bar,
        -1 if is_open else sale.exit_bar,
        sale.quantity,
        sale.entry_price,
        0.0 if is_open else sale.exit_price,
        sale.pnl,
        sale.fees,
        sale.tax,
        sale.worst,
        sale.best,
    )
