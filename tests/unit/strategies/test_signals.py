"""Signals and the risk block: what they take, what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

from foresto_lab.errors import AmountError, InputError, UnknownNameError
from foresto_lab.strategies import (
    AllIn,
    ConditionTruth,
    FixedRisk,
    FractionOfEquity,
    Risk,
    SignalBits,
    Signals,
    VolatilityTarget,
    parse_sizing,
)


def test_four_rows_become_the_bits_of_one_byte() -> None:
    signals = Signals.of(
        long_entry=[True, False, False],
        long_exit=[False, True, False],
        short_entry=[True, False, False],
        short_exit=[False, True, False],
    )
    assert signals.bits.dtype == np.uint8
    assert signals.bits.tolist() == [1 | 4, 2 | 8, 0]
    assert signals.short_exit.tolist() == [False, True, False]
    assert signals.has(SignalBits.LONG_ENTRY).tolist() == [True, False, False]


def test_rows_of_other_lengths_or_types_are_refused() -> None:
    with pytest.raises(InputError, match=r"lengths are \[1, 2\]"):
        Signals.of(long_entry=[True], long_exit=[True, False])
    with pytest.raises(InputError, match="no row was given"):
        Signals.of()
    with pytest.raises(InputError, match="one True or False per bar"):
        Signals.of(long_entry=[1.0, 0.0])
    with pytest.raises(InputError, match="uint8"):
        Signals(np.zeros(3))  # type: ignore[arg-type]


def test_conditions_are_computed_when_asked_for() -> None:
    asked = []

    def explain() -> tuple[ConditionTruth, ...]:
        asked.append(1)
        truth = np.array([True])
        return (ConditionTruth("buyConditions[0]", "a > b", truth, np.ones(1)),)

    signals = Signals(np.zeros(1, np.uint8), {"a": np.ones(1)}, explain)
    assert signals.to_frame()["a"].tolist() == [1.0]
    assert not asked
    assert signals.conditions["buyConditions[0]"].tolist() == [True]


def test_risk_is_read_back_as_it_was_written() -> None:
    risk = Risk(0.02, 0.05, 0.03, 20, FixedRisk(0.01), 3.0)
    assert Risk.from_dict(risk.to_dict()) == risk
    assert Risk().to_dict() == {}
    assert not Risk(leverage=2.0, sizing=AllIn()).can_close
    assert Risk(time_stop=1).can_close


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stop_loss", 0),
        ("stop_loss", 1.0),
        ("stop_loss", True),
        ("stop_loss", float("nan")),
        ("stop_loss", "2%"),
        ("trailing_stop", -0.1),
        ("take_profit", float("inf")),
        ("time_stop", 0),
        ("time_stop", 1.5),
        ("time_stop", True),
        ("leverage", 0),
        ("leverage", 21),
        pytest.param("leverage", 10**400, id="huge"),
    ],
)
def test_a_limit_outside_its_range_is_refused(name: str, value: object) -> None:
    with pytest.raises(AmountError, match=name):
        Risk(**{name: value})  # type: ignore[arg-type]


def test_a_sizing_is_read_from_a_name_or_a_mapping() -> None:
    assert parse_sizing("all_in") == AllIn()
    given = {"type": "fraction_of_equity", "fraction": 0.5}
    assert parse_sizing(given) == FractionOfEquity(0.5)
    assert parse_sizing(VolatilityTarget(0.2)) == VolatilityTarget(0.2, 20)


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        ("all_out", UnknownNameError, "all_in"),
        ({"type": "fixed_risk"}, InputError, "needs a number 'fraction'"),
        ({"type": "fixed_risk", "fractoin": 1}, UnknownNameError, "fraction"),
        ({"type": "fixed_risk", "fraction": 2}, AmountError, "at most 1"),
        ({"type": ["all_in"]}, InputError, "name or a mapping"),
        (5, InputError, "name or a mapping"),
    ],
)
def test_a_sizing_that_is_none_is_refused(
    given: object, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        parse_sizing(given)  # type: ignore[arg-type]
