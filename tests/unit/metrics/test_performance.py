"""Figures of a series of returns, beside empyrical, quantstats, SciPy and pandas.

Where the definitions coincide, to 1e-9. Where they do not, the test says how.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import empyrical
import numpy as np
import pandas as pd
import pytest
from scipy import stats

import foresto_lab as fl
from foresto_lab.errors import AmountError, InputError
from tests.oracles.figures import figures_slowly

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from quantstats import stats as quantstats


@pytest.fixture
def spy(us_prices: pd.DataFrame) -> pd.Series:
    """Return SPY's real daily returns, 2007 to 2025."""
    return us_prices["equity"].pct_change().iloc[1:]


@pytest.fixture
def bonds(us_prices: pd.DataFrame) -> pd.Series:
    """Return IEF's real daily returns, 2007 to 2025."""
    return us_prices["bond"].pct_change().iloc[1:]


EMPYRICAL: dict[str, Callable[[pd.Series], float]] = {
    "total_return": empyrical.cum_returns_final,
    # empyrical's CAGR compounds over the number of returns: our annual_return
    "annual_return": empyrical.annual_return,
    "volatility": empyrical.annual_volatility,
    "sharpe_ratio": empyrical.sharpe_ratio,
    "sortino_ratio": empyrical.sortino_ratio,
    "max_drawdown": empyrical.max_drawdown,
    "var_95": lambda returns: empyrical.value_at_risk(returns, 0.05),
}

QUANTSTATS: dict[str, Callable[[pd.Series], float]] = {
    "total_return": quantstats.comp,
    "volatility": quantstats.volatility,
    "sharpe_ratio": quantstats.sharpe,
    "sortino_ratio": quantstats.sortino,
    "max_drawdown": quantstats.max_drawdown,
    "skew": quantstats.skew,
    "kurtosis": quantstats.kurtosis,
    "best_month": lambda returns: quantstats.best(returns, "ME"),
    "worst_month": lambda returns: quantstats.worst(returns, "ME"),
    "best_year": lambda returns: quantstats.best(returns, "YE"),
    "worst_year": lambda returns: quantstats.worst(returns, "YE"),
}


@pytest.mark.parametrize("name", EMPYRICAL)
def test_figures_agree_with_empyrical(spy: pd.Series, name: str) -> None:
    assert fl.performance(spy)[name] == pytest.approx(EMPYRICAL[name](spy), rel=1e-9)


@pytest.mark.parametrize("name", QUANTSTATS)
@pytest.mark.filterwarnings("ignore")
def test_figures_agree_with_quantstats(spy: pd.Series, name: str) -> None:
    expected = float(QUANTSTATS[name](spy))
    assert fl.performance(spy)[name] == pytest.approx(expected, rel=1e-9)


def test_figures_agree_with_their_definitions(us_prices: pd.DataFrame) -> None:
    for asset in us_prices:
        nav = us_prices[asset]
        computed = fl.performance(nav.pct_change())
        for name, value in figures_slowly(nav).items():
            if value is None:
                assert computed[name] is None
            else:
                assert computed[name] == pytest.approx(value, rel=1e-9, abs=1e-12), name


def test_where_conventions_differ(spy: pd.Series) -> None:
    ours = fl.performance(spy)
    # CVaR: empyrical takes the lowest floor(5 %) of the returns, we those up to VaR.
    count = int((len(spy) - 1) * 0.05)
    assert empyrical.conditional_value_at_risk(spy) == pytest.approx(
        np.sort(spy)[: count + 1].mean()
    )
    below = spy[spy <= spy.quantile(0.05)]
    assert ours["cvar_95"] == pytest.approx(below.mean(), rel=1e-12)
    # VaR: quantstats assumes a normal distribution, we take the quantile.
    normal = stats.norm.ppf(0.05, spy.mean(), spy.std())
    assert quantstats.value_at_risk(spy) == pytest.approx(normal)
    assert ours["var_95"] == pytest.approx(spy.quantile(0.05))
    # Calmar: empyrical divides its annual return by the drawdown, we the CAGR.
    assert empyrical.calmar_ratio(spy) == pytest.approx(
        ours["annual_return"] / -ours["max_drawdown"]
    )
    assert ours["calmar_ratio"] == ours["cagr"] / -ours["max_drawdown"]
    # Ulcer index: quantstats divides by n - 1, we by n and the day before the first.
    ulcer = quantstats.ulcer_index(spy)
    n = len(spy)
    assert ours["ulcer_index"] == pytest.approx(ulcer * math.sqrt((n - 1) / (n + 1)))


