"""The times at which candles open, as files write them, to instants in UTC."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

INSTANT = pa.timestamp("us", "UTC")

_UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_FIRST_SECOND, _LAST_SECOND = 10**8, 10**10
"""1973-03 and 2286-11: numbers between them are seconds, and so on by thousands."""
_DAY_LENGTH = len("2024-01-02")


class UnreadableTimesError(ValueError):
    """A column holds no instants, or they can be read in more than one way.

    Raised to the reader of the file, which knows the path.
    """

    def __init__(self, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.fix = fix


@dataclass(frozen=True, slots=True)
class ParsedTimes:
    """The instants, microseconds in UTC without a null, and how they were written."""

    instants: pa.Array
    written: str


def parse_open_times(
    column: pa.ChunkedArray, timezone: str | None = None
) -> ParsedTimes:
    """Return a column of times as instants in UTC.

    Read are timestamps and texts in ISO 8601 with a zone or an offset, days (their
    midnight in UTC), and numbers since 1970 UTC, whose unit their size tells. A time
    without a zone is one of ``timezone``; without that it is refused.

    Raises
    ------
    UnreadableTimesError
        Values are missing, are no times, have no zone, or fall into the hour that a
        zone's clocks skip or repeat.
    """
    if column.null_count:
        raise UnreadableTimesError(
            f"{column.null_count:,} rows have no time.", "Leave these rows out."
        )
    kind = column.type
    if pa.types.is_timestamp(kind):
        return _typed(column, timezone)
    if pa.types.is_date(kind):
        return ParsedTimes(_one(column.cast(pa.timestamp("us")).cast(INSTANT)), "days")
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return _numbers(column)
    return _texts(column, timezone)


def _typed(column: pa.ChunkedArray, timezone: str | None) -> ParsedTimes:
    if column.type.tz is not None:
        return ParsedTimes(_one(column.cast(INSTANT, safe=False)), column.type.tz)
    local = column.cast(pa.timestamp("us"), safe=False)
    return ParsedTimes(_located(local, timezone), f"times of {timezone}")


def _numbers(column: pa.ChunkedArray) -> ParsedTimes:
    try:
        whole = _one(column.cast(pa.int64()))
    except pa.ArrowInvalid:
        raise UnreadableTimesError(
            "the times are numbers with a fraction.", "Write whole milliseconds."
        ) from None
    span = pc.min_max(whole).as_py()
    if span["min"] is None:
        return ParsedTimes(whole.cast(INSTANT), "numbers")
    for unit, scale in _UNITS.items():
        low, high = _FIRST_SECOND * scale, _LAST_SECOND * scale
        if low <= span["min"] and span["max"] < high:
            instants = whole.cast(pa.timestamp(unit, "UTC")).cast(INSTANT, safe=False)
            return ParsedTimes(instants, f"{unit} since 1970")
    raise UnreadableTimesError(
        f"the times are numbers from {span['min']} to {span['max']}, which are neither "
        "seconds, milliseconds, microseconds nor nanoseconds since 1970.",
        "Write seconds or milliseconds since 1970-01-01 UTC, or ISO 8601 with a zone.",
    )


def _texts(column: pa.ChunkedArray, timezone: str | None) -> ParsedTimes:
    if not _is_text(column.type):
        raise UnreadableTimesError(
            f"the time column is of type {column.type}.", "Save it as timestamps."
        )
    text = pc.utf8_trim_whitespace(_one(column.cast(pa.string())))
    if pc.all(pc.utf8_is_digit(text)).as_py():
        return _numbers(pa.chunked_array([text.cast(pa.int64())]))
    if pc.all(pc.equal(pc.utf8_length(text), _DAY_LENGTH)).as_py():
        days = _cast(text, pa.date32())
        return ParsedTimes(days.cast(pa.timestamp("us")).cast(INSTANT), "days")
    zoned = pc.match_substring_regex(text, r"(Z|[+-]\d{2}(:?\d{2})?)$")
    timed = pc.greater(pc.utf8_length(text), _DAY_LENGTH)
    zoned = pc.and_(zoned, timed)
    if pc.all(zoned).as_py():
        return ParsedTimes(_cast(text, INSTANT), "times with a zone")
    if pc.any(zoned).as_py():
        raise UnreadableTimesError(
            "some times have a zone and some have none.", "Write all of them alike."
        )
    local = _cast(text, pa.timestamp("us"))
    return ParsedTimes(_located(local, timezone), f"times of {timezone}")


def _cast(text: pa.Array, kind: pa.DataType) -> pa.Array:
    try:
        return text.cast(kind)
    except pa.ArrowInvalid as error:
        raise UnreadableTimesError(
            f"a value of the time column is no time ({str(error).splitlines()[0]}).",
            "Write ISO 8601 with a zone, as 2024-01-02T09:00:00+09:00.",
        ) from None


def _located(local: pa.Array | pa.ChunkedArray, timezone: str | None) -> pa.Array:
    """Return local times as instants."""
    if timezone is None:
        example = local[0].as_py() if len(local) else ""
        raise UnreadableTimesError(
            f"the times have no zone ({example}), so their instants are not known.",
            "Say which with --timezone UTC, or --timezone Asia/Seoul for times of an "
            "exchange.",
        )
    try:
        located = pc.assume_timezone(local, timezone)
    except pa.ArrowInvalid as error:
        raise UnreadableTimesError(
            f"a time does not name one instant in {timezone} "
            f"({str(error).splitlines()[0]}).",
            "Where clocks were changed, write times in UTC.",
        ) from None
    return _one(located.cast(INSTANT))


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
