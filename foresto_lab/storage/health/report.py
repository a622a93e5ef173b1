"""What the checks of a store found, as tables, as JSON, and as an exit code."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from foresto_lab.errors import AmountError, UnknownNameError
from foresto_lab.findings import Finding, errors_in, warnings_in
from foresto_lab.types import Severity

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("code", "severity", "where", "count", "message", "samples", "fix")


@dataclass(frozen=True, slots=True)
class HealthLimits:
    """From when on a thing is worth telling.

    Parameters
    ----------
    stale_sessions : int
        Completed sessions of its calendar without a row, after which an instrument is
        stale.
    months_ahead : int
        Months of partitions there should be beyond the present one.
    silent_minutes : int
        Since the last sign of life of a running run.
    """

    stale_sessions: int = 5
    months_ahead: int = 2
    silent_minutes: int = 5

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if value < 0:
                raise AmountError(parameter=item.name, given=value, allowed="0 or more")


def parse_limits(given: Mapping[str, int]) -> HealthLimits:
    """Return the limits with these changed; unknown names raise UnknownNameError."""
    names = tuple(item.name for item in fields(HealthLimits))
    for name in given:
        if name not in names:
            raise UnknownNameError(kind="limit", given=name, allowed=names)
    return HealthLimits(**given)


@dataclass(frozen=True, slots=True, eq=False)
class HealthReport:
    """The state of a store at one instant.

    Attributes
    ----------
    store : str
        Which one, to be shown.
    checked_at : datetime
        When; UTC.
    data_version : str
        Of the daily prices that were looked at.
    findings : tuple of Finding
        Gravest first.
    coverage : DataFrame
        One row an instrument: ``symbol, calendar, first_date, last_date, row_count,
        expected_count, missing_count, coverage, lag_sessions, return_count``.
        ``coverage`` is the share of its calendar's sessions that has a row;
        ``lag_sessions`` are those over since the last one, 0 for simulated prices.
    partitions : DataFrame
        One row a partition, empty for the embedded store: ``table, name, first_day,
        end_day, row_estimate, size_bytes``.
    simulated : bool
        Whether some of the prices are simulated ones.
    """

    store: str
    checked_at: datetime
    data_version: str
    findings: tuple[Finding, ...]
    coverage: pd.DataFrame
    partitions: pd.DataFrame
    simulated: bool = False

    @property
    def passed(self) -> bool:
        """Whether nothing was found that has to be mended now."""
        return not errors_in(self.findings)

    def exit_code(self, fail_on: Severity = Severity.ERROR) -> int:
        """Return 0, or 3 when there is a finding of this severity or a graver one."""
        grave = errors_in(self.findings)
        if fail_on is not Severity.ERROR:
            grave += warnings_in(self.findings)
        if fail_on is Severity.INFO:
            grave = self.findings
        return 3 if grave else 0

    def headline(self) -> str:
        """Return the state in one line."""
        rows = int(self.coverage["row_count"].sum()) if len(self.coverage) else 0
        return (
            f"{self.store}: {len(self.coverage):,} instruments, {rows:,} rows, "
            f"{len(errors_in(self.findings))} errors, "
            f"{len(warnings_in(self.findings))} warnings."
        )

    @property
    def numbers(self) -> dict[str, Any]:
        """The counts of prices, which come out again on the same data version."""
        rows = self.coverage
        missing_returns = (rows["row_count"] - 1 - rows["return_count"]).clip(lower=0)
        return {
            "symbol_count": len(rows),
            "row_count": int(rows["row_count"].sum()),
            "missing_count": int(rows["missing_count"].sum()),
            "missing_return_count": int(missing_returns.sum()),
        }

    def to_frame(self) -> pd.DataFrame:
        """Return one row a finding."""
        import pandas as pd

        rows = [{**f.to_dict(), "samples": "; ".join(f.samples)} for f in self.findings]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON-ready values."""
        return {
            "store": self.store,
            "checked_at": self.checked_at.isoformat(),
            "data_version": self.data_version,
            "passed": self.passed,
            **self.numbers,
            "error_count": len(errors_in(self.findings)),
            "warning_count": len(warnings_in(self.findings)),
            "findings": [finding.to_dict() for finding in self.findings],
            "coverage": _records(self.coverage),
            "partitions": _records(self.partitions),
        }

    def __str__(self) -> str:
        """Return the report as lines of text."""
        return "\n".join([self.headline(), *(f"  {each}" for each in self.findings)])

    def _repr_html_(self) -> str:
        head = f"<p>{html.escape(self.headline())}</p>"
        found = self.to_frame().to_html(index=False, border=0) if self.findings else ""
        return head + found + self.coverage.to_html(index=False, border=0)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    plain = frame.copy()
    for name in plain.columns[plain.columns.str.contains("date|day")]:
        plain[name] = plain[name].map(
            lambda day: None if day is None else str(day)[:10]
        )
    values = plain.astype(object).where(plain.notna(), None)
    return [{str(k): v for k, v in row.items()} for row in values.to_dict("records")]
