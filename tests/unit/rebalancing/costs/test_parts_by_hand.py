"""Every part of a cost against arrays worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from foresto_lab.errors import AmountError, CostError, UnknownNameError
from foresto_lab.market.dated_series import DatedSeries
from foresto_lab.rebalancing.costs import (
    COST_PARTS,
    COST_PRESETS,
    PART_KINDS,
    AccountCosts,
    CapitalGainsTax,
    Commission,
    CostModel,
    CurrencyConversion,
    DistributionTax,
    GainsMethod,
    HalfSpread,
    ManagementFee,
    MarketImpact,
    ProportionalCost,
    SpanFacts,
    TransactionTax,
    korean_costs,
    parse_costs,
)


def days(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


def facts(**given: object) -> SpanFacts:
    """Two assets, Samsung and SPY, on five sessions over a year's end."""
    values: dict[str, object] = {
        "sessions": days(
            "2023-12-27", "2023-12-28", "2024-01-02", "2024-01-31", "2024-02-01"
        ),
        "assets": ("005930", "SPY"),
        "markets": ("KOSPI", "US"),
        "currencies": ("KRW", "USD"),
        "base_currency": "KRW",
        "own_prices": (),
        "traded_value": (),
        "distribution_yield": np.empty((2, 0)),
    }
    return SpanFacts(**{**values, **given})  # type: ignore[arg-type]


def on(*parts: object, **given: object) -> AccountCosts:
    return parse_costs(list(parts)).on(facts(**given))


def test_a_commission_is_of_the_assets_and_markets_it_names() -> None:
    costs = on(
        Commission(0.00015, 1_000, markets="KOSPI"), Commission(0.0025, assets=["SPY"])
    )
    np.testing.assert_array_equal(costs.commission_rate, [0.00015, 0.0025])
    np.testing.assert_array_equal(costs.commission_minimum, [1_000.0, 0.0])


def test_commissions_without_a_minimum_add_up() -> None:
    np.testing.assert_array_equal(
        on(Commission(0.25), Commission(0.125)).commission_rate, [0.375, 0.375]
    )


def test_two_commissions_with_a_minimum_on_one_asset_are_refused() -> None:
    with pytest.raises(CostError, match="005930 has two commissions and a minimum"):
        on(Commission(0.001, 100), Commission(0.001))
    with pytest.raises(CostError, match="005930 has two commissions and a minimum"):
        on(Commission(0.001), Commission(0.001, 100))


def test_half_the_spread_and_the_conversion_of_what_is_foreign() -> None:
    costs = on(HalfSpread(0.0005), CurrencyConversion(0.001))
    np.testing.assert_array_equal(costs.spread_rate, [0.0005, 0.0005])
    np.testing.assert_array_equal(costs.conversion_rate, [0.0, 0.001])


def test_the_transaction_tax_changes_with_the_trade_that_settles_in_the_new_year() -> (
    None
):
    costs = on(TransactionTax())
    by_session = costs.transaction_tax[:, costs.transaction_tax_period]
    # 27 December 2023 settles on 2 January 2024 (29 December: no session)
    np.testing.assert_array_equal(by_session[0], [0.0018] * 5)
    np.testing.assert_array_equal(by_session[1], [0.0] * 5)
    earlier = on(TransactionTax(), sessions=days("2023-12-26", "2023-12-27"))
    np.testing.assert_array_equal(
        earlier.transaction_tax[0, earlier.transaction_tax_period], [0.0020, 0.0018]
    )


def test_two_transaction_taxes_add_up_period_by_period() -> None:
    own = [
        {
            "market": "US",
            "from_date": "2020-01-01",
            "to_date": "2024-01-01",
            "rate": 0.01,
        },
        {"market": "US", "from_date": "2024-01-02", "rate": 0.02},
    ]
    sessions = days("2023-12-26", "2023-12-27", "2024-01-02")
    both = on(TransactionTax(), TransactionTax(own), sessions=sessions)
    np.testing.assert_array_equal(
        both.transaction_tax[:, both.transaction_tax_period],
        [[0.0020, 0.0018, 0.0018], [0.01, 0.01, 0.02]],
    )


def test_an_untold_market_is_a_finding_and_a_wrong_one_an_error() -> None:
    costs = on(TransactionTax(), markets=("", "US"))
    assert [finding.code for finding in costs.findings] == ["MARKET_NOT_KNOWN"]
    with pytest.raises(UnknownNameError, match="Did you mean KOSPI"):
        on(TransactionTax(), markets=("KOSPPI", "US"))


def test_a_fee_is_of_the_days_since_the_last() -> None:
    costs = on(ManagementFee(0.0365))
    # 27 to 28 December: 1 day; to 31 January: 34 days; to 1 February, the end: 1 day
    np.testing.assert_allclose(
        costs.fee_rate, [0.0, 0.0001, 0.0, 0.0034, 0.0001], rtol=1e-15
    )
    yearly = on(ManagementFee(0.0365, "ANNUAL"))
    np.testing.assert_allclose(
        yearly.fee_rate, [0.0, 0.0001, 0.0, 0.0, 0.0035], rtol=1e-15
    )


