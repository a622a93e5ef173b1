"""The candles that a run would be on: parsed, and cut to the dates asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from foresto_lab.errors import DateRangeError
from foresto_lab.market.instants import first_instant, last_instant, microseconds

if TYPE_CHECKING:
    from foresto_lab.market.candle_table import CandleTable


@dataclass(frozen=True, slots=True, eq=False)
class CandleSpan:
    """Candles within dates; or the errors that stand against them.

    ``table`` and ``whole`` are None where no candles were given or they were refused.
    """

    table: CandleTable | None = None
    whole: CandleTable | None = None
    refusal: Exception | None = None
    date_refusal: Exception | None = None


def cut_candles(
    candles: Any, date_range: Any, *, symbol: str = "", timeframe: Any = None
) -> CandleSpan:
    """Return the candles within the dates, a view of those given.

    ``date_range`` is None, a pair of days or instants of which either may be None, a
    mapping with ``start`` and ``end``, or a slice. Nothing is raised: what is wrong is
    in the span.
    """
    try:
        first, last = _parse_range(date_range)
    except Exception as error:
        return CandleSpan(date_refusal=error)
    if candles is None or isinstance(candles, Exception):
        return CandleSpan(refusal=candles)
    try:
        from foresto_lab.market.candle_table import parse_candles

        whole = parse_candles(candles, symbol=symbol, timeframe=timeframe)
    except Exception as error:
        return CandleSpan(refusal=error)
    begin, end = _bounds(whole.open_times, first, last)
    return CandleSpan(whole.slice(begin, end), whole)


def _bounds(
    open_times: np.ndarray, first: int | None, last: int | None
) -> tuple[int, int]:
    begin = 0 if first is None else int(np.searchsorted(open_times, first, "left"))
    end = len(open_times)
    if last is not None:
        end = int(np.searchsorted(open_times, last, "right"))
    return begin, max(begin, end)


def _parse_range(given: Any) -> tuple[int | None, int | None]:
    """Return the first and last instant in microseconds since 1970."""
    first, last = _pair(given)
    start, end = first_instant(first, "start"), last_instant(last, "end")
    if start is not None and end is not None and start > end:
        raise DateRangeError(
            message=f"The dates end on {last}, before they start on {first}. "
            "Give the earlier one first."
        )
    return (
        None if start is None else microseconds(start),
        None if end is None else microseconds(end),
    )


def _pair(given: Any) -> tuple[Any, Any]:
    if given is None:
        return None, None
    if isinstance(given, slice):
        return given.start, given.stop
    if isinstance(given, dict) and set(given) <= {"start", "end"}:
        return given.get("start"), given.get("end")
    if isinstance(given, (list, tuple)) and len(given) == 2:
        return given[0], given[1]
    raise DateRangeError(
        message=f"date_range is {given!r:.60}, but must be a pair: "
        "('2020-01-01', '2024-12-31'), either of them None."
    )
