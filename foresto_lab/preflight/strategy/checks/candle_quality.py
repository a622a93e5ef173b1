"""The quality of the very candles that would be traded on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, Final

import numpy as np

from foresto_lab.findings import Finding
from foresto_lab.market.calendars import get_calendar
from foresto_lab.market.candle_quality import CANDLE_RULES
from foresto_lab.market.candle_quality.gap import Gap
from foresto_lab.market.candle_quality.rows import CandleRows, candle_rows
from foresto_lab.market.protocols import CANDLE_FIELDS
from foresto_lab.preflight.strategy.inputs import StrategyInputs
from foresto_lab.preflight.strategy.readings import bar_time
from foresto_lab.types import Int64Array1D, Severity

QUALITY_CODES: Final = tuple(
    code for code, rule in CANDLE_RULES.items() if rule.severity is not Severity.ERROR
)
"""The rules that candles may break and still be traded on; the others refuse them."""
_REGULAR: Final = 0.98
"""Share of equal spacings from which on every longer one is a gap: round the clock."""
_LONGEST_BREAK: Final = 12 * 86_400_000_000
"""What an exchange closes for at most, in microseconds."""


class CandleQuality:
    """Candles should be whole, and move as candles do.

    Stands for the codes of the candle rules that are no errors. Of an exchange whose
    calendar is not known, only a gap longer than its longest holiday is one.
    Why it matters: indicators bridge a gap as if it were one bar, and one bad print
    fills a stop.
    Fires: hours missing in hourly candles, a wick 20 usual ranges long, candles that
    repeat, no volume.
    Does not fire: nights, weekends and holidays.
    """

    code: ClassVar[str] = "CANDLE_GAP"
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, inputs: StrategyInputs) -> Iterator[Finding]:
        """Yield what each rule finds, at most one finding per rule."""
        table = inputs.span.table
        if table is None or len(table) < 2 or table.timeframe is None:
            return
        calendar = get_calendar(inputs.calendar) if inputs.calendar else None
        rows = candle_rows(
            table.open_times,
            {name: table.column(name) for name in CANDLE_FIELDS},
            table.timeframe,
            symbol=inputs.symbol,
            calendar=calendar,
        )
        sleeps = calendar is None and not _is_regular(np.diff(table.open_times))
        for code in QUALITY_CODES:
            finding = (
                _long_gaps(rows) if code == Gap.code and sleeps else _held(rows, code)
            )
            if finding is not None:
                yield replace(finding, where=finding.where or "candles")


def _held(rows: CandleRows, code: str) -> Finding | None:
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        return CANDLE_RULES[code]().check(rows)


def _is_regular(spacing: Int64Array1D) -> bool:
    """Return whether nearly all candles are equally far apart, round the clock."""
    return float((spacing == np.median(spacing)).mean()) >= _REGULAR


def _long_gaps(rows: CandleRows) -> Finding | None:
    """Return the gaps that no exchange closes for."""
    spacing = np.diff(rows.open_times)
    limit = max(3.0 * float(np.median(spacing)), float(_LONGEST_BREAK))
    bars = np.flatnonzero(spacing > limit)
    if not len(bars):
        return None
    times = [(bar_time(int(rows.open_times[bar + n])) for n in (0, 1)) for bar in bars]
    longest = float(spacing[bars].max()) / 86_400_000_000
    return Finding(
        code=Gap.code,
        severity=Gap.severity,
        message=f"{len(bars):,} gaps of more than 12 days; the longest lasts "
        f"{longest:,.0f} days.",
        where=rows.symbol,
        fix=Gap.fix,
        count=len(bars),
        samples=tuple(" → ".join(ends) for ends in times[:3]),
    )
