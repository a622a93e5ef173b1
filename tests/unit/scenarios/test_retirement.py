"""How long money lasts: worked by hand, beside a slow oracle, on the long-run data."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.errors import (
    AmountError,
    CashFlowError,
    InputError,
    RuleError,
    UnknownAssetError,
    UnknownNameError,
)
from foresto_lab.scenarios.retirement import retirement
from tests.oracles.long_run_data import (
    damodaran_returns,
    levels,
    shiller,
    shiller_levels,
)
from tests.oracles.retirement_reference import final_real, highest_rate, paid_years


def yearly(*values: float) -> pd.DataFrame:
    dates = pd.to_datetime([f"{2000 + at}-12-31" for at in range(len(values))])
    return pd.DataFrame({"fund": values}, index=dates)


ALL = {"fund": 1.0}


def test_two_years_worked_by_hand() -> None:
    # Money doubles, then stays: withdrawals at the begin cost 1 and 1/2 of themselves.
    study = retirement(yearly(1, 2, 2), ALL, 0.5, 2)
    assert study.starts["sustainable_rate"].tolist() == [pytest.approx(2 / 3)]
    assert study.starts["lasted_years"].tolist() == [2.0]
    # 1 - 0.5 = 0.5 doubles to 1, less 0.5 is 0.5, which stays.
    assert study.starts["final_real"].tolist() == [pytest.approx(0.5)]
    # At the end: 1/2 and 1/2.
    late = retirement(yearly(1, 2, 2), ALL, 0.5, 2, withdraw_at="END")
    assert late.starts["sustainable_rate"].tolist() == [pytest.approx(1.0)]
    # 1 doubles to 2, less 0.5 is 1.5, which stays, less 0.5 is 1.
    assert late.starts["final_real"].tolist() == [pytest.approx(1.0)]


def test_without_growth_a_hundred_lasts_as_long_as_it_divides() -> None:
    study = retirement(yearly(*[1.0] * 31), ALL, 0.04, 30)
    assert study.summary["success_rate"] == 0.0
    assert study.summary["shortest_lasted_years"] == 25.0
    assert study.summary["lowest_sustainable_rate"] == pytest.approx(1 / 30, abs=1e-15)
    assert study.fan["p50"].tolist()[24:26] == [0.0, 0.0]


def test_exactly_to_zero_lasts() -> None:
    study = retirement(yearly(*[1.0] * 26), ALL, 0.04, 25)
    assert study.starts["lasted"].all()
    assert study.starts["final_real"].tolist() == [pytest.approx(0.0, abs=1e-12)]


def test_inflation_as_high_as_growth_is_as_none_at_all() -> None:
    prices = yearly(*1.03 ** np.arange(31))
    for inflation in (0.03, prices["fund"]):
        study = retirement(prices, ALL, 0.04, 30, inflation=inflation)
        assert study.summary["lowest_sustainable_rate"] == pytest.approx(1 / 30)


def test_an_annuity_has_its_textbook_payment() -> None:
    # (1 - v^n) / i at 5 % for 30 years: payments at the end cost 15.3724510... each.
    prices = yearly(*1.05 ** np.arange(31))
    study = retirement(prices, ALL, 0.04, 30, withdraw_at="END")
    factor = (1 - 1.05**-30) / 0.05
    assert study.summary["lowest_sustainable_rate"] == pytest.approx(1 / factor)
    assert factor == pytest.approx(15.37245103, abs=1e-8)


def test_a_fee_costs_as_much_as_growth_without_it() -> None:
    with_fee = retirement(yearly(*1.05 ** np.arange(11)), ALL, 0.1, 10, annual_fee=0.01)
    less = retirement(yearly(*(1.05 * 0.99) ** np.arange(11)), ALL, 0.1, 10)
    np.testing.assert_allclose(
        with_fee.starts["sustainable_rate"], less.starts["sustainable_rate"], rtol=1e-12
    )


def test_weights_go_back_to_target_at_every_withdrawal() -> None:
    # a: 1, 2, 2; b: 1, 1, 2. Half and half: x 1.5, then x 1.5. Uninvested cash: none.
    prices = pd.DataFrame(
        {"a": [1.0, 2.0, 2.0], "b": [1.0, 1.0, 2.0]}, index=yearly(1, 1, 1).index
    )
    study = retirement(prices, {"a": 0.5, "b": 0.5}, 0.0, 2)
    assert study.starts["final_real"].tolist() == [pytest.approx(2.25)]
    half = retirement(prices, {"a": 0.5}, 0.0, 2)  # x 1.5, then x 1
    assert half.starts["final_real"].tolist() == [pytest.approx(1.5)]


@pytest.mark.parametrize("at_begin", [True, False])
@pytest.mark.parametrize("weights", [{"sp500": 0.5, "tbond10y": 0.5}, {"sp500": 1.0}])
def test_every_start_of_the_annual_table_is_the_oracles(
    shared_data: Path, weights: dict[str, float], at_begin: bool
) -> None:
    returns = damodaran_returns(shared_data)
    prices = levels(returns)
    study = retirement(
        prices,
        weights,
        0.05,
        30,
        inflation=prices["inflation"],
        withdraw_at="BEGIN" if at_begin else "END",
    )
    mixed = sum(returns[asset] * weight for asset, weight in weights.items())
    assert len(study.starts) == 96 - 30 + 1
    for place, (start, row) in enumerate(study.starts.iterrows()):
        years = slice(place, place + 30)
        own, dearer = mixed.to_list()[years], returns["inflation"].to_list()[years]
        assert start.year == 1927 + place
        assert row["sustainable_rate"] == pytest.approx(
            highest_rate(own, dearer, at_begin=at_begin), rel=1e-9
        )
        paid = paid_years(own, dearer, 0.05, at_begin=at_begin)
        assert row["lasted_years"] == paid
        assert row["lasted"] == (paid == 30)
        if at_begin:
            left = final_real(own, dearer, 0.05) if paid == 30 else 0.0
            assert row["final_real"] == pytest.approx(left, rel=1e-9, abs=1e-9)


def test_the_four_percent_rule_in_the_annual_table(shared_data: Path) -> None:
    """Half S&P 500, half ten-year Treasuries, the first withdrawal at the start.

    Cooley, Hubbard and Walz (1998) found 95 % of 1926-1995 to last 30 years at 4 %
    (corporate bonds), failing in 1965 and 1966; Bengen (1994) with five-year Treasuries
    4.15 % in the worst start, 1966; Pfau, retiring at the begin of 1966, likewise.
    """
    prices = levels(damodaran_returns(shared_data))
    study = retirement(
        prices, {"sp500": 0.5, "tbond10y": 0.5}, inflation=prices["inflation"]
    )
    assert study.summary["worst_start"] == "1965-12-31"  # retiring into 1966
    assert 0.035 < study.summary["lowest_sustainable_rate"] < 0.0415
    assert 0.90 < study.summary["success_rate"] < 1.0
    assert study.table.loc[0.03, 30] == 1.0
    assert (study.table.loc[[0.04], [10, 15, 20]] == 1.0).all(axis=None)
    shares = study.table.to_numpy()
    assert (np.diff(shares, axis=0) <= 0).all()  # more is never safer
    richer = retirement(
        prices, {"sp500": 0.75, "tbond10y": 0.25}, inflation=prices["inflation"]
    )
    bonds = retirement(prices, {"tbond10y": 1.0}, inflation=prices["inflation"])
    assert richer.summary["success_rate"] > bonds.summary["success_rate"]
    assert bonds.summary["success_rate"] < 0.6


def test_the_four_percent_rule_in_shillers_months(shared_data: Path) -> None:
    prices = shiller_levels(shared_data)
    study = retirement(
        prices,
        {"stock": 0.75, "bond": 0.25},
        inflation=prices["cpi"],
        frequency="MONTHLY",
    )
    assert study.summary["first_start"] == "1871-01-01"
    assert study.summary["worst_start"][:4] in ("1965", "1966")
    assert 0.035 < study.summary["lowest_sustainable_rate"] < 0.04
    assert 0.95 < study.summary["success_rate"] < 1.0


@pytest.mark.parametrize(
    ("asset", "arithmetic", "geometric"),
    [
        ("sp500", 0.1166, 0.0980),
        ("tbill3m", 0.0334, 0.0330),
        ("tbond10y", 0.0486, 0.0457),
    ],
)
def test_the_annual_table_has_the_means_its_author_states(
    shared_data: Path, asset: str, arithmetic: float, geometric: float
) -> None:
    """Damodaran, "Historical Returns on Stocks, Bonds and Bills", 1928-2023."""
    returns = damodaran_returns(shared_data)[asset]
    assert round(float(returns.mean()), 4) == arithmetic
    figures = fl.performance(returns.to_numpy(), periods_per_year=1)
    assert round(figures["annual_return"], 4) == geometric
    based = pd.concat(
        [pd.Series([np.nan], index=[pd.Timestamp("1927-12-31")]), returns]
    )
    dated = fl.performance(based, periods_per_year=1)
    assert round(dated["cagr"], 4) == geometric  # 96 years of 365.25 days


def test_shillers_real_prices_are_his_prices_over_his_consumer_prices(
    shared_data: Path,
) -> None:
    table = shiller(shared_data)
    base = 306.127  # his last level, of September 2023
    real = table["SP500"] * base / table["Consumer Price Index"]
    np.testing.assert_allclose(real, table["Real Price"], rtol=2e-3)
    prices = shiller_levels(shared_data)
    years = (len(prices) - 1) / 12
    growth = prices["stock"].iloc[-1] / (prices["cpi"].iloc[-1] / prices["cpi"].iloc[0])
    # Siegel's constant: stocks earn 6.5 to 7 % a year in real terms, 1871 on.
    assert 0.065 < growth ** (1 / years) - 1 < 0.07


def test_daily_rows_give_a_start_a_month(us_prices: pd.DataFrame) -> None:
    study = retirement(us_prices, {"equity": 0.6, "bond": 0.4}, 0.05, 10)
    starts = study.starts.index
    assert starts.is_unique
    assert len({(date.year, date.month) for date in starts}) == len(starts)
    ends = pd.DatetimeIndex(study.starts["end"])
    assert ((ends - starts).days >= 3650).all()
    assert ((ends - starts).days <= 3662).all()


def test_a_rule_is_simulated_from_every_start(us_prices: pd.DataFrame) -> None:
    prices = us_prices.loc["2015":]
    weights = {"equity": 0.6, "bond": 0.4}
    rule = fl.Periodic("QUARTERLY", cost_rate=0.002)
    study = retirement(
        prices, weights, 0.05, 8, rebalancing=rule, calendar="XNYS", frequency="ANNUAL"
    )
    start, row = study.starts.index[5], study.starts.iloc[5]
    run = fl.simulate(prices, weights, rule, calendar="XNYS", start=start.date())
    nav = run.path["nav"] / run.path["nav"].iloc[0]
    months = pd.PeriodIndex([start.to_period("M") + 12 * k for k in range(8)])
    at = []
    for month in months:
        days = nav.loc[str(month)]
        later = days.index[days.index.day >= start.day]
        at.append(nav[later[0] if len(later) else days.index[-1]])
    assert row["sustainable_rate"] == pytest.approx(
        1 / sum(1 / g for g in at), rel=1e-9
    )
    held = retirement(prices, weights, 0.05, 8, rebalancing=None, calendar="XNYS")
    assert held.rebalancing == "none"
    assert study.rebalancing == rule.label


def test_a_study_shows_itself(shared_data: Path) -> None:
    prices = levels(damodaran_returns(shared_data))
    study = retirement(prices, {"sp500": 1.0}, inflation=prices["inflation"])
    assert "67 starts of 30 years" in repr(study)
    assert "1928-12-31" in study._repr_html_()
    plain = study.to_dict()
    assert plain["plan"]["rate"] == 0.04
    assert len(plain["starts"]) == 67
    import json

    json.dumps(plain)
    assert study.plot(language="en").data
    assert study.to_frame().equals(study.starts)


def test_a_portfolio_of_fixed_weights_is_taken(shared_data: Path) -> None:
    from foresto_lab.scenarios.portfolio import Portfolio

    prices = levels(damodaran_returns(shared_data))
    sleeves = {
        "equity": {"weight": 0.6, "instruments": ["sp500"]},
        "bond": {"weight": 0.4, "instruments": ["tbond10y"]},
    }
    own = retirement(prices, Portfolio("Own", sleeves))  # type: ignore[arg-type]
    plain = retirement(prices, {"sp500": 0.6, "tbond10y": 0.4})
    pd.testing.assert_frame_equal(own.starts, plain.starts, check_exact=True)


def test_findings(shared_data: Path) -> None:
    prices = levels(damodaran_returns(shared_data))
    codes = [f.code for f in retirement(prices, {"sp500": 1.0}, years=60).findings]
    assert codes == ["FEW_INDEPENDENT_WINDOWS", "NO_INFLATION"]


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"withdrawal_rate": -0.01}, AmountError),
        ({"withdrawal_rate": 1.01}, AmountError),
        ({"withdrawal_rate": math.nan}, AmountError),
        ({"withdrawal_rate": "4%"}, AmountError),
        ({"years": 0}, AmountError),
        ({"years": 2.5}, AmountError),
        ({"years": 101}, AmountError),
        ({"annual_fee": 1.0}, AmountError),
        ({"annual_fee": -0.1}, AmountError),
        ({"initial_amount": 0}, AmountError),
        ({"inflation": -1.0}, AmountError),
        ({"inflation": math.nan}, AmountError),
        ({"inflation": {"1990-01-01": 0.0}}, CashFlowError),
        ({"inflation": {"2020-01-01": 1.0}}, CashFlowError),
        ({"frequency": "WEEKLY"}, UnknownNameError),
        ({"withdraw_at": "MIDDLE"}, UnknownNameError),
        ({"rebalancing": "monthly"}, RuleError),
        ({"costs": 0.001}, InputError),
        ({"weights": {"other": 1.0}}, UnknownAssetError),
        ({"frequency": "MONTHLY"}, InputError),
        ({"years": 20}, InputError),
    ],
)
def test_bad_input(values: dict[str, Any], error: type[Exception]) -> None:
    arguments: dict[str, Any] = {"weights": ALL, "years": 5} | values
    with pytest.raises(error):
        retirement(yearly(*1.05 ** np.arange(11)), **arguments)


def test_a_span_too_short_says_how_long_it_is() -> None:
    with pytest.raises(InputError, match=r"10\.0 years, from 2000-12-31 to 2010-12-31"):
        retirement(yearly(*[1.0] * 11), ALL, years=30)


def test_prices_beyond_the_consumer_prices_are_left_out_and_told() -> None:
    prices = yearly(*1.05 ** np.arange(11))
    cpi = (1.02 ** pd.Series(np.arange(9), index=prices.index[:9])).astype(float)
    study = retirement(prices, ALL, years=5, inflation=cpi)
    assert study.findings[0].code == "INFLATION_NOT_KNOWN"
    assert study.findings[0].count == 2
    assert f"{study.starts['end'].max():%Y}" == "2008"
    whole = retirement(prices, ALL, years=5, inflation=0.02)
    np.testing.assert_allclose(
        study.starts["sustainable_rate"],
        whole.starts["sustainable_rate"].iloc[: len(study.starts)],
        rtol=1e-12,
    )


def test_a_month_without_a_row_is_named() -> None:
    prices = yearly(*[1.0] * 11).drop(pd.Timestamp("2005-12-31"))
    with pytest.raises(InputError, match="no row in 2005-12"):
        retirement(prices, ALL, years=5)


def test_simulate_says_that_monthly_rows_are_no_sessions(shared_data: Path) -> None:
    prices = shiller_levels(shared_data).loc["1960":]
    run = fl.simulate(prices, {"stock": 0.6, "bond": 0.4}, calendar="24/7")
    (finding,) = [f for f in run.findings if f.code == "ROWS_NOT_DAILY"]
    assert "periods_per_year=12" in finding.fix
    figures = fl.performance(run.path["nav"].pct_change(), periods_per_year=12)
    assert figures["volatility"] == pytest.approx(
        run.summary["volatility"] * (12 / 252) ** 0.5
    )
    assert figures["cagr"] == pytest.approx(run.summary["cagr"])
