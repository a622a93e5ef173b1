"""Several symbols on one cash account: examples worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foresto_lab.backtest import Execution, FixedAmount, FractionOfEquity
from foresto_lab.backtest.choices import GivenRanking
from foresto_lab.backtest.many import backtest_many
from foresto_lab.backtest.result import BacktestResult
from foresto_lab.errors import (
    AmountError,
    CandleTableError,
    InputError,
    UnknownNameError,
)
from foresto_lab.strategies.ranking import Ranking, Selection
from foresto_lab.strategies.risk import Risk
from foresto_lab.strategies.signals import Signals
from tests.oracles.rotation_candles import several

NAN = float("nan")
FREE = {"fee_rate": 0.0}


def ranked(
    rows: dict[int, list[float]], *, risk: Risk | None = None, **selection: object
) -> GivenRanking:
    """Return a strategy that decides at these bars by these scores."""
    ranking = Ranking(np.array(list(rows)), np.array(list(rows.values())))
    return GivenRanking(ranking, Selection(**selection), risk or Risk())  # type: ignore[arg-type]


def entering(
    n_bars: int, entries: list[int], exits: list[int] | None = None
) -> Signals:
    """Return signals to enter long, and to leave, at these bars."""
    into, out = np.zeros(n_bars, dtype=bool), np.zeros(n_bars, dtype=bool)
    into[entries], out[exits or []] = True, True
    return Signals.of(long_entry=into, long_exit=out)


def held(result: BacktestResult) -> dict[str, float]:
    """Return the quantities that are open at the end."""
    left = result.trades[result.trades["is_open"]]
    return dict(zip(left["symbol"], left["quantity"], strict=True))


def test_best_two_that_fit_pass_over_a_share_dearer_than_a_slot() -> None:
    candles = several({"A": [300.0] * 3, "B": [600.0] * 3, "C": [200.0] * 3})
    result = backtest_many(
        candles,
        ranked({0: [3.0, 2.0, 1.0]}, top=2),
        Execution(lot_size=1, **FREE),
        initial_capital=1000,
    )
    assert held(result) == {"A": 1.0, "C": 2.0}
    assert result.equity["cash"].tolist() == [1000.0, 300.0, 300.0]
    assert result.equity["equity"].tolist() == [1000.0] * 3


def test_cash_short_for_the_second_best_buys_the_third() -> None:
    candles = several(
        {
            "A": [100.0, 100.0, 1000.0, 1000.0],
            "B": [700.0] * 4,
            "C": [250.0] * 4,
        }
    )
    result = backtest_many(
        candles,
        {"A": entering(4, [0]), "B": entering(4, [2]), "C": entering(4, [2])},
        Execution(lot_size=1, **FREE),
        initial_capital=900,
        max_positions=3,
    )
    # A: a slot of 300 buys 3; then 600 are left, a slot is 1200: no B, two C.
    assert held(result) == {"A": 3.0, "C": 2.0}
    assert result.equity["cash"].iloc[-1] == 100.0
    passed = [f for f in result.findings if f.code == "PASSED_OVER"]
    assert passed[0].count == 1


def test_sells_before_it_buys_and_pays_fee_and_tax() -> None:
    candles = several({"A": [99.0, 99.0, 110.0], "B": [50.0] * 3})
    tax = {"2020-01-01": 0.003, "2024-01-03": 0.005, "2024-01-04": 0.9}
    result = backtest_many(
        candles,
        ranked({0: [2.0, 1.0], 1: [1.0, 2.0]}, top=1),
        Execution(lot_size=1, fee_rate=0.01, sell_tax_rate=tax),
        initial_capital=1000,
    )
    # 10 A for 990 + 9.9; sold for 1100 - 11 - 5.5; then 21 B for 1050 + 10.5.
    first = result.trades.iloc[0]
    assert (first["symbol"], first["exit_reason"]) == ("A", "rank")
    assert first["quantity"] == 10.0
    assert first["pnl"] == pytest.approx(83.6, abs=1e-9)
    assert first["tax"] == pytest.approx(5.5, abs=1e-9)
    assert first["fees"] == pytest.approx(20.9, abs=1e-9)
    assert held(result) == {"B": 21.0}
    assert result.equity["cash"].iloc[-1] == pytest.approx(23.1, abs=1e-9)
    assert result.equity["equity"].iloc[-1] == pytest.approx(1073.1, abs=1e-9)
    assert result.metrics["total_tax"] == pytest.approx(5.5, abs=1e-9)


def test_delisted_while_held_is_sold_at_its_last_close() -> None:
    candles = several(
        {"A": [10.0, 10.0, (11.0, 13.0, 11.0, 12.0), None, None], "B": [20.0] * 5}
    )
    result = backtest_many(
        candles,
        ranked({0: [2.0, 1.0], 3: [2.0, 1.0]}, top=1),
        Execution(**FREE),
        initial_capital=100,
    )
    sold, bought = result.trades.iloc[0], result.trades.iloc[1]
    assert (sold["symbol"], sold["exit_reason"]) == ("A", "delisted")
    assert sold["exit_time"] == pd.Timestamp("2024-01-03", tz="UTC")
    assert sold["exit_price"] == 12.0
    assert result.equity["equity"].tolist() == [100.0, 100.0, 120.0, 120.0, 120.0]
    assert result.equity["position"].tolist() == [0.0, 1.0, 0.0, 0.0, 1.0]
    assert (bought["symbol"], bought["quantity"]) == ("B", 6.0)
    assert "SOLD_AT_DELISTING" in {finding.code for finding in result.findings}


def test_suspended_keeps_its_mark_and_its_order_until_it_trades() -> None:
    candles = several({"A": [10.0, 10.0, None, None, 8.0, 9.0], "B": [20.0] * 6})
    result = backtest_many(
        candles,
        ranked({0: [2.0, 1.0], 1: [1.0, 2.0]}, top=1),
        Execution(**FREE),
        initial_capital=100,
    )
    sold = result.trades.iloc[0]
    assert sold["exit_time"] == pd.Timestamp("2024-01-05", tz="UTC")
    assert (sold["exit_price"], sold["exit_reason"]) == (8.0, "rank")
    assert result.equity["equity"].tolist() == [100.0] * 4 + [80.0, 80.0]
    assert len(result.trades) == 1  # its cash waits for the next decision


def test_not_listed_yet_is_not_bought() -> None:
    candles = several({"A": [None, None, 5.0, 5.0], "B": [10.0] * 4})
    result = backtest_many(
        candles,
        ranked({0: [9.0, 1.0], 2: [9.0, 1.0]}, top=1),
        Execution(**FREE),
        initial_capital=100,
    )
    assert result.trades["symbol"].tolist() == ["B", "A"]
    assert result.trades["entry_time"].dt.day.tolist() == [2, 4]


def test_ties_rank_in_the_order_of_the_columns() -> None:
    candles = several({name: [10.0] * 2 for name in "CABD"})
    result = backtest_many(
        candles,
        ranked({0: [1.0, 1.0, 1.0, 1.0]}, top=2),
        Execution(**FREE),
        initial_capital=100,
    )
    assert set(held(result)) == {"C", "A"}


def test_rebalances_to_equal_slots_or_leaves_them() -> None:
    candles = several({"A": [10.0, 10.0, 20.0, 20.0], "B": [10.0] * 4})
    scores = {0: [2.0, 1.0], 2: [2.0, 1.0]}
    account = (Execution(**FREE),)
    restored = backtest_many(
        candles, ranked(scores, top=2), *account, initial_capital=100
    )
    # 5 of each; then the equity is 150: 1.25 A are too many, 2.5 B are lacking.
    trimmed = restored.trades.iloc[0]
    assert (trimmed["symbol"], trimmed["exit_reason"]) == ("A", "rebalance")
    assert (trimmed["quantity"], trimmed["pnl"]) == (1.25, 12.5)
    assert held(restored) == {"A": 3.75, "B": 7.5}
    left = backtest_many(
        candles, ranked(scores, top=2, rebalance=False), *account, initial_capital=100
    )
    assert held(left) == {"A": 5.0, "B": 5.0}


def test_scores_weigh_the_slots() -> None:
    candles = several({"A": [10.0] * 2, "B": [10.0] * 2, "C": [10.0] * 2})
    result = backtest_many(
        candles,
        ranked({0: [3.0, 1.0, -1.0]}, top=3, weighting="score"),
        Execution(**FREE),
        initial_capital=100,
    )
    assert held(result) == {"A": 7.5, "B": 2.5}


@pytest.mark.parametrize(("keep_rank", "left"), [(2, {"A": 10.0}), (1, {"B": 10.0})])
def test_hold_buffer_keeps_what_is_ranked_well_enough(
    keep_rank: int, left: dict[str, float]
) -> None:
    candles = several({name: [10.0] * 3 for name in "ABC"})
    result = backtest_many(
        candles,
        ranked({0: [3.0, 2.0, 1.0], 1: [2.0, 3.0, 1.0]}, top=1, keep_rank=keep_rank),
        Execution(**FREE),
        initial_capital=100,
    )
    assert held(result) == left


@pytest.mark.parametrize(
    ("bar", "price", "reason"),
    [
        ((100.0, 101.0, 85.0, 95.0), 90.0, "stop_loss"),
        ((80.0, 130.0, 80.0, 95.0), 80.0, "stop_loss"),
        ((100.0, 125.0, 85.0, 95.0), 90.0, "stop_loss"),
        ((100.0, 125.0, 95.0, 95.0), 120.0, "take_profit"),
        ((126.0, 130.0, 95.0, 95.0), 126.0, "take_profit"),
    ],
)
def test_levels_within_a_bar_by_pessimism(
    bar: tuple[float, float, float, float], price: float, reason: str
) -> None:
    candles = several({"A": [100.0, 100.0, bar], "B": [10.0] * 3})
    result = backtest_many(
        candles,
        ranked({0: [1.0, NAN]}, top=1, risk=Risk(stop_loss=0.1, take_profit=0.2)),
        Execution(**FREE),
        initial_capital=1000,
    )
    trade = result.trades.iloc[0]
    assert trade["exit_price"] == pytest.approx(price, abs=1e-9)
    assert trade["exit_reason"] == reason


def test_time_stop_and_trailing_stop() -> None:
    candles = several({"A": [100.0, 100.0, 120.0, (115.0, 115.0, 107.0, 108.0), 99.0]})
    for risk, price, reason in (
        (Risk(time_stop=2), 115.0, "time_stop"),
        (Risk(trailing_stop=0.1), 108.0, "trailing_stop"),
    ):
        result = backtest_many(
            candles,
            ranked({0: [1.0]}, top=1, risk=risk),
            Execution(**FREE),
            initial_capital=1000,
        )
        trade = result.trades.iloc[0]
        assert trade["exit_price"] == pytest.approx(price, abs=1e-9)
        assert trade["exit_reason"] == reason


def test_fills_at_the_close_that_decided() -> None:
    candles = several({"A": [(9.0, 11.0, 9.0, 10.0), (12.0, 12.0, 12.0, 12.0)]})
    result = backtest_many(
        candles,
        {"A": entering(2, [0])},
        Execution(fill="close", **FREE),
        initial_capital=100,
        max_positions=1,
    )
    assert result.trades.iloc[0]["entry_price"] == 10.0
    assert result.equity["equity"].tolist() == [100.0, 120.0]


def test_signals_are_ranked_by_a_column() -> None:
    candles = several({"A": [10.0] * 3, "B": [20.0] * 3, "C": [30.0] * 3})
    signals = {name: entering(3, [0]) for name in "ABC"}
    best = {
        rank_by: set(
            held(
                backtest_many(
                    candles,
                    signals,
                    Execution(**FREE),
                    max_positions=1,
                    rank_by=rank_by,
                )
            )
        )
        for rank_by in (None, "close", "-close")
    }
    assert best == {None: {"A"}, "close": {"C"}, "-close": {"A"}}


def test_an_entry_waits_for_the_symbols_own_next_bar() -> None:
    candles = several({"A": [10.0, None, 11.0], "B": [10.0, 10.0, 10.0]})
    given = {"A": entering(2, [0]), "B": entering(3, [])}
    result = backtest_many(candles, given, Execution(**FREE), max_positions=1)
    trade = result.trades.iloc[0]
    assert (trade["symbol"], trade["entry_price"]) == ("A", 11.0)
    assert trade["signal_time"] == pd.Timestamp("2024-01-01", tz="UTC")


def test_sizings_of_money_and_of_equity() -> None:
    candles = several({"A": [10.0] * 2, "B": [10.0] * 2})
    for sizing, quantity in ((FixedAmount(30.0), 3.0), (FractionOfEquity(0.4), 4.0)):
        result = backtest_many(
            candles,
            ranked({0: [2.0, 1.0]}, top=2),
            Execution(sizing=sizing, **FREE),
            initial_capital=100,
        )
        assert held(result) == {"A": quantity, "B": quantity}


def test_tables_tell_what_was_decided_on() -> None:
    candles = several({"A": [10.0] * 3, "B": [10.0] * 3})
    result = backtest_many(candles, ranked({0: [2.0, 1.0]}, top=1), Execution())
    assert result.trades.iloc[0]["entry_conditions"] == {"score": 2.0}
    assert result.signals.loc[pd.Timestamp("2024-01-01", tz="UTC"), "B"] == 1.0
    assert result.symbols == ("A", "B")
    assert result.timeframe == "1d"
    assert len(result.request_hash) == 64
    assert "total_return" in result.to_dict()["metrics"]


def test_it_shows_itself_however_many_symbols_it_has() -> None:
    candles = several({f"s{place}": [10.0, 11.0, 12.0] for place in range(8)})
    result = backtest_many(candles, ranked({0: [1.0] * 8}, top=2), Execution())
    assert "s0, s1, s2, s3, s4 +3" in result.title
    assert "s0, s1, s2, s3, s4 +3" in result._repr_html_()


def test_what_a_cash_account_cannot_do_is_said() -> None:
    candles = several({"A": [10.0] * 3})
    strategy = ranked({0: [1.0]}, top=1)
    for execution, word in (
        (Execution(leverage=2.0), "leverage"),
        (Execution(max_entries=2), "max_entries"),
        (Execution(finer=candles["A"]), "finer"),
    ):
        with pytest.raises(InputError, match=word):
            backtest_many(candles, strategy, execution)
    with pytest.raises(InputError, match="max_positions"):
        backtest_many(candles, strategy, max_positions=3)
    with pytest.raises(AmountError, match="max_positions"):
        backtest_many(candles, {"A": entering(3, [0])}, max_positions=0)
    with pytest.raises(UnknownNameError, match="close"):
        backtest_many(candles, {"A": entering(3, [0])}, rank_by="clse")
    with pytest.raises(UnknownNameError, match="symbol"):
        backtest_many(candles, {"B": entering(3, [0])})
    with pytest.raises(InputError, match="scores of 2 symbols"):
        backtest_many(candles, ranked({0: [1.0, 2.0]}, top=1))
    with pytest.raises(InputError, match="bars 0 to 2"):
        backtest_many(candles, ranked({7: [1.0]}, top=1))


@pytest.mark.parametrize(
    ("candles", "word"),
    [
        ({}, "no symbol"),
        (several({"A": [10.0] * 3}).iloc[:0], "no candle"),
        (several({"A": [10.0] * 3}).tz_localize(None), "time zone"),
        (several({"A": [10.0] * 3}).iloc[:, :4], "volume"),
        (several({"A": [10.0, (9.0, 8.0, 9.0, 9.0), 10.0]}), "high"),
        (several({"A": [10.0, (9.0, NAN, 9.0, 9.0), 10.0]}), "high"),
        (several({"A": [10.0] * 3}).iloc[::-1], "ascending"),
    ],
)
def test_candles_that_are_none_are_refused(candles: object, word: str) -> None:
    with pytest.raises(CandleTableError, match=word):
        backtest_many(candles, "momentum_rotation")  # type: ignore[arg-type]


def test_symbols_and_bars_without_candles_trade_nothing() -> None:
    candles = several({"A": [None] * 3, "B": [10.0] * 3})
    result = backtest_many(candles, ranked({0: [2.0, 1.0]}, top=2), Execution(**FREE))
    assert set(held(result)) == {"B"}
    for nothing in (candles.iloc[:1], candles * NAN):
        empty = backtest_many(nothing, "momentum_rotation")
        assert empty.trades.empty
        assert {finding.code for finding in empty.findings} == {"NO_TRADES"}


def test_leverage_of_a_strategy_is_refused_until_it_is_set_to_one() -> None:
    candles = several({"A": [10.0, 11.0, 12.0]})
    with pytest.raises(InputError, match="leverage=1"):
        backtest_many(candles, "hyperrsi")
    assert backtest_many(candles, "hyperrsi", Execution(leverage=1.0)).trades.empty


def test_a_selection_that_cannot_be_is_refused() -> None:
    with pytest.raises(AmountError, match="top"):
        Selection(top=0)
    with pytest.raises(AmountError, match="keep_rank"):
        Selection(top=5, keep_rank=4)
    with pytest.raises(UnknownNameError, match="equal"):
        Selection(weighting="equl")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="ascending"):
        Ranking(np.array([1, 0]), np.zeros((2, 1)))
    with pytest.raises(InputError, match="one row"):
        Ranking(np.array([1]), np.zeros((2, 1)))
