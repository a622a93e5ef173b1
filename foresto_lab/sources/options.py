"""What can be said about a file that the file does not say itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from foresto_lab.errors import InputError, UnknownNameError
from foresto_lab.sources.headers import FIELDS

LONG = "long"
WIDE = "wide"
YFINANCE = "yfinance-multiheader"
LAYOUTS = (LONG, WIDE, YFINANCE)
UNUSED = "_"


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How to read a file of daily prices; the defaults read what is unambiguous.

    Parameters
    ----------
    symbol : str, optional
        Whose prices they are, where no column says so. Default: the file's name.
    columns : sequence of str or comma-separated str, optional
        The fields of a CSV without a header, in order; ``_`` for one not used.
    mapping : mapping of field to header, optional
        Names a field's column where its header is not recognised, e.g.
        ``{"close": "NAV"}``. Fields are ``date, symbol, open, high, low, close,
        adj_close, volume``.
    encoding : str, optional
        Of a CSV. Default: UTF-8 if it is, otherwise detected (CP949 first).
    delimiter : str, optional
        Of a CSV. Default: comma, tab, semicolon or bar, whichever the first line has.
    layout : str
        ``long`` (one row per symbol and date), ``wide`` (one column per symbol), or
        ``yfinance-multiheader`` (the stacked header that yfinance writes).
    calendar : str, optional
        The exchange calendar that the dates are held against, and that the symbols
        trade on from then on. Default: the one they are known to trade on, or XKRX.
    adjusted : bool, optional
        True: the close is adjusted already. False: it is not, and is used all the
        same. Default: the adjusted close where there is one, otherwise the close.
    date_format : str, optional
        A ``strptime`` format, for dates that can be read in two ways.
    newest_first : bool
        Turn round a file that runs from the newest day to the oldest throughout;
        recorded. Without it such a file is refused, as any that is out of order.
    drop_zero_rows : bool
        Leave out rows whose prices are all zero (holidays filled in); recorded.
    halts_as_missing : bool
        Take an open, high or low of zero as missing where there is a close but no
        volume (trading halts, as Korean sources write them); recorded.

    Raises
    ------
    UnknownNameError
        A layout or a field is none of those there are.
    InputError
        Columns without a date or a close, or options that exclude each other.
    """

    symbol: str | None = None
    columns: Sequence[str] | str | None = None
    mapping: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    encoding: str | None = None
    delimiter: str | None = None
    layout: str = LONG
    calendar: str | None = None
    adjusted: bool | None = None
    date_format: str | None = None
    newest_first: bool = False
    drop_zero_rows: bool = False
    halts_as_missing: bool = False

    def __post_init__(self) -> None:
        """Bring loosely given values into one form, and check them."""
        if isinstance(self.columns, str):
            object.__setattr__(self, "columns", self.columns.split(","))
        if self.columns is not None:
            names = tuple(name.strip().casefold() for name in self.columns)
            object.__setattr__(self, "columns", names)
        object.__setattr__(self, "mapping", MappingProxyType(dict(self.mapping or {})))
        self._require_known_names()
        self._require_usable()

    def to_dict(self) -> dict[str, Any]:
        """Return the options that differ from the defaults, JSON-ready."""
        plain: dict[str, Any] = {
            "symbol": self.symbol,
            "columns": list(self.columns) if self.columns else None,
            "mapping": dict(self.mapping) or None,
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "layout": self.layout if self.layout != LONG else None,
            "calendar": self.calendar,
            "adjusted": self.adjusted,
            "date_format": self.date_format,
            "newest_first": self.newest_first or None,
            "drop_zero_rows": self.drop_zero_rows or None,
            "halts_as_missing": self.halts_as_missing or None,
        }
        return {name: value for name, value in plain.items() if value is not None}

    def _require_known_names(self) -> None:
        if self.layout not in LAYOUTS:
            raise UnknownNameError(kind="layout", given=self.layout, allowed=LAYOUTS)
        for name in self.mapping:
            if name not in FIELDS:
                raise UnknownNameError(kind="field", given=name, allowed=FIELDS)
        for name in self.columns or ():
            if name not in (*FIELDS, UNUSED):
                allowed = (*FIELDS, UNUSED)
                raise UnknownNameError(kind="column", given=name, allowed=allowed)

    def _require_usable(self) -> None:
        if self.symbol is not None and not self.symbol.strip():
            raise InputError(message="symbol is empty. Name it, or leave it out.")
        if self.columns is None:
            return
        used = [name for name in self.columns if name != UNUSED]
        if len(set(used)) < len(used):
            raise InputError(message=f"columns names a field twice: {', '.join(used)}.")
        if not {"date", "close"} <= set(used):
            raise InputError(
                message=f"columns is {', '.join(self.columns)}; it must name at least "
                "date and close. Write _ for a column that is not used."
            )
        if self.mapping or self.layout != LONG:
            raise InputError(
                message="columns is for a file without a header, so it excludes a "
                f"mapping and every layout but {LONG}."
            )