def test_the_risk_free_rate_is_that_of_one_period(spy: pd.Series) -> None:
    daily = 1.03 ** (1 / 252) - 1
    ours = fl.performance(spy, risk_free=daily)
    assert ours["sharpe_ratio"] == pytest.approx(
        empyrical.sharpe_ratio(spy, risk_free=daily), rel=1e-9
    )
    assert ours["sortino_ratio"] == pytest.approx(
        empyrical.sortino_ratio(spy, required_return=daily), rel=1e-9
    )


def test_a_benchmark_adds_relative_figures(spy: pd.Series, bonds: pd.Series) -> None:
    daily = 1.01 ** (1 / 252) - 1
    ours = fl.performance(bonds, risk_free=daily, benchmark=spy)
    line = stats.linregress(spy - daily, bonds - daily)
    assert ours["beta"] == pytest.approx(line.slope, rel=1e-9)
    assert ours["beta"] == pytest.approx(empyrical.beta(bonds, spy), rel=1e-9)
    assert ours["alpha"] == pytest.approx(line.intercept * 252, rel=1e-9)
    assert ours["correlation"] == pytest.approx(line.rvalue, rel=1e-9)
    difference = bonds - spy
    assert ours["tracking_error"] == pytest.approx(difference.std() * math.sqrt(252))
    assert ours["information_ratio"] == pytest.approx(
        empyrical.excess_sharpe(bonds, spy) * math.sqrt(252), rel=1e-9
    )
    shuffled = spy.sample(frac=1.0, random_state=1)
    assert fl.performance(bonds, risk_free=daily, benchmark=shuffled).equals(ours)


def test_a_simulations_summary_is_the_performance_of_its_path(
    us_prices: pd.DataFrame,
) -> None:
    weights = dict.fromkeys(us_prices.columns, 0.2)
    result = fl.simulate(us_prices, weights, fl.Periodic("MONTHLY"), calendar="XNYS")
    again = fl.performance(result.path["nav"].pct_change())
    for name, value in result.summary.items():
        if name in again:
            assert value == pytest.approx(again[name], rel=1e-9)


def test_returns_without_dates_have_no_calendar() -> None:
    ours = fl.performance([0.1, -0.2, 0.3], periods_per_year=12)
    assert ours["total_return"] == pytest.approx(1.1 * 0.8 * 1.3 - 1)
    assert ours["cagr"] == ours["annual_return"] == pytest.approx(1.144**4 - 1)
    assert ours["max_drawdown_duration"] == 2  # periods: peak after the first return
    assert ours["recovery_days"] == 1
    assert math.isnan(ours["worst_month"])
    assert math.isnan(ours["best_year"])


def test_shifting_returns_and_risk_free_together_keeps_sharpe(spy: pd.Series) -> None:
    daily = 1.05 ** (1 / 252) - 1
    plain = fl.performance(spy)["sharpe_ratio"]
    shifted = fl.performance(spy + daily, risk_free=daily)["sharpe_ratio"]
    assert shifted == pytest.approx(plain, rel=1e-9)


def test_returns_are_not_changed(spy: pd.Series) -> None:
    before = spy.copy()
    fl.performance(spy, benchmark=spy)
    pd.testing.assert_series_equal(spy, before)


def test_a_total_loss_is_a_figure() -> None:
    ours = fl.performance([0.1, -1.0])
    assert ours["total_return"] == ours["max_drawdown"] == -1.0
    assert ours["recovery_days"] is None


@pytest.mark.parametrize(
    ("returns", "words"),
    [
        ([], "holds no return"),
        ([math.nan], "holds no return"),
        ([0.1, math.nan, 0.2], "at 1 is nan"),
        ([0.1, math.inf], "at 1 is inf"),
        ([0.1, -1.5], "at 1 is -1.5"),
        (["a"], "array of numbers"),
        ([[0.1]], "one dimension"),
        (
            pd.Series([0.1, 0.2], index=pd.DatetimeIndex(["2024-01-03", "2024-01-02"])),
            "not ascending",
        ),
    ],
)
def test_returns_that_are_none(returns: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        fl.performance(returns)


def test_other_arguments_that_are_none(spy: pd.Series) -> None:
    with pytest.raises(AmountError, match="periods_per_year"):
        fl.performance(spy, periods_per_year=0)
    with pytest.raises(AmountError, match="risk_free"):
        fl.performance(spy, risk_free=-1)
    with pytest.raises(InputError, match="benchmark at"):
        fl.performance(spy, benchmark=spy.iloc[5:])
    with pytest.raises(InputError, match="benchmark has shape"):
        fl.performance([0.1, 0.2], benchmark=[0.1])
