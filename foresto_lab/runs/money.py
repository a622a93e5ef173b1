"""What a planned portfolio is counted in, and which stored series convert to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from foresto_lab.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from foresto_lab.scenarios import Instrument

DEFAULT_CURRENCY: Final = "KRW"
UNKNOWN_CURRENCY: Final = "XXX"
"""ISO 4217 for no currency, of an exchange not known here: taken to be the base."""


@dataclass(frozen=True, slots=True)
class MoneyTerms:
    """What a request counts in: nothing to convert unless currencies are foreign.

    Parameters
    ----------
    base_currency : str, optional
        None where every instrument is in one currency and it is counted in that.
    counted_in : str
        That currency, or the base.
    currencies : mapping of label to ISO 4217
        Of the labels in another currency.
    exchange_rates : mapping of currency to symbol
    hedged : tuple of label
    """

    base_currency: str | None
    counted_in: str
    currencies: Mapping[str, str]
    exchange_rates: Mapping[str, str]
    hedged: tuple[str, ...]


def plan_money(
    symbols: Mapping[str, str],
    known: Mapping[str, Instrument],
    *,
    base_currency: str | None = None,
    exchange_rates: Mapping[str, str] | None = None,
    hedged: Sequence[str] | str = (),
) -> MoneyTerms:
    """Return what a portfolio is counted in.

    Left out, the base is the one currency that all instruments share, or won. The
    exchange rate of a currency is the stored series of ``exchange_rates``, or the one
    called by both codes: ``USDKRW`` is won for one dollar.

    Raises
    ------
    InputError
        The base currency is no ISO 4217 code, or an exchange rate is not needed.
    UnknownNameError
        What is to be hedged is not held, or is in base currency.
    """
    own = {label: _currency(known.get(symbol)) for label, symbol in symbols.items()}
    found = {currency for currency in own.values() if currency}
    shared = found.pop() if len(found) == 1 else DEFAULT_CURRENCY
    base = shared if base_currency is None else _parse_currency(base_currency)
    foreign = {label: code for label, code in own.items() if code and code != base}
    wanted = dict.fromkeys(foreign.values())
    given = dict(exchange_rates or {})
    for code in given:
        if code not in wanted:
            raise UnknownNameError(
                kind="foreign currency of this portfolio",
                given=code,
                allowed=tuple(wanted),
            )
    labels = (hedged,) if isinstance(hedged, str) else tuple(hedged)
    for label in labels:
        if label not in foreign:
            raise UnknownNameError(
                kind="asset in a foreign currency", given=label, allowed=tuple(foreign)
            )
    return MoneyTerms(
        base_currency=base if foreign else None,
        counted_in=base,
        currencies=foreign,
        exchange_rates={code: given.get(code, f"{code}{base}") for code in wanted},
        hedged=labels,
    )


def _currency(instrument: Instrument | None) -> str | None:
    """Return an instrument's currency, None where it is not known."""
    if instrument is None or instrument.currency == UNKNOWN_CURRENCY:
        return None
    return instrument.currency


def _parse_currency(given: object) -> str:
    code = str(given).strip().upper()
    if len(code) == 3 and code.isascii() and code.isalpha():
        return code
    raise InputError(
        message=f"base_currency is {given!r}, which is no currency code. Write the "
        "three letters of ISO 4217, such as KRW or USD."
    )
