"""What is known of the markets a portfolio is held in: currencies, trading, payouts."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from numbers import Real
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from foresto_lab.errors import (
    AmountError,
    ExchangeRateError,
    InputError,
    PriceTableError,
    UnknownNameError,
)
from foresto_lab.findings import Finding
from foresto_lab.market.calendars import get_calendar
from foresto_lab.market.dated_series import DatedSeries, dated_series
from foresto_lab.market.venues import Venue, get_venue, usual_venue
from foresto_lab.rebalancing.costs import SpanFacts
from foresto_lab.types import Float64Array2D, SessionArray, Severity

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.market.currencies import AlignedPrices


_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_FRAMES: Final = ("exchange_rates", "traded_value", "distributions")


@dataclass(frozen=True, eq=False, kw_only=True)
class MarketFacts:
    """Currencies, markets, traded value and distributions of a portfolio's assets.

    Parameters
    ----------
    base_currency : str
        ISO 4217: what the portfolio is counted in.
    currencies : mapping of asset to ISO 4217
        An asset left out is in base currency.
    exchange_rates : DataFrame, optional
        Base currency for one unit of the foreign one; a column per foreign currency,
        an index of dates. The rate of a session is the last quoted by then; for up to
        5 sessions it is carried forward, with a finding.
    hedged : sequence of assets
        Whose currency is hedged: their return is that in their own currency. In whole
        shares, their price is the one at the first session's rate.
    hedge_carry : mapping of currency to annual rate
        Earned (or, negative, paid) by the hedge; about the base currency's short rate
        less the foreign one's. 0 where left out.
    markets : mapping of asset to market
        ``KOSPI``, ``KOSDAQ``, ``KRX_ETF``, ``US`` … An asset in a foreign currency
        whose market is left out is taken to trade on that currency's usual market.
    traded_value : DataFrame, optional
        Value traded a session, in each asset's own currency; for market impact.
    distributions : DataFrame, optional
        Cash per share on its ex date, in each asset's own currency; 0 or NaN where
        there is none. Prices must then not be adjusted for dividends.
    rows : {"CALENDAR", "UNION", "INTERSECTION"}
        Which rows a table of several calendars has: the sessions of the simulation's
        calendar, every row, or rows on which every asset has a close of its own.
    close_timing : {"KNOWN", "SAME_DATE"}
        What a session holds of a market that closes after the calendar's: the last
        close that was known, of the date before; or the close of the same date, which
        looks ahead.

    Raises
    ------
    InputError
        A currency is no ISO 4217 code, a market is not known, a rate of carry is
        outside (-1, 1), or a foreign currency has no exchange rates.
    """

    base_currency: str = "KRW"
    currencies: Mapping[str, str] = field(default_factory=dict)
    exchange_rates: pd.DataFrame | None = None
    hedged: Sequence[str] = ()
    hedge_carry: Mapping[str, float] = field(default_factory=dict)
    markets: Mapping[str, str] = field(default_factory=dict)
    traded_value: pd.DataFrame | None = None
    distributions: pd.DataFrame | None = None
    rows: str = "CALENDAR"
    close_timing: str = "KNOWN"

    def __post_init__(self) -> None:
        from foresto_lab.market.currencies import CalendarRows, CloseTiming

        set_ = object.__setattr__
        for name in ("currencies", "markets", "hedge_carry"):
            given = getattr(self, name)
            if not isinstance(given, Mapping):
                raise InputError(message=f"{name} is {given!r}; it must be a mapping.")
            set_(self, name, MappingProxyType(dict(given)))
        hedged = (self.hedged,) if isinstance(self.hedged, str) else self.hedged
        set_(self, "hedged", tuple(hedged))
        for currency in (self.base_currency, *self.currencies.values()):
            _require_currency(currency)
        for market in self.markets.values():
            get_venue(market)
        for asset in self.hedged:
            if self.currency(asset) == self.base_currency:
                foreign = [a for a in self.currencies if a not in self._own]
                raise UnknownNameError(
                    kind="asset in a foreign currency to hedge",
                    given=asset,
                    allowed=tuple(foreign),
                )
        for name in _FRAMES:
            _require_table(getattr(self, name), name)
        for currency, carry in self.hedge_carry.items():
            _require_carry(currency, carry)
        for name, kind in (("rows", CalendarRows), ("close_timing", CloseTiming)):
            given, allowed = str(getattr(self, name)), tuple(map(str, kind))
            if given not in allowed:
                raise UnknownNameError(kind=name, given=given, allowed=allowed)
            set_(self, name, given)

    def __repr__(self) -> str:
        """Return the facts without their tables."""
        told = ", ".join(f"{k}={v!r}" for k, v in self.to_dict().items() if v)
        return f"MarketFacts({told})"

    @cached_property
    def foreign(self) -> frozenset[str]:
        """The currencies other than the base currency."""
        return frozenset(self.currencies.values()) - {self.base_currency}

    @property
    def _own(self) -> frozenset[str]:
        """The assets told to be in base currency."""
        own = self.base_currency
        return frozenset(a for a, code in self.currencies.items() if code == own)

    def currency(self, asset: Hashable) -> str:
        """Return the currency of an asset."""
        return self.currencies.get(asset, self.base_currency)  # type: ignore[call-overload, no-any-return]

    def venue(self, asset: Hashable) -> Venue | None:
        """Return the market of an asset: as told, else its foreign currency's usual."""
        if asset in self.markets:
            return get_venue(self.markets[asset])  # type: ignore[index]
        own = self.currency(asset)
        return None if own == self.base_currency else usual_venue(own)

    def prices_in_base(
        self,
        prices: pd.DataFrame,
        calendar: str = "XKRX",
        assets: Sequence[Hashable] | None = None,
    ) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
        """Return the prices in base currency on common sessions, and findings.

        Prices of one market in base currency come back as they are.

        Parameters
        ----------
        prices : DataFrame
            Each column in its asset's own currency; NaN where its market was closed.
        calendar : str
            The exchange whose sessions the table has.
        assets : sequence of columns, optional
            The columns to convert; left out, all.

        Raises
        ------
        ExchangeRateError
            A foreign currency has no rate, or none for more than 5 sessions.
        PriceTableError
            The index is not one of ascending, unique dates.
        """
        _require_prices(prices, assets)
        names = list(prices.columns) if assets is None else list(assets)
        strange = self._strangers(prices)
        if self._is_plain(names, calendar):
            return prices, strange
        import pandas as pd

        from foresto_lab.market.currencies import convert_prices

        aligned = self._aligned(prices, names, calendar)
        converted, findings = convert_prices(
            aligned,
            [self.currency(name) for name in names],
            self.base_currency,
            self._rates(names),
            hedged=self.hedged,
            hedge_carry=self.hedge_carry,
        )
        frame = pd.DataFrame(
            converted,
            index=pd.DatetimeIndex(aligned.sessions, name=prices.index.name),
            columns=names,
        )
        frame.attrs.update(prices.attrs)
        return frame, (*strange, *aligned.findings, *findings)

    def on(
        self,
        prices: pd.DataFrame,
        sessions: SessionArray,
        assets: Sequence[Hashable],
        calendar: str = "XKRX",
    ) -> SpanFacts:
        """Return the facts on the sessions and assets of one simulation.

        Parameters
        ----------
        prices : DataFrame
            Those handed to ``prices_in_base``: each in its own currency, with the rows
            before day 0.
        sessions : (n_sessions,)
            Of the simulation, day 0 first.
        assets : sequence of columns
            The held assets, in the engine's order.
        calendar : str

        Raises
        ------
        PriceTableError
            A traded value or a distribution is negative or infinite.
        """
        names = list(assets)
        traded_in = () if self.traded_value is None else names
        return SpanFacts(
            sessions=np.asarray(sessions),
            assets=tuple(map(str, names)),
            markets=tuple(self._market_name(name) for name in names),
            currencies=tuple(self.currency(name) for name in names),
            base_currency=self.base_currency,
            own_prices=tuple(dated_series(prices, name) for name in traded_in),
            traded_value=tuple(self._traded(name) for name in traded_in),
            distribution_yield=self._yields(prices, sessions, names, calendar),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the facts as plain JSON-ready values; of tables, their SHA-256."""
        told: dict[str, Any] = {
            "base_currency": self.base_currency,
            "currencies": dict(self.currencies),
            "hedged": list(self.hedged),
            "hedge_carry": dict(self.hedge_carry),
            "markets": dict(self.markets),
            "rows": self.rows,
            "close_timing": self.close_timing,
        }
        for name in _FRAMES:
            frame = getattr(self, name)
            told[name] = None if frame is None else {"sha256": _sha256(frame)}
        return told

    @classmethod
    def from_dict(
        cls, given: Mapping[str, Any], **tables: pd.DataFrame | None
    ) -> MarketFacts:
        """Return the facts that ``to_dict`` described, with their tables.

        Raises
        ------
        InputError
            A table is missing, or is another than the one described.
        """
        plain = {name: value for name, value in given.items() if name not in _FRAMES}
        facts = cls(**plain, **tables)  # type: ignore[arg-type]
        told = facts.to_dict()
        for name in _FRAMES:
            if told[name] != given.get(name):
                raise InputError(
                    message=f"The facts were described with {name} of checksum "
                    f"{given.get(name)}; given {told[name]}. Hand over that very table."
                )
        return facts

    def _strangers(self, prices: pd.DataFrame) -> tuple[Finding, ...]:
        """Return a finding of names that facts are told of, and no price."""
        told = dict.fromkeys((*self.currencies, *self.markets))
        unknown = [name for name in told if name not in prices.columns]
        if not unknown:
            return ()
        return (
            Finding(
                code="FACTS_OF_OTHER_ASSETS",
                severity=Severity.WARNING,
                where="market",
                message=f"Currencies or markets are told of {', '.join(unknown[:5])}, "
                "which have no prices here; nothing is done with them.",
                fix="Check the spelling against the columns of the prices.",
                count=len(unknown),
                samples=tuple(unknown[:5]),
            ),
        )

    def _is_plain(self, names: Sequence[Hashable], calendar: str) -> bool:
        from foresto_lab.market.currencies import is_home

        where = get_calendar(calendar)
        return all(
            self.currency(name) == self.base_currency
            and is_home(self.venue(name), where)
            for name in names
        )

    def _aligned(
        self, prices: pd.DataFrame, names: Sequence[Hashable], calendar: str
    ) -> AlignedPrices:
        from foresto_lab.market.currencies import (
            CalendarRows,
            CloseTiming,
            align_prices,
        )

        return align_prices(
            prices,
            {name: self.venue(name) for name in names},  # type: ignore[misc]
            get_calendar(calendar),
            rows=CalendarRows(self.rows),
            close_timing=CloseTiming(self.close_timing),
        )

    def _rates(self, names: Sequence[Hashable]) -> dict[str, DatedSeries]:
        """Return the exchange rates that some assets need."""
        from foresto_lab.market.exchange_rates import parse_exchange_rates

        needed = sorted({self.currency(name) for name in names} - {self.base_currency})
        if needed and self.exchange_rates is None:
            raise ExchangeRateError(
                message=f"{', '.join(needed)} must be converted to {self.base_currency}"
                ", and no exchange rates were given: fl.MarketFacts(exchange_rates=a "
                f"table with a column {needed[0]!r})."
            )
        if self.exchange_rates is None:
            return {}
        return parse_exchange_rates(self.exchange_rates, needed, self.base_currency)

    def _market_name(self, name: Hashable) -> str:
        venue = self.venue(name)
        return "" if venue is None else venue.name

    def _traded(self, name: Hashable) -> DatedSeries | None:
        """Return the value traded in base currency, at the rate of its own date."""
        frame = self.traded_value
        if frame is None or name not in frame.columns:
            return None
        series = dated_series(frame, name)
        _require_amounts(series, name, "traded value")
        own = self.currency(name)
        if own == self.base_currency:
            return series
        rate, _ = self._rates([name])[own].last(series.dates)
        known = ~np.isnan(rate)
        return DatedSeries(series.dates[known], (series.numbers * rate)[known])

    def _yields(
        self,
        prices: pd.DataFrame,
        sessions: SessionArray,
        names: Sequence[Hashable],
        calendar: str,
    ) -> Float64Array2D:
        """Return gross distribution / price of the ex session."""
        frame = self.distributions
        if frame is None or not any(name in frame.columns for name in names):
            return np.empty((len(names), 0))
        from foresto_lab.market.distributions import yields_on

        dates = self._price_dates(prices, sessions, names, calendar)
        yields = np.zeros((len(names), len(sessions)))
        for place, name in enumerate(names):
            if name not in frame.columns:
                continue
            cash, closes = dated_series(frame, name), dated_series(prices, name)
            _require_amounts(cash, name, "distribution")
            paid = cash.numbers > 0.0
            yields[place] = yields_on(
                cash.numbers[paid],
                cash.dates[paid],
                closes.dates,
                closes.numbers,
                dates[:, place],
            )
        return yields

    def _price_dates(
        self,
        prices: pd.DataFrame,
        sessions: SessionArray,
        names: Sequence[Hashable],
        calendar: str,
    ) -> np.ndarray[tuple[int, int], np.dtype[np.datetime64]]:
        """Return the date of the close that each session holds of each asset."""
        if self._is_plain(names, calendar):
            return np.repeat(np.asarray(sessions)[:, None], len(names), axis=1)
        aligned = self._aligned(prices, names, calendar)
        rows = aligned.sessions.searchsorted(sessions)
        return aligned.price_dates[rows]


def _require_table(table: object, name: str) -> None:
    """Raise for anything but a table of dates that stand once each."""
    if table is None:
        return
    import pandas as pd

    index = getattr(table, "index", None)
    right = (
        isinstance(table, pd.DataFrame)
        and isinstance(index, pd.DatetimeIndex)
        and index.tz is None
        and index.is_unique
        and table.columns.is_unique
    )
    if not right:
        raise InputError(
            message=f"{name} must be a DataFrame with an index of dates, each once and "
            f"without a time zone, and a column a name; given {type(table).__name__}."
        )


def _require_prices(prices: object, assets: Sequence[Hashable] | None) -> None:
    """Raise for prices that cannot be converted."""
    import pandas as pd

    if not isinstance(prices, pd.DataFrame):
        raise PriceTableError(
            message="prices must be a DataFrame with one column per asset and an index "
            f"of dates; given {type(prices).__name__}."
        )
    for name in prices.columns if assets is None else assets:
        column = prices[name]
        if isinstance(column, pd.DataFrame):
            raise PriceTableError(
                message=f"prices has more than one column {name!r}. Keep one.",
                asset=name,
            )
        if not pd.api.types.is_numeric_dtype(column.dtype):
            raise PriceTableError(
                message=f"Column {name!r} of prices holds {column.dtype}, not numbers. "
                f"Convert it: pd.to_numeric(prices[{name!r}]).",
                asset=name,
            )


def _require_currency(given: object) -> None:
    if not isinstance(given, str) or not _CURRENCY.fullmatch(given):
        raise InputError(
            message=f"{given!r} is no currency; write its ISO 4217 code, such as KRW "
            "or USD."
        )


def _require_carry(currency: str, given: object) -> None:
    right = isinstance(given, Real) and not isinstance(given, bool)
    if not (right and math.isfinite(float(given)) and -1.0 < float(given) < 1.0):  # type: ignore[arg-type]
        raise AmountError(
            parameter=f"hedge_carry of {currency}",
            given=given,
            allowed="a rate a year above -1 and below 1 (-0.015 is 1.5 % paid)",
        )


def _require_amounts(series: DatedSeries, name: Hashable, what: str) -> None:
    wrong = ~((series.numbers >= 0.0) & np.isfinite(series.numbers))
    if wrong.any():
        place = int(np.argmax(wrong))
        raise PriceTableError(
            message=f"The {what} of {name} is {float(series.numbers[place])!r} on "
            f"{series.dates[place]}; it must be 0 or more and finite.",
            asset=str(name),
        )


def _sha256(frame: pd.DataFrame) -> str:
    """Return the checksum of a table's labels and values."""
    digest = hashlib.sha256()
    digest.update("|".join(map(str, frame.columns)).encode())
    digest.update(frame.index.to_numpy().astype("datetime64[D]").tobytes())
    digest.update(np.ascontiguousarray(frame.to_numpy(dtype=np.float64)).tobytes())
    return digest.hexdigest()
