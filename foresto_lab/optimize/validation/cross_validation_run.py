"""The work of a cross-validation: choose for every split, then trade every path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from foresto_lab.errors import ObjectiveError
from foresto_lab.findings import Finding
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.evaluation import BarSpan, Evaluations, Evaluator
from foresto_lab.optimize.validation.bar_times import bar_times_of
from foresto_lab.optimize.validation.cross_validation_result import (
    CrossValidationResult,
)
from foresto_lab.optimize.validation.legs import Leg
from foresto_lab.optimize.validation.pooling import (
    POOLED_FIGURES,
    pooled_figures,
    require_poolable,
)
from foresto_lab.optimize.validation.purged_groups import GroupSplit, PurgedGroups
from foresto_lab.optimize.validation.split_searches import SplitSearches, search_splits
from foresto_lab.optimize.validation.stitching import stitch
from foresto_lab.optimize.validation.validation_task import ValidationTask
from foresto_lab.types import Float64Array1D, Severity

if TYPE_CHECKING:
    from foresto_lab.optimize.plan import SearchPlan

EQUITY_PATHS: Final = 50
"""Paths whose equity is kept bar by bar."""


def run_cross_validation(
    task: ValidationTask, cuts: PurgedGroups
) -> CrossValidationResult:
    """Choose parameters for every split, then trade every path.

    Parameters
    ----------
    task : ValidationTask
    cuts : PurgedGroups

    Returns
    -------
    CrossValidationResult
        When it was stopped, of what was chosen until then; the rest holds cash.

    Raises
    ------
    SplitError
        The bars are too few for the groups.
    ObjectiveError
        An objective or bound is of a figure that bars which do not touch do not have.
    InputError
        What is searched has no trades.
    """
    started = task.clock()
    evaluator = task.plan.evaluator
    require_poolable(evaluator)
    require_pooled_figures(task.plan)
    spans, splits = cuts.spans(evaluator.n_bars), cuts.splits(evaluator.n_bars)
    searches = search_splits(task, splits)
    paths, equity = _walked_paths(task, cuts, spans, searches)
    table = _split_table(task, spans, splits, searches)
    return CrossValidationResult(
        groups=_group_table(evaluator, spans),
        splits=table,
        chosen=tuple(choice.parameters for choice in searches.choices),
        paths=paths,
        equity=equity,
        request={**task.describe("cross_validation"), "groups": cuts.to_dict()},
        initial_capital=stitch(evaluator, [Leg(1, spans[0], None)]).initial_capital,
        periods_per_year=float(evaluator.periods_per_year),
        evaluated=len(searches.sharpes),
        sharpes=searches.sharpes,
        status=searches.status,
        elapsed=task.clock() - started,
        findings=_findings(table, searches.status),
    )


def require_pooled_figures(plan: SearchPlan) -> None:
    """Raise ObjectiveError unless every objective and bound is a pooled figure."""
    asked = [each.name for each in plan.objectives if each.function is None]
    asked += [constraint.name for constraint in plan.constraints]
    for name in asked:
        if name not in POOLED_FIGURES:
            raise ObjectiveError(
                message=f"{name} needs bars that follow each other, and train groups "
                f"have gaps where they are tested. Take one of "
                f"{', '.join(POOLED_FIGURES)}, or a function of these."
            )


# --- paths --------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Path:
    metrics: dict[str, Any]
    equity: Float64Array1D | None


def _walked_paths(
    task: ValidationTask,
    cuts: PurgedGroups,
    spans: Sequence[BarSpan],
    searches: SplitSearches,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the figures of every path, and the equity of the first."""
    evaluator = task.plan.evaluator
    asked = [
        (
            [
                Leg(group + 1, span, searches.choices[number - 1].parameters)
                for group, (span, number) in enumerate(zip(spans, path, strict=True))
            ],
            place < EQUITY_PATHS,
        )
        for place, path in enumerate(cuts.paths())
    ]
    walked = list(task.executor.map(partial(_walk_path, evaluator), asked))
    numbers = pd.RangeIndex(1, len(walked) + 1, name="path")
    metrics = pd.DataFrame([path.metrics for path in walked], index=pd.Index(numbers))
    equity = {
        number: path.equity
        for number, path in zip(numbers, walked, strict=True)
        if path.equity is not None
    }
    kept = pd.DataFrame(equity, index=bar_times_of(evaluator).index)
    return metrics.astype(np.float64), kept.rename_axis(columns="path")


