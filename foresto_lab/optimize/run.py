"""A plan that is carried out: searched, measured on every part, judged."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd

from foresto_lab.errors import ClusterError
from foresto_lab.findings import Finding
from foresto_lab.optimize.overfitting.assessment import Assessment, assess
from foresto_lab.optimize.overfitting.prior_trials import PriorTrials
from foresto_lab.optimize.plan import SearchPlan
from foresto_lab.optimize.result import OptimizationResult
from foresto_lab.optimize.searching.checkpoint import Checkpoint
from foresto_lab.optimize.searching.executors import Executor, LocalExecutor
from foresto_lab.optimize.searching.progress import Observer
from foresto_lab.optimize.searching.search_driver import Stop
from foresto_lab.optimize.searching.search_findings import findings_of
from foresto_lab.optimize.searching.search_outcome import SearchOutcome
from foresto_lab.types import Severity


def run_plan(
    plan: SearchPlan,
    *,
    executor: Executor | None = None,
    observer: Observer | None = None,
    checkpoint: Checkpoint | None = None,
    stop: Stop | None = None,
    prior: PriorTrials | None = None,
    clock: Callable[[], float] = time.monotonic,
    judged_later: bool = False,
) -> OptimizationResult:
    """Search, measure the best on the other parts, and say whether to believe them.

    An interrupt at any moment gives what was found until then. With ``judged_later``
    the assessment is worked out, by this process, when it is first asked for.
    """
    used = executor or LocalExecutor()
    outcome = plan.search(
        executor=used,
        observer=observer,
        checkpoint=checkpoint,
        stop=stop,
        clock=clock,
    )
    judge = _judged_later if judged_later else _judged
    try:
        return judge(plan, outcome, prior, used)
    except ClusterError:  # the search itself is done: judge it without the workers
        return judge(plan, outcome, prior, LocalExecutor())


def _judged_later(
    plan: SearchPlan,
    outcome: SearchOutcome,
    prior: PriorTrials | None,
    executor: Executor,
) -> OptimizationResult:
    """Return the result; its verdict is worked out once, when it is asked for."""
    findings = findings_of(plan, outcome)
    try:
        parts = parts_of(plan, outcome, executor)
    except KeyboardInterrupt:
        return result_of(plan, outcome, None, None, (*findings, _cut_short()))
    assess_once = cache(partial(assessed, plan, outcome, prior, parts))
    return result_of(plan, outcome, parts, assess_once, findings)


def _judged(
    plan: SearchPlan,
    outcome: SearchOutcome,
    prior: PriorTrials | None,
    executor: Executor,
) -> OptimizationResult:
    """Return the result with a verdict; without one if that is interrupted."""
    parts = None
    try:
        parts = parts_of(plan, outcome, executor)
        assessment = assessed(plan, outcome, prior, parts, executor)
        findings = findings_of(plan, outcome)
        return result_of(plan, outcome, parts, lambda: assessment, findings)
    except KeyboardInterrupt:
        findings = (*findings_of(plan, outcome), _cut_short())
        return result_of(plan, outcome, parts, None, findings)


def parts_of(
    plan: SearchPlan, outcome: SearchOutcome, executor: Executor
) -> pd.DataFrame | None:
    """Return the figures of the best trials on each part of the split, if any.

    Indexed by ``trial``, the best first, and ``part``.
    """
    if plan.split is None or outcome.best is None:
        return None
    best = [place for place in outcome.order[: plan.top] if outcome.counts(place)]
    combinations = outcome.combinations.take(np.array(best, dtype=np.int64))
    spans = plan.split.spans(plan.evaluator.n_bars)._asdict()
    measured = {
        part: executor.evaluate(plan.evaluator, combinations, span=span)
        for part, span in spans.items()
        if span is not None
    }
    frames = {
        part: pd.DataFrame(told.figures, index=best, columns=list(told.names))
        for part, told in measured.items()
    }
    joined = pd.concat(frames, names=["part", "trial"]).swaplevel()
    wanted = [(place, part) for place in best for part in frames]
    return joined.loc[wanted]


def assessed(
    plan: SearchPlan,
    outcome: SearchOutcome,
    prior: PriorTrials | None,
    parts: pd.DataFrame | None = None,
    executor: Executor | None = None,
) -> Assessment:
    """Return what is known of overfitting, with a verdict."""
    return assess(
        plan.evaluator,
        outcome,
        space=plan.space,
        method=plan.method.name,
        objective=plan.objectives[0],
        prior=prior,
        held_out=_held_out(outcome, parts),
        executor=executor,
        seed=plan.seed,
    )


def _held_out(outcome: SearchOutcome, parts: pd.DataFrame | None) -> float:
    """Return the best trial's Sharpe ratio on the last part of a split, if any."""
    if parts is None or outcome.best is None or "sharpe" not in parts:
        return math.nan
    named = parts.index.get_level_values("part")
    last = next((part for part in ("test", "validation") if part in named), None)
    return math.nan if last is None else float(parts["sharpe"][outcome.best, last])


def result_of(
    plan: SearchPlan,
    outcome: SearchOutcome,
    parts: pd.DataFrame | None,
    make_assessment: Callable[[], Any] | None,
    findings: tuple[Finding, ...],
) -> OptimizationResult:
    """Return the result of a search."""
    return OptimizationResult(
        trials=trial_table(plan, outcome),
        space=plan.space,
        method=plan.method,
        objectives=plan.objectives,
        constraints=plan.constraints,
        metric_names=tuple(outcome.evaluations.names),
        subject=plan.evaluator.describe(),
        periods_per_year=plan.evaluator.periods_per_year,
        seed=plan.seed,
        status=outcome.status,
        evaluated=outcome.evaluated,
        elapsed=outcome.elapsed,
        generations=outcome.generations,
        split=plan.split,
        parts=parts,
        make_assessment=make_assessment,
        sharpes=outcome.sharpes,
        findings=findings,
        evaluator=plan.evaluator,
        outcome=outcome,
        request_hash=plan.request_hash(),
    )


def trial_table(plan: SearchPlan, outcome: SearchOutcome) -> pd.DataFrame:
    """Return a row for each trial whose figures are kept, the best first."""
    ranks = np.empty(len(outcome), dtype=np.int64)
    ranks[outcome.order] = np.arange(1, len(outcome) + 1)
    rows = np.argsort(ranks[outcome.kept], kind="stable")
    kept = outcome.kept[rows]
    parameters = outcome.combinations.take(kept).columns
    told = outcome.evaluations
    columns: dict[str, Any] = {"trial": kept, **_empty_like(plan), **parameters}
    columns |= dict(zip(told.names, told.figures[rows].T, strict=True))
    columns["objective"] = outcome.objective_values[kept, 0]
    for place, objective in enumerate(plan.objectives[1:], start=1):
        columns.setdefault(objective.name, outcome.objective_values[kept, place])
    columns |= {"feasible": outcome.feasible[kept], "rank": ranks[kept]}
    return pd.DataFrame(columns)


def _empty_like(plan: SearchPlan) -> dict[str, Any]:
    """Return a column for each parameter, for the case that there is no trial."""
    return {name: np.empty(0, dtype=object) for name in plan.space.names}


def _cut_short() -> Finding:
    return Finding(
        code="ASSESSMENT_CUT_SHORT",
        severity=Severity.WARNING,
        message="The search was interrupted while its best trials were judged, so "
        "nothing is said of overfitting.",
        where="search",
        fix="Run the same search again to have a verdict.",
    )
