"""Several calendars and currencies in one table, worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.errors import (
    AmountError,
    ExchangeRateError,
    ExchangeRateGapError,
    InputError,
    PriceTableError,
    UnknownNameError,
)
from foresto_lab.market.distributions import distributions_from_adjusted
from foresto_lab.scenarios.market_facts import MarketFacts

NAN = float("nan")
# Thu 2 May to Wed 8 May 2024. Seoul is closed on Mon 6 May; New York never.
# A made-up New York holiday: Fri 3 May.
DAYS = pd.DatetimeIndex(
    ["2024-05-02", "2024-05-03", "2024-05-06", "2024-05-07", "2024-05-08"]
)
PRICES = pd.DataFrame(
    {
        "KODEX": [100.0, 101.0, NAN, 103.0, 104.0],
        "SPY": [10.0, NAN, 12.0, 13.0, 14.0],
    },
    index=DAYS,
)
RATES = pd.DataFrame({"USD": [1300.0, 1310.0, 1320.0, 1330.0, 1340.0]}, index=DAYS)


def facts(**given: object) -> MarketFacts:
    values: dict[str, object] = {"currencies": {"SPY": "USD"}, "exchange_rates": RATES}
    return MarketFacts(**{**values, **given})  # type: ignore[arg-type]


def test_seoul_holds_new_yorks_close_of_the_date_before() -> None:
    frame, findings = facts().prices_in_base(PRICES)
    assert list(frame.index.strftime("%m-%d")) == ["05-02", "05-03", "05-07", "05-08"]
    np.testing.assert_array_equal(frame["KODEX"], [100.0, 101.0, 103.0, 104.0])
    # 7 May holds the close of 6 May, which Seoul's holiday left no row for
    np.testing.assert_array_equal(
        frame["SPY"], [NAN, 10.0 * 1310, 12.0 * 1330, 13.0 * 1340]
    )
    assert {finding.code for finding in findings} == {"CLOSE_KNOWN_LATER"}


def test_same_date_carries_over_new_yorks_holiday_with_a_finding() -> None:
    frame, findings = facts(close_timing="SAME_DATE").prices_in_base(PRICES)
    np.testing.assert_array_equal(
        frame["SPY"], [10.0 * 1300, 10.0 * 1310, 13.0 * 1330, 14.0 * 1340]
    )
    (carried,) = findings
    assert (carried.code, carried.count, carried.samples) == (
        "PRICE_CARRIED",
        1,
        ("2024-05-03",),
    )


def test_union_and_intersection_are_asked_for() -> None:
    union, _ = facts(close_timing="SAME_DATE", rows="UNION").prices_in_base(PRICES)
    np.testing.assert_array_equal(union["KODEX"], [100, 101, 101, 103, 104])
    assert len(union) == 5
    both, _ = facts(close_timing="SAME_DATE", rows="INTERSECTION").prices_in_base(
        PRICES
    )
    assert list(both.index.day) == [2, 7, 8]


def test_on_new_yorks_calendar_seouls_close_of_the_date_is_known() -> None:
    frame, findings = facts(markets={"KODEX": "KRX_ETF"}).prices_in_base(
        PRICES, calendar="XNYS"
    )
    # 3 May is a session of New York without a row of SPY: a fault of the data, kept
    np.testing.assert_array_equal(
        frame["SPY"], [13_000.0, NAN, 12.0 * 1320, 13.0 * 1330, 14.0 * 1340]
    )
    np.testing.assert_array_equal(frame["KODEX"], [100, 101, 101, 103, 104])
    assert [finding.code for finding in findings] == ["PRICE_CARRIED"]


def test_nothing_of_a_later_date_is_looked_at() -> None:
    whole, _ = facts().prices_in_base(PRICES)
    for n_rows in range(2, len(PRICES)):
        part, _ = facts().prices_in_base(PRICES.iloc[:n_rows])
        pd.testing.assert_frame_equal(part, whole.loc[: PRICES.index[n_rows - 1]])


def test_prices_of_one_market_in_base_currency_come_back_as_they_are() -> None:
    frame, findings = MarketFacts(markets={"KODEX": "KRX_ETF"}).prices_in_base(
        PRICES[["KODEX"]]
    )
    assert frame.equals(PRICES[["KODEX"]])
    assert findings == ()


def test_a_rate_of_one_changes_no_bit() -> None:
    prices = pd.DataFrame({"SPY": [1.1, 2.2, 3.3, 4.4, 5.5]}, index=DAYS)
    one = MarketFacts(
        currencies={"SPY": "USD"}, exchange_rates=RATES * 0.0 + 1.0
    ).prices_in_base(prices, calendar="XNYS")[0]
    np.testing.assert_array_equal(one.to_numpy(), prices.to_numpy())


def test_hedged_at_a_constant_rate_is_unhedged() -> None:
    constant = RATES * 0.0 + 1234.5
    plain = facts(exchange_rates=constant).prices_in_base(PRICES)[0]
    hedged = facts(exchange_rates=constant, hedged=["SPY"]).prices_in_base(PRICES)[0]
    np.testing.assert_array_equal(plain.to_numpy(), hedged.to_numpy())


def test_a_hedge_earns_the_own_return_and_the_carry() -> None:
    frame = facts(
        hedged="SPY", hedge_carry={"USD": -0.02}, close_timing="SAME_DATE"
    ).prices_in_base(PRICES)[0]
    # 2 to 7 May are 5 days: 13 / 10 * 0.98 ** (5 / 365)
    assert frame["SPY"].iloc[2] / frame["SPY"].iloc[0] == pytest.approx(
        1.3 * 0.98 ** (5 / 365), rel=1e-14
    )


def test_rates_are_carried_for_five_sessions_and_no_longer() -> None:
    days = pd.bdate_range("2024-03-04", periods=8)  # no holidays in New York
    prices = pd.DataFrame({"SPY": np.arange(1.0, 9.0)}, index=days)
    rates = pd.DataFrame({"USD": [1000.0, 1100.0]}, index=days[[0, 7]])
    given = facts(exchange_rates=rates)
    with pytest.raises(
        ExchangeRateGapError, match=r"USD .* 2024-03-12: .* 2024-03-04, 6 sessions"
    ):
        given.prices_in_base(prices, calendar="XNYS")
    frame, findings = given.prices_in_base(prices.iloc[:6], calendar="XNYS")
    np.testing.assert_array_equal(frame["SPY"], np.arange(1.0, 7.0) * 1000.0)
    assert [(f.code, f.count) for f in findings] == [("EXCHANGE_RATE_CARRIED", 5)]


def test_a_price_is_not_carried_for_ever() -> None:
    days = pd.bdate_range("2024-03-04", periods=12)
    prices = pd.DataFrame({"A": 1.0, "SPY": [5.0, *[NAN] * 11]}, index=days)
    rates = pd.DataFrame({"USD": 1.0}, index=days)
    frame, _ = facts(exchange_rates=rates, close_timing="SAME_DATE").prices_in_base(
        prices
    )
    assert frame["SPY"].notna().sum() == 6  # its own session and five after


@pytest.mark.parametrize(
    ("rates", "match"),
    [
        (None, "no exchange rates were given"),
        (RATES.rename(columns={"USD": "EUR"}), "no exchange rate of USD"),
        (RATES * 0.0, "must be above 0"),
        (-RATES, "must be above 0"),
        (RATES * np.inf, "must be above 0"),
        (RATES * NAN, "is empty"),
        (RATES.astype(str), "not numbers"),
    ],
)
def test_wrong_rates_are_refused(rates: object, match: str) -> None:
    with pytest.raises(ExchangeRateError, match=match):
        facts(exchange_rates=rates).prices_in_base(PRICES)


def test_wrong_facts_are_refused() -> None:
    with pytest.raises(InputError, match="ISO 4217"):
        MarketFacts(currencies={"SPY": "dollar"})
    with pytest.raises(UnknownNameError, match="Did you mean KOSPI"):
        MarketFacts(markets={"005930": "KOSPPI"})
    with pytest.raises(AmountError, match="hedge_carry of USD"):
        MarketFacts(hedge_carry={"USD": -1.5})
    with pytest.raises(UnknownNameError, match="UNION"):
        MarketFacts(rows="OUTER")
    with pytest.raises(PriceTableError, match="more than once"):
        facts().prices_in_base(pd.concat([PRICES, PRICES]).sort_index())


@pytest.mark.parametrize(
    "table",
    [
        pd.concat([RATES, RATES]),
        RATES.reset_index(drop=True),
        RATES.tz_localize("UTC"),
        RATES["USD"],
        {"USD": 1300.0},
    ],
)
@pytest.mark.parametrize("name", ["exchange_rates", "traded_value", "distributions"])
def test_tables_of_anything_else_are_refused(table: object, name: str) -> None:
    with pytest.raises(InputError, match=f"{name} must be a DataFrame"):
        facts(**{name: table})


def test_prices_that_cannot_be_converted_are_refused() -> None:
    with pytest.raises(PriceTableError, match="must be a DataFrame"):
        facts().prices_in_base([1.0, 2.0])  # type: ignore[arg-type]
    with pytest.raises(PriceTableError, match="more than one column 'SPY'"):
        facts().prices_in_base(PRICES[["SPY", "SPY"]])
    with pytest.raises(PriceTableError, match="not numbers"):
        facts().prices_in_base(PRICES.astype(str))


def test_a_mistyped_name_is_told() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean SPY"):
        facts(hedged=["SPYY"])
    with pytest.raises(UnknownNameError, match="foreign currency to hedge"):
        facts(hedged=["KODEX"])
    _, findings = MarketFacts(markets={"KODEKS": "KRX_ETF"}).prices_in_base(
        PRICES[["KODEX"]]
    )
    assert [finding.code for finding in findings] == ["FACTS_OF_OTHER_ASSETS"]


def test_facts_come_as_json_with_checksums_of_their_tables() -> None:
    import json

    given = facts(hedged=["SPY"], markets={"KODEX": "KRX_ETF"})
    told = json.loads(json.dumps(given.to_dict()))
    assert (
        told["exchange_rates"]["sha256"] == given.to_dict()["exchange_rates"]["sha256"]
    )
    assert told != facts(exchange_rates=RATES + 1.0).to_dict()
    assert MarketFacts.from_dict(told, exchange_rates=RATES).to_dict() == told
    with pytest.raises(InputError, match="that very table"):
        MarketFacts.from_dict(told, exchange_rates=RATES + 1.0)
    assert "USD" in repr(given)


def test_traded_value_is_in_base_currency_at_its_own_date() -> None:
    value = pd.DataFrame({"SPY": [1.0, NAN, 2.0, 3.0, 4.0]}, index=DAYS)
    frame, _ = facts().prices_in_base(PRICES)
    sessions = frame.index.to_numpy().astype("datetime64[D]")[1:]
    told = facts(traded_value=value).on(PRICES, sessions, ["KODEX", "SPY"])
    assert told.markets == ("", "US")
    assert told.currencies == ("KRW", "USD")
    assert told.traded_value[0] is None
    assert told.traded_value[1] is not None
    np.testing.assert_array_equal(
        told.traded_value[1].numbers, [1300.0, 2640.0, 3990.0, 5360.0]
    )


def test_a_distribution_falls_on_the_session_that_shows_its_ex_date() -> None:
    cash = pd.DataFrame(
        {"SPY": [5.0, 0.0, 0.6, 0.0, 9.0], "KODEX": [0.0, 1.01, NAN, 0.0, 0.0]},
        index=DAYS,
    )
    given = facts(distributions=cash)
    frame, _ = given.prices_in_base(PRICES)
    sessions = frame.index.to_numpy().astype("datetime64[D]")[1:]  # from 3 May
    told = given.on(PRICES, sessions, ["KODEX", "SPY"])
    # SPY: that of 2 May is in day 0's close; 6 May shows on 7 May, 0.6 / 12; 8 May is
    # not known yet on 8 May. KODEX: its ex date is day 0 itself
    np.testing.assert_array_equal(
        told.distribution_yield, [[0.0, 0.0, 0.0], [0.0, 0.6 / 12.0, 0.0]]
    )


def test_wrong_distributions_and_traded_values_are_refused() -> None:
    cash = pd.DataFrame({"SPY": [-1.0]}, index=DAYS[:1])
    sessions = DAYS.to_numpy().astype("datetime64[D]")[[1, 3, 4]]
    with pytest.raises(PriceTableError, match="distribution of SPY is -1"):
        facts(distributions=cash).on(PRICES, sessions, ["SPY"])
    with pytest.raises(PriceTableError, match="traded value of SPY is -1"):
        facts(traded_value=cash).on(PRICES, sessions, ["SPY"])


def test_distributions_come_out_of_adjusted_closes() -> None:
    close = pd.DataFrame({"A": [100.0, 102.0, 101.0, 103.0]}, index=DAYS[:4])
    # 1.5 paid on the third day: every close before is adjusted by 1 - 1.5 / 102
    adjusted = close * np.array([[1 - 1.5 / 102], [1 - 1.5 / 102], [1.0], [1.0]])
    cash = distributions_from_adjusted(close, adjusted)
    np.testing.assert_allclose(cash["A"], [0.0, 0.0, 1.5, 0.0], rtol=1e-12)
    with pytest.raises(PriceTableError, match=r"falls on 2024-05-06"):
        distributions_from_adjusted(adjusted, close)
    with pytest.raises(PriceTableError, match="differ in sessions"):
        distributions_from_adjusted(close, adjusted.iloc[1:])


@pytest.mark.parametrize(("step", "level"), [(1.0, 30_000.0), (0.01, 80.0)])
def test_rounded_closes_hold_no_false_distributions(step: float, level: float) -> None:
    """Whole won or cents: four paid, none besides, each to the rounding."""
    random = np.random.default_rng(2)
    days = pd.bdate_range("2023-01-02", periods=250)
    close = level * np.exp(random.normal(0, 0.01, 250).cumsum())
    close = np.round(close / step) * step
    paid = np.zeros(250)
    paid[[40, 100, 160, 220]] = level * np.array([0.004, 0.005, 0.003, 0.006])
    kept = 1.0 - np.append(paid[1:] / close[:-1], 0.0)  # by the day before
    factor = np.append(np.cumprod(kept[::-1])[::-1][:-1], 1.0)
    adjusted = np.round(close * factor / step) * step
    cash = distributions_from_adjusted(
        pd.DataFrame({"A": close}, days), pd.DataFrame({"A": adjusted}, days)
    )["A"].to_numpy()
    np.testing.assert_array_equal(np.flatnonzero(cash), np.flatnonzero(paid))
    np.testing.assert_allclose(cash, paid, atol=1.1 * step)


def test_distributions_of_real_funds_are_those_paid(shared_data: object) -> None:
    """SPY's are known to the tenth of a cent; gold pays none in twenty years."""
    table = pd.read_parquet(
        shared_data / "us_etf_daily_yahoo" / "us_etf_daily.parquet",  # type: ignore[operator]
        filters=[("ticker", "in", ["SPY", "GLD", "BIL"])],
    )
    close = table.pivot_table(index="date", columns="ticker", values="close")
    adjusted = table.pivot_table(index="date", columns="ticker", values="adj_close")
    cash = distributions_from_adjusted(close, adjusted)
    paid = cash["SPY"][cash["SPY"] > 0.0]
    assert (cash["GLD"] == 0.0).all()
    # State Street's distribution history: 2024-12-20 1.965548, 2025-09-19 1.831110
    assert paid.loc["2024-12-20"] == pytest.approx(1.965548, abs=2e-3)
    assert paid.loc["2025-09-19"] == pytest.approx(1.831110, abs=2e-3)
    assert len(paid.loc["2005":"2024"]) == 80  # four a year
    assert fl.__version__
