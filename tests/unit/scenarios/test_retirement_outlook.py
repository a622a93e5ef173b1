"""Ruin on futures: worked by hand, beside the slow oracle, and bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from foresto_lab.errors import AmountError, InputError
from foresto_lab.scenarios.retirement import retirement_outlook
from foresto_lab.scenarios.retirement.outlook import largest_withdrawal
from tests.oracles.retirement_reference import highest_rate, paid_years


def flat(years: int, paths: int = 3) -> np.ndarray:
    return np.ones((12 * years + 1, paths))


@pytest.fixture
def futures() -> np.ndarray:
    """Return 200 made-up paths of 20 years, by month."""
    random = np.random.default_rng(5)
    steps = np.exp(random.normal(0.004, 0.045, (240, 200)))
    return np.concatenate([np.ones((1, 200)), np.cumprod(steps, axis=0)])


def test_money_that_does_not_grow_is_gone_when_it_is_spent() -> None:
    outlook = retirement_outlook(flat(30), 0.04)
    ruin = outlook.ruin[0.04]
    assert ruin.loc[25] == 0.0
    assert ruin.loc[26] == 1.0
    assert outlook.withdrawals.tolist() == pytest.approx([1 / 30] * 5)
    assert outlook.summary["probability_of_ruin"] == 1.0


def test_yearly_withdrawals_are_the_oracles(futures: np.ndarray) -> None:
    outlook = retirement_outlook(
        futures, 0.06, inflation=0.02, frequency="ANNUAL", rates=()
    )
    growth = futures[::12]
    returns = growth[1:] / growth[:-1] - 1
    paid = [
        paid_years(column, [0.02] * 20, 0.06, at_begin=True) for column in returns.T
    ]
    shares = [np.mean([p < year for p in paid]) for year in range(1, 21)]
    assert outlook.ruin[0.06].tolist() == pytest.approx(shares)
    highest = sorted(
        highest_rate(column, [0.02] * 20, at_begin=True) for column in returns.T
    )
    assert outlook.withdrawals[0.05] == pytest.approx(highest[10], rel=1e-9)
    # At most 10 of 200 paths may be ruined: the 11th lowest is the bound.


def test_the_rate_told_keeps_ruin_at_its_chance(futures: np.ndarray) -> None:
    outlook = retirement_outlook(futures)
    for chance, rate in outlook.withdrawals.items():
        at = retirement_outlook(futures, rate, rates=()).summary["probability_of_ruin"]
        assert at <= chance
        above = retirement_outlook(futures, rate * (1 + 1e-6), rates=())
        assert above.summary["probability_of_ruin"] >= at


def test_bisection_finds_what_the_formula_says(futures: np.ndarray) -> None:
    def chance(rate: float) -> float:
        ruin = retirement_outlook(futures, rate, rates=()).summary
        return float(ruin["probability_of_ruin"])

    found = largest_withdrawal(chance, 0.05, tolerance=1e-7)
    exact = retirement_outlook(futures).withdrawals[0.05]
    assert found == pytest.approx(exact, abs=2e-7)
    assert chance(found) <= 0.05 < chance(found + 2e-7)


def test_bisection_where_everything_lasts() -> None:
    assert largest_withdrawal(lambda rate: 0.0, 0.05, highest=0.5) == 0.5


def test_ruin_never_falls_with_time_or_rate(futures: np.ndarray) -> None:
    ruin = retirement_outlook(futures, inflation=0.03).ruin.to_numpy()
    assert (np.diff(ruin, axis=0) >= 0).all()
    assert (np.diff(ruin, axis=1) >= 0).all()


def test_a_path_that_lost_everything_is_ruined_at_once() -> None:
    growth = flat(2, 1)
    growth[6:] = 0.0
    outlook = retirement_outlook(growth, 0.01, rates=())
    assert outlook.ruin[0.01].tolist() == [1.0, 1.0]
    assert outlook.withdrawals[0.5] == 0.0


def test_it_shows_itself(futures: np.ndarray) -> None:
    outlook = retirement_outlook(futures, 0.05, simulated=True)
    assert "200 paths of 20 years" in repr(outlook)
    assert outlook.to_dict()["n_paths"] == 200
    assert outlook.plot(language="en").layout.annotations[0].text == "SIMULATED"


@pytest.mark.parametrize(
    "growth",
    [
        np.ones(13),
        np.ones((12, 3)),
        np.ones((20, 3)),
        np.ones((13, 0)),
        np.full((13, 2), np.nan),
        -np.ones((13, 2)),
        np.full((13, 2), 2.0),
        None,
    ],
)
def test_growth_that_is_none(growth: Any) -> None:
    with pytest.raises(InputError):
        retirement_outlook(growth)


def test_futures_that_were_drawn_on_already_are_refused() -> None:
    import types

    drawn = types.SimpleNamespace(growth=flat(2), cashflows=object())
    with pytest.raises(InputError, match="made with cash flows"):
        retirement_outlook(drawn)
    stored = types.SimpleNamespace(growth=None, cashflows=None)
    with pytest.raises(InputError, match="keeps no growth"):
        retirement_outlook(stored)


@pytest.mark.parametrize(
    "values",
    [
        {"withdrawal_rate": -0.1},
        {"rates": (2.0,)},
        {"inflation": {"2020-01-01": 1.0}},
        {"inflation": -1.0},
    ],
)
def test_numbers_out_of_range(values: dict[str, Any]) -> None:
    with pytest.raises(AmountError):
        retirement_outlook(flat(2), **values)


@pytest.mark.parametrize(
    "values", [{"ruin_chance": 1.0}, {"ruin_chance": -0.1}, {"highest": float("inf")}]
)
def test_bounds_of_the_search(values: dict[str, Any]) -> None:
    with pytest.raises(AmountError):
        largest_withdrawal(lambda rate: 1.0, **values)
