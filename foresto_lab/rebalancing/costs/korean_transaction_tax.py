"""Korea's securities transaction tax, by market and date, with a source for each row.

The tax is the seller's. It is due when the trade *settles*, so a rate in force from a
date applies to trades from two sessions before (the "third business day" of the
depository's notices); ``from_date`` is that trade date, ``in_force`` the law's. On
KOSPI the special tax for rural development is levied beside it, since 1 July 1994.
"""

from __future__ import annotations

from typing import Final

from foresto_lab.rebalancing.costs.tax_table import TaxRow, TaxTable

STT: Final = "securities_transaction_tax"
"""증권거래세: Securities Transaction Tax Act art. 8, Enforcement Decree art. 5."""
RURAL: Final = "special_tax_for_rural_development"
"""농어촌특별세, Act on Special Rural Development Tax, art. 5."""

_T2 = "trade date computed: settlement on the second session after"


def _kospi(
    dates: tuple[str, str | None],
    tax: float,
    rural: float,
    in_force: str,
    source: str,
    *,
    confirmed: bool = True,
) -> TaxRow:
    return TaxRow(
        market="KOSPI",
        from_date=dates[0],  # type: ignore[arg-type]
        to_date=dates[1],  # type: ignore[arg-type]
        rate=round(tax + rural, 6),
        components={STT: tax, RURAL: rural} if rural else {STT: tax},
        in_force=in_force,  # type: ignore[arg-type]
        source=source,
        confirmed=confirmed,
    )


def _other(
    market: str,
    dates: tuple[str, str | None],
    tax: float,
    in_force: str,
    source: str,
    *,
    confirmed: bool = True,
) -> TaxRow:
    return TaxRow(
        market=market,
        from_date=dates[0],  # type: ignore[arg-type]
        to_date=dates[1],  # type: ignore[arg-type]
        rate=tax,
        components={STT: tax},
        in_force=in_force,  # type: ignore[arg-type]
        source=source,
        confirmed=confirmed,
    )


_1990 = (
    "Enforcement Decree, Presidential Decree No. 13016, 1990-06-04; rate 0.2 % and the "
    "month: Korea Economic Daily 1994-07-01. NOT CONFIRMED: the day it took effect"
)
_1994_FEBRUARY = (
    "Enforcement Decree, Presidential Decree No. 14170, 1994-02-18; rate 0.35 % and "
    "the month: Korea Economic Daily 1994-07-01. NOT CONFIRMED: the day it took effect"
)
_1994_JULY = (
    "Act on Special Rural Development Tax, 0.15 % on what settles from 1994-07-01: "
    f"Korea Economic Daily 1994-07-01; {_T2}"
)
_1995 = (
    "Enforcement Decree, Presidential Decree No. 14734, 1995-07-14; 0.35 to 0.30 % on "
    f"what settles from 1995-07-18: Korea Economic Daily 1996-04-09; {_T2}"
)
_1996 = (
    "Enforcement Decree, Presidential Decree No. 14963, 1996-03-30; 0.30 to 0.15 % "
    "from 1 April: Korea Economic Daily and Seoul Shinmun 1996-03-20; settlements from "
    "3 April, that is trades from 1 April: Korea Economic Daily 1997-01-06"
)
_1996_KOSDAQ_OPEN = (
    "Securities Transaction Tax Act, art. 8 (0.5 %, no flexible rate for registered "
    "shares): Korea Economic Daily 1996-07-24; the market opened on 1996-07-01: Korea "
    "Economic Daily 1996-06-26"
)
_1996_KOSDAQ = (
    "Act No. 5156, 1996-08-14, and Presidential Decree No. 15139, 1996-08-22; 0.5 to "
    "0.3 %: Korea Economic Daily 1996-07-24; collected from 1996-08-14: same, "
    "1997-01-06; 0.3 % in 1999 and 2002: same, 1999-11-11 and 2002-03-10. NOT "
    "CONFIRMED: whether by the day of trade or of settlement"
)
_KONEX_OPEN = (
    "Enforcement Decree, Presidential Decree No. 24641, 2013-06-28; 0.3 % before June "
    "2019: ministry's notice of 2019-05-21 in ETNews; the market opened on 2013-07-01. "
    "NOT CONFIRMED: the rate at the opening"
)
_2019 = (
    "Enforcement Decree, Presidential Decree No. 29788, 2019-05-28, in force "
    "2019-06-03; on trades from 2019-05-30: Korea Securities Depository's notice of "
    "2019-05-27 in JosePlus and Korea Financial Times"
)
_2021 = (
    "Enforcement Decree, Presidential Decree No. 31290, 2020-12-29; on trades from "
    "2020-12-29, which settle on 2021-01-04: Korea Exchange in Edaily 2020-12-29"
)
_2023 = (
    "Enforcement Decree, Presidential Decree No. 33209, 2022-12-31; the rates of 2023 "
    "as named by the ministry's notice of 2025-12-01 (rates put back to those of "
    f"2023); {_T2}"
)
_2024 = (
    "Enforcement Decree, Presidential Decree No. 33209, 2022-12-31 (staged to 2025); "
    "rates before and after 2025: notice of Hanyang Securities of 2024-12-26; "
    f"{_T2}"
)
_2025 = (
    "Enforcement Decree, Presidential Decree No. 33209, 2022-12-31 (staged to 2025); "
    "on trades from 2024-12-27: notice of Hanyang Securities of 2024-12-26"
)
_2026 = (
    "Amendment of the Enforcement Decree announced by the ministry on 2025-12-01, on "
    "transfers from 2026-01-01: Dong-A Ilbo, News1, Hankyung Business 2025-12-01. NOT "
    f"CONFIRMED: the decree's number; {_T2}"
)
_ETF = (
    "Exempt: a unit of an investment trust is no share certificate. Ruling of the "
    "committee on national tax rulings of 2002-02-12: Korea Financial Times "
    "2002-02-14; Dong-A Ilbo 2002-10-13; Korea Exchange, taxation of ETFs. A tax "
    "planned for 2010 was put off (Seoul Economic Daily 2009-09-17), never levied"
)

