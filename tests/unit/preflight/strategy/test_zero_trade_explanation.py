"""Why there is no trade, on arrays small enough to work out by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from foresto_lab.preflight.strategy.explanation import Shortfall
from foresto_lab.preflight.strategy.readings import ConditionReading, bar_time
from foresto_lab.preflight.strategy.wording import figure
from foresto_lab.preflight.strategy.zero_trades import (
    DryRunFacts,
    explain_zero_trades,
    outward_steps,
)

DAY = 86_400_000_000
MARCH_FIRST = 1_709_251_200_000_000  # 2024-03-01 00:00 UTC


def days(count: int) -> np.ndarray:
    return MARCH_FIRST + np.arange(count) * DAY


def below(
    values: Sequence[float], number: float, place: int = 0, name: str = "rsi"
) -> ConditionReading:
    left = np.array(values, dtype=float)
    margin = number - left
    return ConditionReading(
        path=f"buyConditions[{place}]",
        text=f"{name} < {number:g}",
        truth=np.nan_to_num(margin, nan=-1.0) > 0,
        margin=margin,
        operator="<",
        left_name=name,
        right_name=f"{number:g}",
        left=left,
        right=np.full(len(left), number),
    )


def no_entries(count: int, **more: object) -> DryRunFacts:
    return DryRunFacts(days(count), np.zeros(count, dtype=bool), **more)  # type: ignore[arg-type]


@dataclass
class Answers:
    """Trades by path, or by path and number; remembers what it was asked."""

    without_path: Mapping[str, int] = field(default_factory=dict)
    at_number: Mapping[tuple[str, float], int] = field(default_factory=dict)
    asked: list[object] = field(default_factory=list)

    def without(self, path: str) -> int:
        self.asked.append(path)
        return self.without_path.get(path, 0)

    def with_number(self, path: str, number: float) -> int:
        self.asked.append((path, number))
        return self.at_number.get((path, number), 0)


RSI = [np.nan, np.nan, 55.0, 40.2, 31.4, 36.0]


def test_a_condition_that_never_held_names_the_lowest_value_and_its_day() -> None:
    answers = Answers(at_number={("buyConditions[0]", 32.0): 3})
    told = explain_zero_trades([below(RSI, 30)], no_entries(6), answers)
    assert told.reason == "condition_never_held"
    assert told.headline() == (
        "rsi < 30 never held on 4 bars: lowest 31.4 on 2024-03-05."
    )
    assert told.suggestion() == (
        "rsi < 30: at 32 instead of 30 it would have traded 3 times."
    )
    (condition,) = told.conditions
    assert (condition.held_bars, condition.known_bars, condition.share) == (0, 4, 0.0)
    assert condition.nearest is not None
    assert condition.nearest.bar == 4
    assert condition.nearest.left == 31.4
    assert condition.nearest.right == 30.0
    assert condition.nearest.distance == pytest.approx(1.4, rel=1e-12)
    assert not condition.nearest.others_held


def test_korean_says_the_same_facts() -> None:
    answers = Answers(at_number={("buyConditions[0]", 32.0): 3})
    told = explain_zero_trades([below(RSI, 30)], no_entries(6), answers)
    assert "최저 31.4 (2024-03-05)" in told.headline("ko")
    assert "32" in told.suggestion("ko")
    assert "3회" in told.suggestion("ko")


def test_the_number_is_moved_on_until_there_is_a_trade() -> None:
    answers = Answers(at_number={("buyConditions[0]", 34.0): 1})
    told = explain_zero_trades([below(RSI, 30)], no_entries(6), answers)
    assert answers.asked == [("buyConditions[0]", n) for n in (32.0, 33.0, 34.0)]
    assert [(m.after, m.trades) for m in told.moved] == [(34.0, 1)]


def test_two_conditions_that_exclude_each_other_are_named_as_a_pair() -> None:
    rsi = below([20.0, 25.0, 60.0, 70.0], 30, 0)
    close = below([110.0, 120.0, 90.0, 80.0], 100, 1, "close")
    answers = Answers(without_path={"buyConditions[0]": 2, "buyConditions[1]": 5})
    told = explain_zero_trades([rsi, close], no_entries(4), answers)
    assert told.reason == "pair_never_together"
    assert "rsi < 30 and close < 100" in told.headline()
    (pair,) = told.never_together
    assert (pair.first_path, pair.second_path) == (rsi.path, close.path)
    # the one whose leaving gives most trades comes first
    assert [(d.path, d.trades) for d in told.dropped] == [
        (close.path, 5),
        (rsi.path, 2),
    ]
    # nearest where the other one held: rsi 60 on the third bar, close 110 on the first
    first, second = told.conditions
    assert first.nearest is not None
    assert second.nearest is not None
    assert (first.nearest.left, first.nearest.others_held) == (60.0, True)
    assert (second.nearest.left, second.nearest.others_held) == (110.0, True)
    assert first.share == 0.5


def test_three_that_hold_in_pairs_but_never_all() -> None:
    readings = [
        below([1.0, 1.0, 9.0], 5, 0, "a"),
        below([1.0, 9.0, 1.0], 5, 1, "b"),
        below([9.0, 1.0, 1.0], 5, 2, "c"),
    ]
    told = explain_zero_trades(readings, no_entries(3))
    assert told.reason == "never_all_together"
    assert told.never_together == ()


def test_long_and_short_conditions_are_not_weighed_against_each_other() -> None:
    long = below([1.0, 9.0], 5, 0, "a")
    short = ConditionReading(
        "shortConditions[0]", "b", np.array([False, True]), side="short"
    )
    told = explain_zero_trades([long, short], no_entries(2))
    assert told.never_together == ()


def test_one_candle_too_few_is_told_with_its_numbers() -> None:
    told = explain_zero_trades(
        [below(RSI, 30)], no_entries(6, span=Shortfall(600, 250))
    )
    assert told.reason == "span_too_short"
    assert told.headline() == (
        "250 candles are too few: the indicators take 600, so 350 are missing."
    )
    assert "350 more candles" in told.suggestion()


def test_entries_without_money_for_one_lot() -> None:
    entries = np.array([False, True, False])
    facts = DryRunFacts(days(3), entries, capital=Shortfall(71_200.0, 10_000.0))
    told = explain_zero_trades([], facts)
    assert told.reason == "capital_too_small"
    assert "71,200" in told.headline()
    assert "at least 71,200" in told.suggestion()


def test_an_entry_on_the_last_bar_has_no_bar_left_to_fill_it() -> None:
    facts = DryRunFacts(days(3), np.array([False, False, True]))
    assert explain_zero_trades([], facts).reason == "entries_too_late"


def test_entries_that_nothing_explains_are_told_as_such() -> None:
    facts = DryRunFacts(days(3), np.array([False, True, False]))
    told = explain_zero_trades([], facts)
    assert told.reason == "never_filled"
    assert "1 entry signal" in told.headline()


def test_short_entries_where_shorts_are_not_allowed() -> None:
    facts = DryRunFacts(days(2), np.array([True, False]), shorts_refused=True)
    assert explain_zero_trades([], facts).reason == "shorts_not_allowed"


def test_code_without_conditions_says_how_many_bars_it_saw() -> None:
    told = explain_zero_trades([], no_entries(7))
    assert told.reason == "never_signalled"
    assert "none of 7 bars" in told.headline()


def test_a_condition_of_undefined_values_is_told_as_undefined() -> None:
    told = explain_zero_trades([below([np.nan] * 4, 30)], no_entries(4))
    assert told.headline() == (
        "rsi < 30 could be judged on no bar: its values are nowhere defined."
    )


def test_an_explanation_is_plain_data_text_and_escaped_html() -> None:
    reading = below(RSI, 30, name="<rsi>")
    told = explain_zero_trades([reading], no_entries(6), Answers())
    facts = json.loads(json.dumps(told.to_dict(), allow_nan=False))
    assert facts["reason"] == "condition_never_held"
    assert facts["conditions"][0]["share"] == 0.0
    assert facts["conditions"][0]["nearest"]["time"] == "2024-03-05"
    assert "31.4" in str(told)
    page = told._repr_html_()
    assert "&lt;rsi&gt;" in page
    assert "<rsi>" not in page


def test_thousands_of_conditions_are_cut_not_crossed() -> None:
    readings = [below([9.0, 9.0], 5, place) for place in range(5_000)]
    told = explain_zero_trades(readings, no_entries(2), answers := Answers())
    assert len(told.conditions) == 60
    assert len(answers.asked) <= 24


@pytest.mark.parametrize(
    ("number", "distance", "upward", "first"),
    [
        (30.0, 1.4, True, 32.0),
        (70.0, 1.4, False, 68.0),
        (30.0, 2.0, True, 33.0),  # the edge itself would not be below
        (0.5, 0.013, True, 0.514),
        (10_000.0, 2_345.0, True, 12_400.0),
        (30.0, 0.0, True, 31.0),
        (12.0, 15.2, True, 28.0),
        (8.0, 25.3, True, 34.0),
        (0.0, 0.0, True, 0.001),
    ],
)
def test_numbers_move_outward_in_round_steps(
    number: float, distance: float, upward: bool, first: float
) -> None:
    assert next(outward_steps(number, distance, upward=upward)) == first


def test_figures_show_as_much_as_the_distance_needs() -> None:
    assert figure(30.004, 0.004) == "30.004"
    assert figure(71_200.0, 61_200.0) == "71,200"
    assert figure(float("nan")) == "–"


def test_bars_are_named_by_day_or_by_minute() -> None:
    assert bar_time(MARCH_FIRST) == "2024-03-01"
    assert bar_time(MARCH_FIRST + 90 * 60_000_000) == "2024-03-01 01:30"