def _walk_path(evaluator: Evaluator, asked: tuple[list[Leg], bool]) -> _Path:
    legs, with_equity = asked
    stitched = stitch(evaluator, legs, with_trades=False)
    equity = stitched.equity["equity"].to_numpy() if with_equity else None
    return _Path(dict(stitched.metrics), equity)


# --- splits -------------------------------------------------------------------------


def _split_table(
    task: ValidationTask,
    spans: Sequence[BarSpan],
    splits: Sequence[GroupSplit],
    searches: SplitSearches,
) -> pd.DataFrame:
    traded = np.array([choice.parameters is not None for choice in searches.choices])
    within = np.array([choice.value for choice in searches.choices])
    outside = _test_values(task, spans, splits, searches)
    worse = within - outside if task.objective.more_is_better else outside - within
    return pd.DataFrame(
        {
            "test_groups": [", ".join(map(str, split.test_groups)) for split in splits],
            "train_bars": [sum(map(len, split.train)) for split in splits],
            "status": np.where(traded, "traded", "cash"),
            "train_objective": within,
            "test_objective": outside,
            "degradation": worse,
        },
        index=pd.Index([split.number for split in splits], name="split"),
    )


def _test_values(
    task: ValidationTask,
    spans: Sequence[BarSpan],
    splits: Sequence[GroupSplit],
    searches: SplitSearches,
) -> Float64Array1D:
    """Return the objective of each choice on its test groups, pooled as in training."""
    values = np.full(len(splits), np.nan)
    chosen = [choice.parameters for choice in searches.choices]
    rows = _distinct([row for row in chosen if row is not None])
    if not rows:
        return values
    evaluator, asked = task.plan.evaluator, Combinations.of(rows)
    told = [
        task.executor.evaluate(evaluator, asked, span=span, blocks=1) for span in spans
    ]
    for place, (split, row) in enumerate(zip(splits, chosen, strict=True)):
        if row is not None:
            pooled = pooled_figures(
                [_one(told[group], rows.index(row)) for group in split.test_groups],
                [len(spans[group]) for group in split.test_groups],
                evaluator.periods_per_year,
            )
            values[place] = task.objective.values(pooled)[0]
    return values


def _distinct(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return list({repr(sorted(row.items())): row for row in rows}.values())


def _one(told: Evaluations, place: int) -> Evaluations:
    """Return what was said of one combination."""
    assert told.block_sums is not None
    rows = slice(place, place + 1)
    sums = told.block_sums[rows]
    return Evaluations(told.names, told.figures[rows], sums, told.block_lengths)


def _group_table(evaluator: Evaluator, spans: Sequence[BarSpan]) -> pd.DataFrame:
    times = bar_times_of(evaluator).index
    return pd.DataFrame(
        {
            "start": times[[span.first for span in spans]],
            "end": times[[span.last - 1 for span in spans]],
            "bars": [len(span) for span in spans],
        },
        index=pd.RangeIndex(len(spans), name="group"),
    )


def _findings(splits: pd.DataFrame, status: str) -> tuple[Finding, ...]:
    cash = splits.index[splits["status"] == "cash"].tolist()
    found = []
    if status not in ("complete", "early stop"):
        found.append(
            Finding(
                code="CROSS_VALIDATION_STOPPED",
                severity=Severity.WARNING,
                message=f"The cross-validation was stopped ({status}); what is chosen "
                "is the best of what was evaluated until then.",
                fix="Run it again to the end.",
                details={"status": status},
            )
        )
    if cash:
        found.append(
            Finding(
                code="SPLIT_HOLDS_CASH",
                severity=Severity.WARNING,
                message=f"{len(cash)} of {len(splits)} splits held cash: on their "
                "train groups no combination kept the constraints with a value, or the "
                "best of them did not trade.",
                fix="Take fewer test groups, widen the space, or loosen the "
                "constraints.",
                count=len(cash),
                details={"splits": cash},
            )
        )
    return tuple(found)