KOREAN_TRANSACTION_TAX: Final = TaxTable(
    name="KOREA",
    rows=(
        _kospi(
            ("1990-06-04", "1994-02-17"), 0.002, 0, "1990-06-04", _1990, confirmed=False
        ),
        _kospi(
            ("1994-02-18", "1994-06-28"),
            0.0035,
            0,
            "1994-02-18",
            _1994_FEBRUARY,
            confirmed=False,
        ),
        _kospi(("1994-06-29", "1995-07-13"), 0.0035, 0.0015, "1994-07-01", _1994_JULY),
        _kospi(("1995-07-14", "1996-03-31"), 0.003, 0.0015, "1995-07-18", _1995),
        _kospi(("1996-04-01", "2019-05-29"), 0.0015, 0.0015, "1996-04-01", _1996),
        _kospi(("2019-05-30", "2020-12-28"), 0.001, 0.0015, "2019-06-03", _2019),
        _kospi(("2020-12-29", "2022-12-27"), 0.0008, 0.0015, "2021-01-01", _2021),
        _kospi(("2022-12-28", "2023-12-26"), 0.0005, 0.0015, "2023-01-01", _2023),
        _kospi(("2023-12-27", "2024-12-26"), 0.0003, 0.0015, "2024-01-01", _2024),
        _kospi(("2024-12-27", "2025-12-28"), 0.0, 0.0015, "2025-01-01", _2025),
        _kospi(
            ("2025-12-29", None), 0.0005, 0.0015, "2026-01-01", _2026, confirmed=False
        ),
        _other(
            "KOSDAQ",
            ("1996-07-01", "1996-08-13"),
            0.005,
            "1996-07-01",
            _1996_KOSDAQ_OPEN,
        ),
        _other(
            "KOSDAQ",
            ("1996-08-14", "2019-05-29"),
            0.003,
            "1996-08-14",
            _1996_KOSDAQ,
            confirmed=False,
        ),
        _other("KOSDAQ", ("2019-05-30", "2020-12-28"), 0.0025, "2019-06-03", _2019),
        _other("KOSDAQ", ("2020-12-29", "2022-12-27"), 0.0023, "2021-01-01", _2021),
        _other("KOSDAQ", ("2022-12-28", "2023-12-26"), 0.002, "2023-01-01", _2023),
        _other("KOSDAQ", ("2023-12-27", "2024-12-26"), 0.0018, "2024-01-01", _2024),
        _other("KOSDAQ", ("2024-12-27", "2025-12-28"), 0.0015, "2025-01-01", _2025),
        _other(
            "KOSDAQ",
            ("2025-12-29", None),
            0.002,
            "2026-01-01",
            _2026,
            confirmed=False,
        ),
        _other(
            "KONEX",
            ("2013-07-01", "2019-05-29"),
            0.003,
            "2013-07-01",
            _KONEX_OPEN,
            confirmed=False,
        ),
        _other("KONEX", ("2019-05-30", None), 0.001, "2019-06-03", _2019),
        _other("KRX_ETF", ("2002-10-14", None), 0.0, "2002-10-14", _ETF),
    ),
)
"""Rates of trades on the Korean exchange, 1990 to today; see docs/costs.md."""
