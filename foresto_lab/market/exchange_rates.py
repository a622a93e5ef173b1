"""Exchange rates on sessions: the last quote, as long as it may stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from foresto_lab.errors import ExchangeRateError, ExchangeRateGapError
from foresto_lab.findings import Finding
from foresto_lab.market.dated_series import DatedSeries, dated_series
from foresto_lab.types import Float64Array1D, SessionArray, Severity

LONGEST_CARRY: Final = 5
"""Sessions for which a last quote, of a currency or of a price, may stand."""


def parse_exchange_rates(
    rates: pd.DataFrame, currencies: Sequence[str], base_currency: str
) -> dict[str, DatedSeries]:
    """Return the rates of each currency: base currency for one unit of it.

    Raises
    ------
    ExchangeRateError
        A currency has no column, a rate is not above 0 and finite, dates are not
        unique, or there is none at all.
    """
    return {name: _parse_rate(rates, name, base_currency) for name in currencies}


def _parse_rate(rates: pd.DataFrame, currency: str, base: str) -> DatedSeries:
    if not isinstance(rates, pd.DataFrame) or currency not in rates.columns:
        named = ", ".join(map(str, getattr(rates, "columns", ()))) or "none"
        raise ExchangeRateError(
            message=f"There is no exchange rate of {currency}: exchange_rates needs a "
            f"column {currency!r} with {base} for one {currency}; it has {named}."
        )
    if not isinstance(rates.index, pd.DatetimeIndex) or rates.index.tz is not None:
        raise ExchangeRateError(
            message="exchange_rates needs an index of dates without a time zone; it is "
            f"{type(rates.index).__name__}."
        )
    if not rates.index.is_unique:
        twice = rates.index[rates.index.duplicated()][0]
        raise ExchangeRateError(
            message=f"exchange_rates has {twice:%Y-%m-%d} more than once. Keep one row "
            "per date."
        )
    column = rates[currency]
    if not pd.api.types.is_numeric_dtype(column.dtype):
        raise ExchangeRateError(
            message=f"The exchange rate of {currency} holds {column.dtype}, not "
            "numbers."
        )
    quotes = dated_series(rates, currency)
    if len(quotes.numbers) == 0:
        raise ExchangeRateError(message=f"The exchange rate of {currency} is empty.")
    wrong = ~((quotes.numbers > 0.0) & np.isfinite(quotes.numbers))
    if wrong.any():
        place = int(np.argmax(wrong))
        raise ExchangeRateError(
            message=f"The exchange rate of {currency} is "
            f"{float(quotes.numbers[place])!r} on {quotes.dates[place]}; it must be "
            "above 0 and finite."
        )
    return quotes


def rates_on(
    quotes: DatedSeries, sessions: SessionArray
) -> tuple[Float64Array1D, tuple[Finding, ...]]:
    """Return the rate on each session, the last quoted carried forward for 5 at most.

    NaN before the first quote.

    Raises
    ------
    ExchangeRateGapError
        On a session after the first quote, the last is more than 5 sessions old.
    """
    values, quoted = quotes.last(sessions)
    age = sessions_since(quoted, sessions)
    if (age > LONGEST_CARRY).any():
        place = int(np.argmax(age > LONGEST_CARRY))
        raise ExchangeRateGapError(
            currency=quotes.name,
            session=str(sessions[place]),
            last_quoted=str(quoted[place]),
            gap_sessions=int(age[place]),
            longest=LONGEST_CARRY,
        )
    carried = sessions[age > 0]
    if len(carried) == 0:
        return values, ()
    return values, (
        Finding(
            code="EXCHANGE_RATE_CARRIED",
            severity=Severity.WARNING,
            where=quotes.name,
            message=f"{quotes.name} has no exchange rate on {len(carried)} sessions "
            f"(the first {carried[0]}); the last one quoted was carried forward.",
            fix="Load the missing rates where the market was open.",
            count=len(carried),
            samples=tuple(map(str, carried[:5])),
        ),
    )


def sessions_since(quoted: SessionArray, sessions: SessionArray) -> Float64Array1D:
    """Return how many sessions came after each quote's date, this one included.

    0 for a quote of the session itself, and where there is none (NaT).
    """
    known = ~np.isnat(quoted)
    age = np.zeros(len(sessions))
    here = np.flatnonzero(known)
    age[here] = here + 1 - sessions.searchsorted(quoted[here], side="right")
    return age
