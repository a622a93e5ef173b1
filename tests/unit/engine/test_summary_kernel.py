"""The figures of the engine beside pandas and SciPy, and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from foresto_lab import engine
from foresto_lab.engine import summary
from foresto_lab.metrics import period_ends
from tests.oracles.figures import figures_slowly


def compute(nav: pd.Series) -> dict[str, float]:
    values = nav.to_numpy().copy()
    dates = nav.index.to_numpy().astype("datetime64[D]")
    days = dates.astype(np.int64)
    figures = np.empty(engine.N_FIGURES)
    engine.summary_kernel(
        values,
        values[1:] / values[:-1] - 1.0,
        days,
        period_ends(dates, "M"),
        period_ends(dates, "Y"),
        (days[-1] - days[0]) / 365.25,
        252.0,
        0.0,
        figures,
    )
    return dict(zip(engine.FIGURES, figures.tolist(), strict=True))


def random_nav(n: int, seed: int, *, drift: float = 0.0003) -> pd.Series:
    random = np.random.default_rng(seed)
    steps = drift + 0.01 * random.standard_t(4, size=n)
    steps[0] = 0.0
    dates = pd.bdate_range("2015-01-02", periods=n)
    return pd.Series(1000.0 * np.exp(np.cumsum(steps)), index=dates)


@pytest.mark.parametrize("n", [5, 21, 22, 252, 253, 1000, 5000])
@pytest.mark.parametrize("seed", range(4))
def test_the_figures_are_those_of_their_definitions(n: int, seed: int) -> None:
    nav = random_nav(n, seed, drift=0.0006 * (seed - 1))
    expected = figures_slowly(nav)
    computed = compute(nav)
    assert set(computed) == set(expected)
    for name, value in expected.items():
        if value is None:
            assert np.isnan(computed[name])
        else:
            np.testing.assert_allclose(
                computed[name], value, rtol=1e-9, atol=1e-12, err_msg=name
            )


@pytest.mark.parametrize("n", [1, 2, 3])
def test_what_needs_more_returns_is_undefined(n: int) -> None:
    figures = compute(random_nav(n, seed=n))
    assert np.isnan(figures["volatility"]) == (n < 3)
    assert np.isnan(figures["var_95"]) == (n < 2)
    assert np.isnan(figures["kurtosis"])


def test_lengths_are_counted_in_calendar_days() -> None:
    # Peak 100 on the 3rd, trough 80 on the 7th, back at 100 on the 12th: under water
    # for 9 days, 5 of them from the trough. Then 99 from the 13th to the end, the 16th.
    days = ["03", "05", "07", "12", "13", "16"]
    nav = pd.Series(
        [100.0, 90.0, 80.0, 100.0, 99.0, 99.5],
        index=pd.DatetimeIndex([f"2024-01-{day}" for day in days]),
    )
    figures = compute(nav)
    assert figures["max_drawdown"] == pytest.approx(-0.20)
    assert figures["max_drawdown_duration"] == 9
    assert figures["recovery_days"] == 5
    assert figures["longest_underwater_days"] == 9


def test_a_drawdown_without_recovery_lasts_to_the_last_day() -> None:
    nav = pd.Series(
        [100.0, 110.0, 88.0, 99.0],
        index=pd.DatetimeIndex(
            ["2024-01-02", "2024-01-05", "2024-01-10", "2024-01-31"]
        ),
    )
    figures = compute(nav)
    assert figures["max_drawdown"] == pytest.approx(-0.20)
    assert figures["max_drawdown_duration"] == 26
    assert np.isnan(figures["recovery_days"])
    assert figures["longest_underwater_days"] == 26


def test_what_does_not_vary_has_no_ratios() -> None:
    nav = pd.Series(1000.0, index=pd.bdate_range("2024-01-01", periods=60))
    figures = compute(nav)
    undefined = {"sharpe_ratio", "sortino_ratio", "calmar_ratio", "skew", "kurtosis"}
    assert {name for name, value in figures.items() if np.isnan(value)} == undefined
    assert figures["max_drawdown_duration"] == figures["recovery_days"] == 0


def test_rounding_is_no_drawdown_and_no_variance() -> None:
    # One unit in the last place below the peak, as summing in another order may give.
    values = np.full(40, 1000.0)
    values[1::2] = np.nextafter(1000.0, 0.0)
    figures = compute(pd.Series(values, index=pd.bdate_range("2024-01-01", periods=40)))
    assert figures["max_drawdown"] == 0.0
    assert figures["longest_underwater_days"] == 0
    assert np.isnan(figures["sharpe_ratio"])


@pytest.mark.parametrize(
    "values",
    [
        np.arange(100.0),
        np.arange(100.0)[::-1],
        np.zeros(100),
        np.tile([1.0, 2.0], 50),
        np.random.default_rng(3).integers(0, 5, 101).astype(float),
        np.random.default_rng(4).normal(size=1000),
    ],
    ids=["ascending", "descending", "equal", "two values", "few values", "random"],
)
def test_selection_puts_the_ranked_value_in_its_place(
    values: NDArray[np.float64],
) -> None:
    for select in (summary._select, summary._select.py_func):
        for rank in (0, 1, len(values) // 20, len(values) // 2, len(values) - 1):
            changed = values.copy()
            select(changed, len(changed), rank)
            assert changed[rank] == np.sort(values)[rank]
            assert (changed[:rank] <= changed[rank]).all()
            assert (changed[rank:] >= changed[rank]).all()


def test_the_tail_is_the_same_when_few_returns_lie_below_the_bound() -> None:
    # With one crash among equal returns, fewer than 5 % lie a deviation below the mean.
    returns = np.full(200, 0.001)
    returns[7] = -0.5
    tail = summary._tail_figures(returns, returns.mean() - returns.std(ddof=1))
    low = np.quantile(returns, 0.05)
    assert tail == pytest.approx((low, returns[returns <= low].mean()))
