"""Watching what rebalancing did in kept runs: what an operator wants to be told.

Three rules, each a finding:

- ``NO_REBALANCING``: the rule called for a trade and none happened. A date of the
  calendar fell on a session of the path, or the weights left the band, and the run has
  no event.
- ``HIGH_TURNOVER``: one rebalancing moved more than a given part of the NAV.
- ``HIGH_COST``: one rebalancing cost more than a given part of the NAV before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from foresto_lab.errors import AmountError, RunError, StorageError
from foresto_lab.findings import Finding
from foresto_lab.market.calendars import get_calendar
from foresto_lab.rebalancing.schedule import Decision
from foresto_lab.runs.simulation import restore_result
from foresto_lab.types import Execution, RunKind, RunStatus, Severity

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.runs.protocols import RunStore
    from foresto_lab.scenarios import SimulationResult

MAX_SAMPLES = 5
_ON_DATE_ALONE = (Decision.ON_DATE, Decision.ON_EITHER)
_ON_DRIFT_ALONE = (Decision.ON_DRIFT, Decision.ON_EITHER)


@dataclass(frozen=True, slots=True)
class RebalancingLimits:
    """Above which an event is worth a person's look.

    Parameters
    ----------
    turnover : float
        Of one event, as a fraction of NAV; 0.5 is half of the portfolio.
    cost : float
        Of one event, as a fraction of the NAV before it.
    """

    turnover: float = 0.5
    cost: float = 0.01

    def __post_init__(self) -> None:
        for name in ("turnover", "cost"):
            value = getattr(self, name)
            if not (np.isfinite(value) and 0 <= value <= 1):
                raise AmountError(
                    parameter=f"limit of {name}", given=value, allowed="from 0 to 1"
                )


@dataclass(frozen=True, slots=True)
class AlertReport:
    """What stood out in the runs of a time.

    ``unreadable`` are runs whose series are gone, so that they could not be looked at.
    """

    since: datetime
    checked: tuple[str, ...]
    unreadable: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing stood out."""
        return not self.findings

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON-ready values."""
        return {
            "since": self.since.isoformat(),
            "passed": self.passed,
            "checked": list(self.checked),
            "unreadable": list(self.unreadable),
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def __str__(self) -> str:
        """Return the report as lines of text."""
        head = (
            f"{len(self.checked):,} runs since {self.since:%Y-%m-%d %H:%M} UTC: "
            f"{len(self.findings)} alerts."
        )
        return "\n".join([head, *(f"  {finding}" for finding in self.findings)])


def watch_runs(
    runs: RunStore, *, since: datetime, limits: RebalancingLimits | None = None
) -> AlertReport:
    """Look at every simulation completed since an instant, oldest first."""
    checked: list[str] = []
    unreadable: list[str] = []
    found: list[Finding] = []
    completed = runs.records(kind=RunKind.SIMULATION, status=RunStatus.COMPLETED)
    for record in reversed(completed):
        if (record.completed_at or record.created_at) < since:
            continue
        try:
            artifacts = runs.artifacts(record.run_id)
        except (RunError, StorageError):
            unreadable.append(record.run_id)
            continue
        checked.append(record.run_id)
        found += rebalancing_alerts(restore_result(record, artifacts), limits)
    return AlertReport(since, tuple(checked), tuple(unreadable), tuple(found))


def rebalancing_alerts(
    result: SimulationResult, limits: RebalancingLimits | None = None
) -> tuple[Finding, ...]:
    """Return what stands out in the rebalancing of one result.

    Parameters
    ----------
    result : SimulationResult
        With its path and events.
    limits : RebalancingLimits, optional
        Left out: turnover above 50 %, cost above 1 % of NAV.
    """
    bounds = limits or RebalancingLimits()
    events = result.events
    where = result.run_id or result.name or "result"
    found = [
        _no_events(result, where),
        _above(
            events,
            events["turnover"].to_numpy(dtype=np.float64),
            bounds.turnover,
            code="HIGH_TURNOVER",
            what="moved more than {limit} of the portfolio at once",
            fix="See whether the rule's band or dates let the weights drift so far.",
            where=where,
        ),
        _above(
            events,
            (events["cost_amount"] / events["nav_before"]).to_numpy(dtype=np.float64),
            bounds.cost,
            code="HIGH_COST",
            what="cost more than {limit} of the NAV before it",
            fix="Check the cost rate, or rebalance less often.",
            where=where,
        ),
    ]
    return tuple(finding for finding in found if finding is not None)


def _no_events(result: SimulationResult, where: str) -> Finding | None:
    if result.rule is None or len(result.events):
        return None
    missed = _missed_sessions(result)
    if not len(missed):
        return None
    return Finding(
        "NO_REBALANCING",
        Severity.WARNING,
        f"{result.rule.label} called for a trade on {len(missed):,} sessions and the "
        "run has no event.",
        where=where,
        fix="Run it again with --force and compare; report it if it stays.",
        count=len(missed),
        samples=tuple(str(session) for session in missed[:MAX_SAMPLES]),
    )


def _missed_sessions(result: SimulationResult) -> Sequence[np.datetime64]:
    """Return the sessions on which the rule, by itself, called for a trade."""
    assert result.rule is not None
    sessions = result.path.index.to_numpy().astype("datetime64[D]")
    schedule = result.rule.schedule(sessions, get_calendar(result.calendar))
    called = np.zeros(len(sessions), dtype=np.bool_)
    if schedule.decision in _ON_DATE_ALONE:
        called |= schedule.due
    if schedule.decision in _ON_DRIFT_ALONE:
        called |= _drift(result, relative=schedule.relative) >= schedule.threshold
    called[0] = False
    if result.execution == Execution.NEXT_CLOSE:
        called[-1] = False
    return list(sessions[called])


def _drift(result: SimulationResult, *, relative: bool) -> np.ndarray:
    """Return the largest distance of an asset's weight from its target, by session."""
    targets = {name: weight for name, weight in result.weights.items() if weight > 0}
    held = result.path[[f"weight_{name}" for name in targets]].to_numpy()
    target = np.array(list(targets.values()))
    distance = np.abs(held - target)
    largest: np.ndarray = (distance / target if relative else distance).max(axis=1)
    return largest


def _above(
    events: pd.DataFrame,
    values: np.ndarray,
    limit: float,
    *,
    code: str,
    what: str,
    fix: str,
    where: str,
) -> Finding | None:
    places = np.flatnonzero(values > limit)
    if not len(places):
        return None
    largest = places[np.argsort(-values[places], kind="stable")]
    dates = events["event_date"].tolist()
    return Finding(
        code,
        Severity.WARNING,
        f"{len(places):,} of {len(events):,} rebalancings {what}; the largest "
        f"{values[largest[0]]:.2%}.".replace("{limit}", f"{limit:.2%}"),
        where=where,
        fix=fix,
        count=len(places),
        samples=tuple(
            f"{str(dates[place])[:10]} {values[place]:.2%}"
            for place in largest[:MAX_SAMPLES]
        ),
        details={"largest": float(values[largest[0]]), "limit": limit},
    )
