"""What a reader of a search should know before he trusts its best trial."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from foresto_lab.findings import Finding, sort_findings
from foresto_lab.optimize.plan import SearchPlan
from foresto_lab.optimize.searching.search_outcome import SearchOutcome
from foresto_lab.types import Severity


def findings_of(plan: SearchPlan, outcome: SearchOutcome) -> tuple[Finding, ...]:
    """Return what stands out in a search, the gravest first."""
    found = [
        *outcome.findings,
        *_stopped(outcome),
        *_without_value(plan, outcome),
        *_without_trades(outcome),
        *_infeasible(plan, outcome),
        *_at_the_edge(plan, outcome),
    ]
    return sort_findings(found)


def _stopped(outcome: SearchOutcome) -> Iterator[Finding]:
    if outcome.status in ("complete", "early stop"):
        return
    yield Finding(
        code="SEARCH_STOPPED",
        severity=Severity.WARNING,
        message=f"The search was stopped ({outcome.status}) after "
        f"{outcome.evaluated:,} trials; these are partial results.",
        where="search",
        fix="Run it again without the limit for all of them.",
        details={"status": outcome.status, "evaluated": outcome.evaluated},
    )


def _without_value(plan: SearchPlan, outcome: SearchOutcome) -> Iterator[Finding]:
    if not len(outcome):
        return
    without = int(np.isnan(outcome.objective_values).any(axis=1).sum())
    names = ", ".join(objective.name for objective in plan.objectives)
    if without == len(outcome):
        yield Finding(
            code="NO_OBJECTIVE_VALUE",
            severity=Severity.ERROR,
            message=f"None of {without:,} trials has a {names}, so there is no best.",
            where="objective",
            fix="A ratio is undefined without trades or without variance. Search "
            "other parameters, more bars, or another objective.",
            count=without,
        )
    elif without:
        yield Finding(
            code="OBJECTIVE_UNDEFINED",
            severity=Severity.INFO,
            message=f"{without:,} of {len(outcome):,} trials have no {names}; they "
            "rank last.",
            where="objective",
            count=without,
        )


def _without_trades(outcome: SearchOutcome) -> Iterator[Finding]:
    told = outcome.evaluations
    if "total_trades" not in told.names or not len(told):
        return
    trades = told.column("total_trades")
    idle = int((~(trades > 0)).sum())
    if idle == len(told):
        yield Finding(
            code="NO_TRADES",
            severity=Severity.ERROR,
            message=f"None of {idle:,} trials ever traded.",
            where="total_trades",
            fix="Ask fl.preflight(strategy, candles) which condition never holds and "
            "how near it came, or search other parameters.",
            count=idle,
        )
    elif idle:
        yield Finding(
            code="TRIALS_WITHOUT_TRADES",
            severity=Severity.INFO,
            message=f"{idle:,} of {len(told):,} trials never traded.",
            where="total_trades",
            count=idle,
        )


def _infeasible(plan: SearchPlan, outcome: SearchOutcome) -> Iterator[Finding]:
    if not plan.constraints or not len(outcome):
        return
    broken = int((~outcome.feasible).sum())
    kept = ", ".join(str(constraint) for constraint in plan.constraints)
    if broken == len(outcome):
        yield Finding(
            code="NO_FEASIBLE_TRIAL",
            severity=Severity.ERROR,
            message=f"None of {broken:,} trials keeps every constraint ({kept}).",
            where="constraints",
            fix=_nearest(plan, outcome),
            count=broken,
        )


def _nearest(plan: SearchPlan, outcome: SearchOutcome) -> str:
    """Return how near the trials came to each constraint."""
    told = []
    for constraint in plan.constraints:
        column = outcome.evaluations.column(constraint.name)
        column = column[~np.isnan(column)]
        if not len(column):
            told.append(f"{constraint.name} is undefined everywhere")
            continue
        low, high = column.min() + 0.0, column.max() + 0.0  # no minus before 0
        told.append(f"{constraint.name} runs from {low:.4g} to {high:.4g}")
    return f"Loosen one: {'; '.join(told)}."


def _at_the_edge(plan: SearchPlan, outcome: SearchOutcome) -> Iterator[Finding]:
    """Yield the parameters whose best value is the least or the greatest searched."""
    if outcome.best is None:
        return
    best = outcome.combinations.row(outcome.best)
    for name, domain in plan.space.parameters.items():
        low, high = getattr(domain, "low", None), getattr(domain, "high", None)
        if low is None or high is None or low == high or best[name] not in (low, high):
            continue
        side = "least" if best[name] == low else "greatest"
        yield Finding(
            code="BEST_AT_EDGE",
            severity=Severity.INFO,
            message=f"The best {name} is the {side} that was searched, {best[name]:g}.",
            where=name,
            fix="There may be a better one beyond it: widen the range.",
        )
