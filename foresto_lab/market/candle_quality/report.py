"""What the rules found in candles, as a table, as JSON, and as a notebook's output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from foresto_lab.findings import errors_in, warnings_in
from foresto_lab.market.candle_quality.rules import CANDLE_RULES
from foresto_lab.market.quality.report import CheckedRows, QualityReport


@dataclass(frozen=True, slots=True)
class CheckedCandles(CheckedRows):
    """The candles of one symbol and timeframe that were checked."""

    timeframe: str = ""
    first_open: str = ""
    last_open: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return what was checked as plain JSON-ready values."""
        return {
            "symbol": self.symbols[0],
            "timeframe": self.timeframe,
            "calendar": self.calendar,
            "row_count": self.row_count,
            "first_open": self.first_open,
            "last_open": self.last_open,
        }


@dataclass(frozen=True, slots=True)
class CandleQualityReport(QualityReport):
    """The findings over some candles, with what was checked; see ``QualityReport``."""

    checked: tuple[CheckedCandles, ...]

    def counts(self) -> dict[str, int]:
        """Return the candles found by each rule, those that found none included."""
        counts = dict.fromkeys(CANDLE_RULES, 0)
        for finding in self.findings:
            counts[finding.code] = counts.get(finding.code, 0) + finding.count
        return counts

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON-ready values."""
        return {
            "passed": self.passed,
            "row_count": self.row_count,
            "data_version": self.data_version,
            "checked": [part.to_dict() for part in self.checked],
            "counts": self.counts(),
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def headline(self) -> str:
        """Return what was checked and how it went, in one line."""
        return (
            f"Candles: {self.row_count:,}. Series: {len(self.checked):,}. "
            f"Errors: {len(errors_in(self.findings))}. "
            f"Warnings: {len(warnings_in(self.findings))}."
        )
