"""What has been kept of an exploration: registered runs and reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from foresto_lab.errors import ForestoError

if TYPE_CHECKING:
    from foresto_lab.widgets.explorer import ScenarioExplorer


@dataclass(frozen=True, slots=True)
class SavedRun:
    """A registered run. ``run_id`` is None where the run store is off."""

    label: str
    run_id: str | None
    request_hash: str


@dataclass(frozen=True, slots=True)
class ReportProgress:
    """A report being made, made, or failed with a reason."""

    label: str
    kind: str
    parameters: Mapping[str, Any]
    status: Literal["running", "completed", "failed"] = "running"
    path: Path | None = None
    message: str = ""

    @classmethod
    def of(cls, explorer: ScenarioExplorer) -> Self:
        """Return the beginning of the report on the explorer's active setting."""
        comparison = explorer.comparison
        rule = comparison.setting.rule()
        parameters = {
            "scenario": comparison.setting.scenario,
            "start": comparison.start,
            "end": comparison.end,
            "initial_amount": comparison.initial_amount,
            "rebalancing": None if rule is None else rule.to_dict(),
            "costs": comparison.setting.costs or None,
            "cashflows": comparison.cash_flow or None,
            "language": explorer.language,
        }
        return cls(explorer.outcome.label, "scenario", parameters)

    def done(self, path: Path) -> Self:
        """Return the report with its page."""
        return replace(self, status="completed", path=path)

    def failed(self, error: Exception) -> Self:
        """Return the report with the reason why there is none."""
        known = isinstance(error, ForestoError)
        reason = str(error) if known else f"{type(error).__name__}: {error}"
        return replace(self, status="failed", message=reason)
