"""A check of the stored prices, with all that a report on it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from foresto_lab.errors import DateRangeError, UnknownNameError
from foresto_lab.findings import Finding

if TYPE_CHECKING:
    from foresto_lab.lab import Lab


@dataclass(frozen=True, slots=True, eq=False)
class QualityCheck:
    """What the rules found in the prices of some symbols, at one data version."""

    symbols: tuple[str, ...]
    calendar: str | None
    findings: tuple[Finding, ...]
    coverage: pd.DataFrame
    data_version: str
    simulated: bool

    @property
    def numbers(self) -> dict[str, Any]:
        """The counts that a page claims: symbols, rows, rows by severity."""
        counts = dict.fromkeys(("error", "warning", "info"), 0)
        for finding in self.findings:
            counts[str(finding.severity)] += finding.count
        return {
            "symbol_count": len(self.coverage),
            "row_count": int(self.coverage["row_count"].sum()),
            **{f"{severity}_count": count for severity, count in counts.items()},
        }


def check_quality(
    lab: Lab, symbols: Sequence[str] | None = None, *, calendar: str | None = None
) -> QualityCheck:
    """Check the prices of some symbols, or of all that are loaded.

    Raises
    ------
    UnknownNameError
        A symbol has no prices.
    DateRangeError
        No prices are loaded at all.
    """
    rows = lab.coverage()
    loaded = tuple(rows["symbol"])
    if not loaded:
        raise DateRangeError(
            message="No prices are loaded, so there is nothing to check. "
            "Load some with `foresto data load FILE`."
        )
    chosen = tuple(symbols) if symbols is not None else loaded
    for symbol in chosen:
        if symbol not in loaded:
            raise UnknownNameError(kind="loaded symbol", given=symbol, allowed=loaded)
    simulated = {item.symbol for item in _instruments(lab) if item.simulated}
    report = lab.quality(chosen, calendar)
    return QualityCheck(
        symbols=chosen,
        calendar=calendar,
        findings=tuple(report.findings),
        coverage=rows[rows["symbol"].isin(chosen)].reset_index(drop=True),
        data_version=lab.storage.series.data_version(),
        simulated=not simulated.isdisjoint(chosen),
    )


def _instruments(lab: Lab) -> Sequence[Any]:
    return lab.storage.catalog.instruments()
