"""Tax rates by market and date, each with its source."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise
from numbers import Real
from types import MappingProxyType
from typing import Any

import numpy as np

from foresto_lab.errors import TaxTableError
from foresto_lab.types import Float64Array2D, Int64Array1D, SessionArray

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRow:
    """One rate of a tax, in one market, between two dates.

    Parameters
    ----------
    market : str
        ``KOSPI``, ``KOSDAQ`` …
    from_date, to_date : date or "YYYY-MM-DD"
        The first and the last *trade* date of the rate, both included; ``to_date``
        None: still in force.
    rate : float
        Of the value sold, all components together; 0 or more and below 1.
    components : mapping of name to rate
        What the rate is made of; must add up to it. Left out: the rate is one tax.
    in_force : date, optional
        When the law takes effect, where that is another day: Korea's counts the day of
        settlement.
    source : str
        The law and where it was read.
    confirmed : bool
        Whether a source was read for the rate and the date.

    Raises
    ------
    TaxTableError
        A rate is negative, 1 or more, or no number; the row ends before it begins; the
        components do not add up.
    """

    market: str
    from_date: dt.date
    to_date: dt.date | None = None
    rate: float
    components: Mapping[str, float] = field(default_factory=dict)
    in_force: dt.date | None = None
    source: str = ""
    confirmed: bool = True

    def __post_init__(self) -> None:
        for name in ("from_date", "to_date", "in_force"):
            value = getattr(self, name)
            required = name == "from_date"
            if value is not None or required:
                object.__setattr__(self, name, _parse_date(value, name, self.market))
        if not isinstance(self.market, str) or not self.market:
            raise TaxTableError(message=f"market is {self.market!r}; name a market.")
        self._require_rate(self.rate, "rate")
        for name, rate in self.components.items():
            self._require_rate(rate, name)
        object.__setattr__(self, "rate", float(self.rate))
        plain = {str(name): float(rate) for name, rate in self.components.items()}
        object.__setattr__(self, "components", MappingProxyType(plain))
        if plain and abs(sum(plain.values()) - self.rate) > 1e-12:
            raise TaxTableError(
                message=f"{self}: its components add up to {sum(plain.values()):.6g}, "
                f"its rate is {self.rate:.6g}. Correct one of them."
            )
        if self.to_date is not None and self.to_date < self.from_date:
            raise TaxTableError(message=f"{self}: it ends before it begins.")

    def __str__(self) -> str:
        """Return the row in one line."""
        return f"{self.market} {self.from_date}..{self.to_date or ''} {self.rate!r}"

    def __hash__(self) -> int:
        return hash((self.market, self.from_date, self.to_date, self.rate))

    def __reduce__(self) -> tuple[Any, ...]:
        return (_row, (self.to_dict(),))

    def holds_on(self, date: dt.date) -> bool:
        """Return whether a trade of this date is taxed by this row."""
        return self.from_date <= date and (self.to_date is None or date <= self.to_date)

    @property
    def components_text(self) -> str:
        """The components in one line, largest first; empty for a single tax."""
        if len(self.components) < 2:
            return ""
        ordered = sorted(self.components.items(), key=lambda item: -item[1])
        return ", ".join(f"{name.replace('_', ' ')} {r:.2%}" for name, r in ordered)

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain JSON-ready values."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        dated = {
            name: value.isoformat() if isinstance(value, dt.date) else value
            for name, value in values.items()
        }
        return {**dated, "components": dict(self.components)}

    def _require_rate(self, given: object, name: str) -> None:
        if isinstance(given, Real) and not isinstance(given, bool):
            rate = float(given)
            if math.isfinite(rate) and 0.0 <= rate < 1.0:
                return
        raise TaxTableError(
            message=f"Row {self.market} {self.from_date}..{self.to_date or ''}: {name} "
            f"is {given!r}, but must be a fraction of the value, 0 or more and below 1 "
            "(0.0018 is 0.18 %)."
        )


@dataclass(frozen=True, slots=True)
class TaxTable:
    """Rates that follow each other without overlap or gap, market by market.

    Parameters
    ----------
    rows : sequence of TaxRow or of mappings with its fields
    name : str

    Raises
    ------
    TaxTableError
        Two rows of a market overlap or leave days between them, or a row is wrong.
    """

    rows: tuple[TaxRow, ...]
    name: str = ""

    def __post_init__(self) -> None:
        given: Iterable[Any] = self.rows
        rows = tuple(row if isinstance(row, TaxRow) else _row(row) for row in given)
        ordered = tuple(sorted(rows, key=lambda row: (row.market, row.from_date)))
        for before, after in pairwise(ordered):
            if before.market == after.market:
                _require_sequence(before, after)
        object.__setattr__(self, "rows", ordered)

    @property
    def markets(self) -> tuple[str, ...]:
        """The markets it has rows of."""
        return tuple(dict.fromkeys(row.market for row in self.rows))

    def of(self, market: str) -> tuple[TaxRow, ...]:
        """Return the rows of a market, the earliest first."""
        return tuple(row for row in self.rows if row.market == market)

    def rate(self, market: str, date: dt.date | str) -> float:
        """Return the rate of a trade in a market on a date."""
        day = _parse_date(date, "date", market)
        session = np.array([np.datetime64(day)], dtype="datetime64[D]")
        rates, periods = self.on(session, [market])
        return float(rates[0, periods[0]])

    def on(
        self, sessions: SessionArray, markets: Sequence[str]
    ) -> tuple[Float64Array2D, Int64Array1D]:
        """Return rates (n_markets, n_periods), and each session's period.

        A market without any row is not taxed.

        Raises
        ------
        TaxTableError
            A session lies before or after the rows of one of the markets.
        """
        for market in dict.fromkeys(markets):
            self._require_reach(sessions, market)
        starts = {np.datetime64(row.from_date) for m in markets for row in self.of(m)}
        inner = sorted(day for day in starts if sessions[0] < day <= sessions[-1])
        edges = np.array([sessions[0], *inner], dtype="datetime64[D]")
        rates = np.zeros((len(markets), len(edges)))
        for place, market in enumerate(markets):
            for row in self.of(market):
                rates[place, edges >= np.datetime64(row.from_date)] = row.rate
        return rates, edges.searchsorted(sessions, side="right") - 1

    def to_dict(self) -> dict[str, Any]:
        """Return the table as plain JSON-ready values."""
        return {"name": self.name, "rows": [row.to_dict() for row in self.rows]}

    def _require_reach(self, sessions: SessionArray, market: str) -> None:
        rows = self.of(market)
        if not rows:
            return
        first, last = rows[0].from_date, rows[-1].to_date
        late = last is not None and sessions[-1] > np.datetime64(last)
        if sessions[0] < np.datetime64(first) or late:
            raise TaxTableError(
                message=f"The tax table{f' {self.name}' if self.name else ''} knows "
                f"{market} from {first} to {last or 'today'}; the sessions go from "
                f"{sessions[0]} to {sessions[-1]}. Choose start and end within, or add "
                "rows: fl.TaxTable([*table.rows, ...])."
            )


def _require_sequence(before: TaxRow, after: TaxRow) -> None:
    if before.to_date is None or before.to_date >= after.from_date:
        raise TaxTableError(
            message=f"Two rows overlap: {before} and {after}. A rate ends on the day "
            "before the next begins."
        )
    if before.to_date + _DAY != after.from_date:
        raise TaxTableError(
            message=f"No rate between {before} and {after}: the days from "
            f"{before.to_date + _DAY} to {after.from_date - _DAY} have no row. Add "
            "one, with rate 0 if nothing was taxed."
        )


def _row(given: object) -> TaxRow:
    if not isinstance(given, Mapping):
        raise TaxTableError(
            message=f"A tax table has rows with market, from_date, to_date and rate; "
            f"given {given!r}."
        )
    known = {item.name for item in fields(TaxRow)}
    wrong = [str(name) for name in given if name not in known]
    missing = [name for name in ("market", "from_date", "rate") if name not in given]
    if wrong or missing:
        told = f"has no {', '.join(missing)}" if missing else f"has {', '.join(wrong)}"
        raise TaxTableError(
            message=f"A row {told}: {dict(given)!r}. Its fields are "
            f"{', '.join(sorted(known))}."
        )
    return TaxRow(**given)


def _parse_date(given: object, name: str, market: str) -> dt.date:
    if isinstance(given, dt.datetime):
        given = given.date()
    if isinstance(given, dt.date):
        return given
    try:
        return dt.date.fromisoformat(str(given))
    except ValueError:
        raise TaxTableError(
            message=f"A row of {market}: {name} is {given!r}, which is no date. Write "
            "YYYY-MM-DD."
        ) from None