def test_a_week_ends_on_sunday() -> None:
    week = days("2024-01-04", "2024-01-05", "2024-01-08", "2024-01-12", "2024-01-15")
    costs = on(ManagementFee(0.365, "WEEKLY"), sessions=week)
    np.testing.assert_allclose(
        costs.fee_rate, [0.0, 0.001, 0.0, 0.007, 0.003], rtol=1e-15
    )


def test_the_tax_on_gains_and_the_ends_of_years() -> None:
    costs = on(CapitalGainsTax(0.22, "AVERAGE", 2_500_000, markets="US"))
    np.testing.assert_array_equal(costs.gains_tax, [0.0, 0.22])
    np.testing.assert_array_equal(costs.year_ends, [False, True, False, False, True])
    assert costs.gains_method is GainsMethod.AVERAGE
    assert costs.gains_at_year_end
    assert costs.gains_allowance == 2_500_000.0


def test_two_taxes_on_gains_must_settle_alike() -> None:
    alike = on(
        CapitalGainsTax(0.2, assets="SPY"), CapitalGainsTax(0.1, assets="005930")
    )
    np.testing.assert_array_equal(alike.gains_tax, [0.1, 0.2])
    with pytest.raises(CostError, match="Two taxes on gains"):
        on(
            CapitalGainsTax(0.2, assets="SPY"),
            CapitalGainsTax(0.1, "AVERAGE", assets="005930"),
        )
    with pytest.raises(CostError, match="Two taxes on gains"):
        on(CapitalGainsTax(0.2), CapitalGainsTax(0.1))


def test_impact_looks_only_at_sessions_before_the_trade() -> None:
    own = days("2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05")
    own = np.append(own, days("2024-01-06", "2024-01-07"))
    price = np.array([100.0, 110.0, 99.0, 108.9, 98.01, 107.811, 50.0])
    value = np.array([90.0, 100.0, 110.0, 90.0, 110.0, 100.0, 1e9])
    sessions = days("2024-01-06", "2024-01-07", "2024-01-08")
    costs = parse_costs(MarketImpact(0.5, window=5, assets="005930")).on(
        facts(
            sessions=sessions,
            own_prices=(DatedSeries(own, price), DatedSeries(own, price)),
            traded_value=(DatedSeries(own, value), None),
        )
    )
    # before the 7th: returns +10, -10, +10, -10, +10 %: mean 2 %, variance
    # (3 * 0.08**2 + 2 * 0.12**2) / 4 = 0.012; mean value (100+110+90+110+100) / 5
    expected = np.sqrt(0.012) / np.sqrt(102.0)
    assert costs.impact_scale[0, 1] == pytest.approx(expected, rel=1e-12)
    assert costs.impact_scale[0, 0] == 0.0  # four returns only: not known
    np.testing.assert_array_equal(costs.impact_coefficient, [0.5, 0.0])
    np.testing.assert_array_equal(costs.impact_scale[1], 0.0)


def test_impact_keeps_the_last_known_where_nothing_is_traded() -> None:
    own = np.arange("2024-01-01", "2024-01-15", dtype="datetime64[D]")
    price = np.where(np.arange(14) % 2, 100.0, 110.0)
    price[7:] = 100.0  # no return at all from here on
    value = np.append(np.full(7, 100.0), np.zeros(7))
    costs = parse_costs(MarketImpact(window=5)).on(
        facts(
            sessions=own[8:],
            assets=("A",),
            markets=("",),
            currencies=("KRW",),
            own_prices=(DatedSeries(own, price),),
            traded_value=(DatedSeries(own, value),),
            distribution_yield=np.empty((1, 0)),
        )
    )
    assert np.isfinite(costs.impact_scale).all()
    assert costs.impact_scale[0, -1] > 0.0


def test_impact_without_traded_value_says_what_it_needs() -> None:
    with pytest.raises(CostError, match="needs the value traded in 005930"):
        on(MarketImpact())


@pytest.mark.parametrize(
    "absent",
    [
        Commission(0.0),
        HalfSpread(0.0),
        MarketImpact(0.0),
        CurrencyConversion(0.0),
        DistributionTax(0.0),
        CapitalGainsTax(0.0, allowance=5.0),
        ManagementFee(0.0),
        TransactionTax([{"market": "KOSPI", "from_date": "1990-01-01", "rate": 0.0}]),
    ],
    ids=lambda part: part.kind,
)
def test_a_part_of_rate_zero_is_no_part(absent: object) -> None:
    given, none = on(absent), on()
    for name in (
        "commission_rate",
        "commission_minimum",
        "spread_rate",
        "conversion_rate",
        "impact_coefficient",
        "impact_scale",
        "transaction_tax",
        "transaction_tax_period",
        "distribution_tax",
        "gains_tax",
        "fee_rate",
    ):
        np.testing.assert_array_equal(getattr(given, name), getattr(none, name))
    assert given.gains_method is none.gains_method is GainsMethod.NONE
    assert given.gains_allowance == none.gains_allowance == 0.0


