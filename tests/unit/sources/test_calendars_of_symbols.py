from __future__ import annotations

import pytest

from foresto_lab.errors import InputError, NothingGivenError, UnknownNameError
from foresto_lab.sources.connectors import candle_connector, daily_connector
from foresto_lab.sources.connectors.korean_codes import KOREAN_CODE

YAHOO = [
    ("SPY", "XNYS"),
    ("BRK-B", "XNYS"),
    ("spy", "XNYS"),
    ("005930.KS", "XKRX"),
    ("0000J0.KS", "XKRX"),
    ("247540.KQ", "XKRX"),
    ("7203.T", "XTKS"),
    ("KRW=X", "24/5"),
    ("BTC-USD", "24/7"),
    ("^GSPC", "XNYS"),
    ("^KS11", "XKRX"),
    ("^STOXX50E", None),
    ("CL=F", None),
    ("ABC.ZZ", None),
]


@pytest.mark.parametrize(("symbol", "calendar"), YAHOO)
def test_yahoos_symbols_say_where_they_trade(symbol: str, calendar: str | None) -> None:
    assert daily_connector("yfinance").calendar_of(symbol) == calendar


@pytest.mark.parametrize(
    ("symbol", "calendar"),
    [
        ("005930", "XKRX"),
        ("0000J0", "XKRX"),
        ("NAVER:005930", "XKRX"),
        ("KS11", "XKRX"),
        ("AAPL", "XNYS"),
        ("USD/KRW", "24/5"),
        ("BHP.AX", "XASX"),
        ("FRED:DGS10", None),
    ],
)
def test_symbols_of_financedatareader_say_where_they_trade(
    symbol: str, calendar: str | None
) -> None:
    assert daily_connector("fdr").calendar_of(symbol) == calendar


@pytest.mark.parametrize("symbol", ["005930", "0000J0", "00104K", "0105L0"])
def test_korean_codes_may_hold_letters(symbol: str) -> None:
    assert KOREAN_CODE.fullmatch(symbol)
    assert daily_connector("pykrx").calendar_of(symbol) == "XKRX"


@pytest.mark.parametrize("symbol", ["SPY", "00593", "0000I0", "0000O0", "00000A"])
def test_other_texts_are_no_korean_codes(symbol: str) -> None:
    assert not KOREAN_CODE.fullmatch(symbol)


def test_a_korean_code_without_its_market_is_answered_with_how_yahoo_writes_it() -> (
    None
):
    from datetime import date

    with pytest.raises(NothingGivenError, match=r"005930\.KS \(KOSPI\)"):
        daily_connector("yfinance").fetch_daily(
            "005930", date(2024, 6, 3), date(2024, 6, 4)
        )


def test_sources_are_told_apart_and_near_names_offered() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean yfinance"):
        daily_connector("yfinanze")
    with pytest.raises(InputError, match="foresto candles update"):
        daily_connector("ccxt:binance")
    with pytest.raises(InputError, match="foresto data update"):
        candle_connector("pykrx")
    with pytest.raises(InputError, match="Name one: ccxt:binance"):
        candle_connector("ccxt")
