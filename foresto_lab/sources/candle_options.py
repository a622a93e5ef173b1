"""What can be said about a file of candles that the file does not say itself."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from foresto_lab.errors import InputError, UnknownNameError
from foresto_lab.market.protocols import CANDLE_FIELDS
from foresto_lab.market.timeframes import Timeframe
from foresto_lab.sources.options import UNUSED, LoadOptions

FIRST = "first"
LAST = "last"
CANDLE_FILE_FIELDS = ("time", "symbol", *CANDLE_FIELDS)
_DATE_OF = {"time": "date", "open_time": "date"}


@dataclass(frozen=True, slots=True)
class CandleOptions:
    """How to read a file of candles; the defaults read what is unambiguous.

    Parameters
    ----------
    symbol : str, optional
        Whose candles they are, where no column says so. Default: the file's name, up
        to a timeframe in it: ``BTCUSDT_1h.csv.gz`` holds BTCUSDT.
    timeframe : str, optional
        How long a candle lasts. Default: the one in the file's name, else the most
        frequent spacing.
    timezone : str, optional
        Of times that are written without a zone: ``UTC``, ``Asia/Seoul``. Without it
        such a file is refused.
    columns : sequence of str or comma-separated str, optional
        The fields of a CSV without a header, in order; ``_`` for one not used. Fields
        are ``time, symbol, open, high, low, close, volume``.
    mapping : mapping of field to header, optional
        Names a field's column where its header is not recognised.
    encoding, delimiter : str, optional
        Of a CSV; by default found out.
    calendar : str, optional
        An exchange's: gaps are told within its sessions only, and the symbols trade on
        it from then on. Default: candles are expected at all times.
    deduplicate : {"first", "last"}, optional
        Which to keep of candles that open at the same instant; recorded. Without it
        such a file is refused.
    sort : bool
        Put candles in order of time; recorded. Without it such a file is refused.
    drop_empty_rows : bool
        Leave out rows whose four prices are all missing or zero; recorded.

    Raises
    ------
    UnknownNameError
        A timeframe, time zone, field or choice is none of those there are.
    InputError
        Columns without a time or a price.
    """

    symbol: str | None = None
    timeframe: str | Timeframe | None = None
    timezone: str | None = None
    columns: Sequence[str] | str | None = None
    mapping: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    encoding: str | None = None
    delimiter: str | None = None
    calendar: str | None = None
    deduplicate: str | None = None
    sort: bool = False
    drop_empty_rows: bool = False

    def __post_init__(self) -> None:
        """Bring loosely given values into one form, and check them."""
        if self.timeframe is not None:
            object.__setattr__(self, "timeframe", Timeframe.parse(self.timeframe))
        if isinstance(self.columns, str):
            object.__setattr__(self, "columns", self.columns.split(","))
        if self.columns is not None:
            names = tuple(name.strip().casefold() for name in self.columns)
            object.__setattr__(self, "columns", names)
        object.__setattr__(self, "mapping", MappingProxyType(dict(self.mapping or {})))
        self._require_known_names()
        self._require_whole_columns()

    def to_dict(self) -> dict[str, Any]:
        """Return the options that differ from the defaults, JSON-ready."""
        plain: dict[str, Any] = {
            "symbol": self.symbol,
            "timeframe": str(self.timeframe) if self.timeframe else None,
            "timezone": self.timezone,
            "columns": list(self.columns) if self.columns else None,
            "mapping": dict(self.mapping) or None,
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "calendar": self.calendar,
            "deduplicate": self.deduplicate,
            "sort": self.sort or None,
            "drop_empty_rows": self.drop_empty_rows or None,
        }
        return {name: value for name, value in plain.items() if value is not None}

    @property
    def for_reading(self) -> LoadOptions:
        """The options of the readers of columns, which call the time the date."""
        columns = self.columns
        return LoadOptions(
            symbol=self.symbol,
            columns=columns and [_DATE_OF.get(name, name) for name in columns],
            mapping={_DATE_OF.get(k, k): header for k, header in self.mapping.items()},
            encoding=self.encoding,
            delimiter=self.delimiter,
        )

    def _require_known_names(self) -> None:
        if self.deduplicate not in (None, FIRST, LAST):
            raise UnknownNameError(
                kind="choice", given=self.deduplicate, allowed=(FIRST, LAST)
            )
        zones = zoneinfo.available_timezones() if self.timezone else set()
        if self.timezone is not None and self.timezone not in zones:
            raise UnknownNameError(
                kind="time zone", given=self.timezone, allowed=tuple(sorted(zones))
            )
        for name in (*self.mapping, *(self.columns or ())):
            if name not in (*CANDLE_FILE_FIELDS, *_DATE_OF, UNUSED):
                raise UnknownNameError(
                    kind="field", given=name, allowed=CANDLE_FILE_FIELDS
                )
        if self.symbol is not None and not self.symbol.strip():
            raise InputError(message="symbol is empty. Name it, or leave it out.")

    def _require_whole_columns(self) -> None:
        if self.columns is None:
            return
        named = {_DATE_OF.get(name, name) for name in self.columns}
        missing = [name for name in ("date", *CANDLE_FIELDS) if name not in named]
        if missing:
            shown = ", ".join("time" if name == "date" else name for name in missing)
            raise InputError(
                message=f"columns is {', '.join(self.columns)}; it lacks {shown}. Name "
                "every column in order, _ for one that is not used."
            )
