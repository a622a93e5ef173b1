"""What a portfolio is counted in, and what must be converted."""

from __future__ import annotations

from typing import Any

import pytest

from foresto_lab.errors import InputError, UnknownNameError
from foresto_lab.runs.money import MoneyTerms, plan_money
from foresto_lab.scenarios import Instrument

KNOWN = {
    item.symbol: item
    for item in (
        Instrument("SPY", "SPY", "SPY", "equity", currency="USD", calendar="XNYS"),
        Instrument("TLT", "TLT", "TLT", "bond", currency="USD", calendar="XNYS"),
        Instrument("069500", "KODEX 200", "KODEX 200", "equity"),
        Instrument("ODD", "ODD", "ODD", "other", currency="XXX", calendar="XBOG"),
    )
}


def money(*symbols: str, **options: Any) -> MoneyTerms:
    return plan_money({symbol: symbol for symbol in symbols}, KNOWN, **options)


@pytest.mark.parametrize(
    ("symbols", "counted_in"),
    [
        (("SPY", "TLT"), "USD"),
        (("069500",), "KRW"),
        (("SPY", "ODD"), "USD"),
        (("nobody knows",), "KRW"),
    ],
)
def test_one_currency_needs_no_conversion(
    symbols: tuple[str, ...], counted_in: str
) -> None:
    terms = money(*symbols)
    assert terms == MoneyTerms(None, counted_in, {}, {}, ())


def test_two_currencies_are_counted_in_won() -> None:
    terms = money("SPY", "069500")
    assert terms.base_currency == terms.counted_in == "KRW"
    assert terms.currencies == {"SPY": "USD"}
    assert terms.exchange_rates == {"USD": "USDKRW"}


def test_the_base_can_be_said_in_any_case_and_the_rates_named() -> None:
    terms = money("SPY", "069500", base_currency=" usd ", exchange_rates={"KRW": "WON"})
    assert terms.base_currency == "USD"
    assert terms.currencies == {"069500": "KRW"}
    assert terms.exchange_rates == {"KRW": "WON"}


def test_what_is_said_beside_the_portfolio_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="EUR"):
        money("SPY", "069500", exchange_rates={"EUR": "EURKRW"})
    with pytest.raises(UnknownNameError, match="069500"):
        money("SPY", "069500", hedged="069500")
    with pytest.raises(InputError, match="three letters"):
        money("SPY", base_currency="won!")


def test_what_is_hedged_is_in_another_currency() -> None:
    assert money("SPY", "069500", hedged=["SPY"]).hedged == ("SPY",)
