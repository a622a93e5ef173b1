"""Dates as they are written in files, to ``date32``; read in one way or not at all."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

Reader = Callable[[str], dt.date | None]

_MIDNIGHT = r"(?:[ T]00:00(?::00(?:\.0+)?)?)?"
_PATTERNS: Mapping[str, str] = {
    "2024-01-02": r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})",
    "2024.01.02": r"(?P<y>\d{4})\. ?(?P<m>\d{1,2})\. ?(?P<d>\d{1,2})\.?",
    "2024/01/02": r"(?P<y>\d{4})/(?P<m>\d{1,2})/(?P<d>\d{1,2})",
    "20240102": r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})",
    "2024년 1월 2일": r"(?P<y>\d{4})년 ?(?P<m>\d{1,2})월 ?(?P<d>\d{1,2})일",
    "month/day/year": r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})",
    "day/month/year": r"(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4})",
    "day.month.year": r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})",
}
_COMPILED = {name: re.compile(text + _MIDNIGHT) for name, text in _PATTERNS.items()}
_ZONED = re.compile(r".*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)? ?(?:Z|[+-]\d{2}:?\d{2})")
_TIMED = re.compile(r".*[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?")
_MONTH = re.compile(r"\d{4}[-./]?(?:0[1-9]|1[0-2])")
_DATE_LIKE = re.compile(r"(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|(?:19|20)\d{6})(?!\d)")


class UnreadableDatesError(ValueError):
    """A column is no column of dates, or can be read in more than one way.

    Raised to the reader of the file, which knows the path.
    """

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.fix = fix


@dataclass(frozen=True, slots=True)
class ParsedDates:
    """The days, null where the file has nothing, and how they were written."""

    days: pa.Array
    written: str


def looks_like_date(text: str) -> bool:
    """Return whether a cell begins with a date, year first."""
    return _DATE_LIKE.match(text.strip()) is not None


def parse_dates(column: pa.ChunkedArray, date_format: str | None = None) -> ParsedDates:
    """Return a column of dates as ``date32``.

    Distinct values are read once each, so the cost is that of the days, not the rows.

    Raises
    ------
    UnreadableDatesError
        Values are no dates, carry a time of day or a time zone, are written in mixed
        ways, or can be read in two.
    """
    kind = column.type
    if pa.types.is_date(kind):
        return ParsedDates(_one(column.cast(pa.date32())), "typed")
    if pa.types.is_timestamp(kind):
        return ParsedDates(_from_timestamps(column), "typed")
    if pa.types.is_integer(kind):
        column = column.cast(pa.string())
    elif not _is_text(kind):
        raise UnreadableDatesError(
            f"the date column is of type {kind}.", "Save it as dates or as text."
        )
    encoded = _one(column.unify_dictionaries())
    if not pa.types.is_dictionary(encoded.type):
        encoded = encoded.dictionary_encode()
    given = [text and text.strip() for text in encoded.dictionary.to_pylist()]
    read, written = _reading([text for text in given if text], date_format)
    days = pa.array([read(text) if text else None for text in given], pa.date32())
    return ParsedDates(days.take(encoded.indices), written)


def _from_timestamps(column: pa.ChunkedArray) -> pa.Array:
    if column.type.tz is not None:
        raise _zoned(f"timestamps in {column.type.tz}")
    days = column.cast(pa.date32(), safe=False)
    timed = pc.not_equal(days.cast(column.type), column)
    if pc.any(timed).as_py():
        raise _timed(str(column.filter(timed)[0].as_py()))
    return _one(days)


def _reading(given: list[str], date_format: str | None) -> tuple[Reader, str]:
    """Return how to read every one of the texts, and the name of that way."""
    if date_format is not None:
        return _reading_by_format(given, date_format), date_format
    fitting = [name for name in _COMPILED if all(_read(name, text) for text in given)]
    if len(fitting) == 1 or _read_alike(fitting, given):
        name = fitting[0]
        return lambda text: _read(name, text), name
    if fitting:
        raise UnreadableDatesError(
            f"the dates can be read as {' and as '.join(fitting)}: {given[0]!r} may be "
            f"{' or '.join(str(_read(name, given[0])) for name in fitting)}.",
            "Say which with --date-format, e.g. --date-format %m/%d/%Y.",
        )
    raise _unreadable(given)


def _reading_by_format(given: list[str], date_format: str) -> Reader:
    def read(text: str) -> dt.date | None:
        return dt.datetime.strptime(text, date_format).date()  # noqa: DTZ007

    for text in given:
        try:
            read(text)
        except ValueError:
            raise UnreadableDatesError(
                f"{text!r} is not written as {date_format}.",
                "Correct --date-format, or leave it out.",
            ) from None
    return read


def _read(name: str, text: str) -> dt.date | None:
    match = _COMPILED[name].fullmatch(text)
    if match is None:
        return None
    try:
        return dt.date(int(match["y"]), int(match["m"]), int(match["d"]))
    except ValueError:
        return None


def _read_alike(names: list[str], given: list[str]) -> bool:
    return bool(names) and all(
        len({_read(name, text) for name in names}) == 1 for text in given
    )


def _unreadable(given: list[str]) -> UnreadableDatesError:
    """Return why the texts cannot be read as dates in one way."""
    zoned = next((text for text in given if _ZONED.fullmatch(text)), None)
    if zoned:
        return _zoned(repr(zoned))
    strange = [
        text for text in given if not any(_read(name, text) for name in _COMPILED)
    ]
    if strange and _TIMED.fullmatch(strange[0]):
        return _timed(strange[0])
    if strange and all(_MONTH.fullmatch(text) for text in given):
        return UnreadableDatesError(
            f"the dates are months ({given[0]}), not days.",
            "Load daily prices; monthly series are not among them.",
        )
    if strange:
        shown = ", ".join(repr(text) for text in strange[:3])
        return UnreadableDatesError(
            f"{len(strange)} distinct values of the date column are no dates: {shown}.",
            "Write YYYY-MM-DD, or name the way with --date-format.",
        )
    ways = {
        name: text
        for text in reversed(given)
        for name in _COMPILED
        if _read(name, text)
    }
    shown = ", ".join(f"{text!r} ({name})" for name, text in ways.items())
    return UnreadableDatesError(
        f"the dates are written in mixed ways: {shown}.",
        "Write all of them alike; which of two readings is true cannot be told.",
    )


def _zoned(given: str) -> UnreadableDatesError:
    return UnreadableDatesError(
        f"the dates carry a time zone ({given}).",
        "A daily price belongs to an exchange's own date: write dates without time "
        "and zone, after a look at which date is meant.",
    )


def _timed(given: str) -> UnreadableDatesError:
    return UnreadableDatesError(
        f"the dates carry a time of day ({given}): these are intraday bars.",
        "Load daily prices, one row per symbol and date.",
    )


def _is_text(kind: pa.DataType) -> bool:
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(
        pa.types.is_string(value)
        or pa.types.is_large_string(value)
        or pa.types.is_string_view(value)
    )


def _one(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    if isinstance(column, pa.Array):
        return column
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