def test_parts_add_up_whatever_their_order() -> None:
    parts = (Commission(0.001), HalfSpread(0.002), ManagementFee(0.01))
    forward = parts[0] + parts[1] + parts[2]
    backward = parts[2] + (parts[1] + parts[0])
    assert forward == CostModel(parts)
    for name in ("commission_rate", "spread_rate", "fee_rate"):
        np.testing.assert_array_equal(
            getattr(forward.on(facts()), name), getattr(backward.on(facts()), name)
        )


@pytest.mark.parametrize("name", COST_PRESETS)
def test_a_preset_comes_back_from_its_dict(name: str) -> None:
    costs = COST_PRESETS[name].costs
    assert parse_costs(costs.to_dict()) == costs
    assert parse_costs(name) == costs


def test_every_kind_comes_back_from_its_dict() -> None:
    parts = (
        Commission(0.001, 10, assets=["A"]),
        HalfSpread(0.001, markets=["US"]),
        MarketImpact(0.7, 30),
        TransactionTax(),
        CurrencyConversion(0.001),
        DistributionTax(0.154),
        CapitalGainsTax(0.22, "AVERAGE", 2_500_000, "SALE"),
        ManagementFee(0.01, "QUARTERLY"),
    )
    assert {part.kind for part in parts} == set(PART_KINDS)
    assert len(COST_PARTS) == len(PART_KINDS)
    for part in parts:
        assert parse_costs(part.to_dict()).parts == (part,)


def test_a_rate_is_a_proportional_cost() -> None:
    assert parse_costs(0.001).proportional == ProportionalCost(0.001)
    assert korean_costs().proportional is None
    assert 0.25 + HalfSpread(0.125) == CostModel(
        (ProportionalCost(0.25), HalfSpread(0.125))
    )
    both = on(0.25 + HalfSpread(0.125), 0.5)
    assert both.proportional_rate == 0.75
    np.testing.assert_array_equal(both.spread_rate, [0.125, 0.125])


@pytest.mark.parametrize("wrong", [-0.001, 1.0, float("nan"), "a", None, True])
def test_rates_outside_their_range_are_refused(wrong: object) -> None:
    for part in (Commission, HalfSpread, CurrencyConversion, DistributionTax):
        with pytest.raises(AmountError, match="rate"):
            part(wrong)  # type: ignore[arg-type]
    with pytest.raises(AmountError):
        CapitalGainsTax(wrong)  # type: ignore[arg-type]
    with pytest.raises(AmountError):
        ManagementFee(wrong)  # type: ignore[arg-type]


def test_other_wrong_values_are_refused() -> None:
    with pytest.raises(AmountError, match="minimum"):
        Commission(0.001, -1)
    with pytest.raises(AmountError, match="window"):
        MarketImpact(1.0, 0)
    with pytest.raises(UnknownNameError, match="FIFO"):
        CapitalGainsTax(0.2, "LIFO")
    with pytest.raises(UnknownNameError, match="YEAR_END"):
        CapitalGainsTax(0.2, settlement="MAY")
    with pytest.raises(UnknownNameError, match="MONTHLY"):
        ManagementFee(0.01, "DAILY")
    with pytest.raises(UnknownNameError, match="KOREA_RETAIL"):
        parse_costs("KOREA")
    with pytest.raises(UnknownNameError, match="type of cost"):
        parse_costs({"type": "STAMP"})
    with pytest.raises(CostError, match="no cost"):
        parse_costs(object())
    with pytest.raises(CostError, match="lacks a field"):
        parse_costs({"type": "COMMISSION"})
    with pytest.raises(CostError, match="must be a list"):
        parse_costs({"parts": 3})
    for kind in ("COMMISSION", "PROPORTIONAL"):
        with pytest.raises(UnknownNameError, match="percent"):
            parse_costs({"type": kind, "rate": 0.1, "percent": 1})
    with pytest.raises(CostError, match="list of names"):
        Commission(0.1, assets=3)


def test_arrays_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(AmountError, match="fee_rate"):
        AccountCosts.none(2, 3, fee_rate=np.array([0.0, -0.1, 0.0]))
    with pytest.raises(ValueError, match="impact_scale has the shape"):
        AccountCosts.none(2, 3, impact_scale=np.zeros((3, 2)))
    with pytest.raises(ValueError, match="transaction_tax_period"):
        AccountCosts.none(2, 3, transaction_tax_period=np.array([0, 1, 0]))
