"""The work of a walk-forward: search each train span, then trade the test spans."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from foresto_lab.findings import Finding
from foresto_lab.optimize.evaluation import Evaluations
from foresto_lab.optimize.searching.progress import SearchStatus
from foresto_lab.optimize.validation.bar_times import bar_times_of
from foresto_lab.optimize.validation.legs import Leg
from foresto_lab.optimize.validation.parameter_stability import parameter_stability
from foresto_lab.optimize.validation.returns_trader import is_portfolio
from foresto_lab.optimize.validation.stitching import Stitched, stitch
from foresto_lab.optimize.validation.validation_task import (
    NO_CHOICE,
    Choice,
    SpanProgress,
    ValidationTask,
    chosen_by,
)
from foresto_lab.optimize.validation.walk_forward_result import WalkForwardResult
from foresto_lab.optimize.validation.windows import WalkForwardPlan, Window
from foresto_lab.types import Float64Array1D, Int64Array1D, Severity

if TYPE_CHECKING:
    from foresto_lab.optimize.searching.checkpoint import Checkpoint
    from foresto_lab.optimize.searching.search_outcome import SearchOutcome

TRADED: Final = "traded"
CASH: Final = "cash"


def run_walk_forward(
    task: ValidationTask,
    cuts: WalkForwardPlan,
    *,
    checkpoint_of: Callable[[int], Checkpoint] | None = None,
) -> WalkForwardResult:
    """Search the train span of each window, then trade one account through the tests.

    Parameters
    ----------
    task : ValidationTask
    cuts : WalkForwardPlan
    checkpoint_of : callable, optional
        Given a window's number, returns where its trials are kept.

    Returns
    -------
    WalkForwardResult
        Of the windows that were searched to the end, when it was stopped; if that is
        none, of the first one holding cash.

    Raises
    ------
    SplitError
        No window fits.
    """
    started = task.clock()
    evaluator = task.plan.evaluator
    times = bar_times_of(evaluator)
    windows = cuts.windows(evaluator.n_bars, times.open_times, times.spacing)
    progress = SpanProgress.of(task, len(windows))
    searched: list[_Searched] = []
    sharpes: list[Float64Array1D] = []
    status: SearchStatus = "complete"
    for window in windows:
        checkpoint = checkpoint_of(window.number) if checkpoint_of else None
        outcome = task.search(evaluator, window.train, progress.tell, checkpoint)
        sharpes.append(outcome.sharpes)
        ended = outcome.status in ("complete", "early stop")
        if not ended:
            status = outcome.status
        if ended or not searched:
            choice = chosen_by(outcome) if ended else NO_CHOICE
            searched.append(_Searched(window, choice, outcome))
        if not ended:
            break
    progress.finish(status)
    walk = _Walk(task, cuts, tuple(searched), windows, status, np.concatenate(sharpes))
    return walk.result(task.clock() - started)


@dataclass(frozen=True, eq=False)
class _Searched:
    window: Window
    choice: Choice
    outcome: SearchOutcome

    @property
    def traded(self) -> bool:
        return self.choice.parameters is not None


@dataclass(frozen=True, eq=False)
class _Walk:
    """Windows that were searched, on their way to a result."""

    task: ValidationTask
    cuts: WalkForwardPlan
    searched: tuple[_Searched, ...]
    planned: tuple[Window, ...]
    status: SearchStatus
    sharpes: Float64Array1D

    def result(self, elapsed: float) -> WalkForwardResult:
        evaluator = self.task.plan.evaluator
        stitched = stitch(
            evaluator,
            [
                Leg(each.window.number, each.window.test, each.choice.parameters)
                for each in self.searched
            ],
        )
        train = self._train_figures()
        windows = self._windows(stitched, train)
        chosen = tuple(each.choice.parameters for each in self.searched)
        return WalkForwardResult(
            windows=windows,
            chosen=chosen,
            train_metrics=train,
            test_metrics=stitched.legs,
            equity=stitched.equity,
            trades=stitched.trades,
            metrics=stitched.metrics,
            stability=parameter_stability(self.task.plan.space, chosen),
            efficiency=_efficiency(
                stitched.metrics,
                len(stitched.equity),
                train,
                windows["train_bars"].to_numpy(),
            ),
            request={
                **self.task.describe("walk_forward"),
                "windows": self.cuts.to_dict(),
            },
            initial_capital=stitched.initial_capital,
            periods_per_year=float(evaluator.periods_per_year),
            sharpes=self.sharpes,
            status=self.status,
            elapsed=elapsed,
            findings=self._findings(windows),
        )

    def _train_figures(self) -> pd.DataFrame:
        """Return the figures of what was chosen, NaN where nothing was."""
        return pd.DataFrame(
            [each.choice.figures for each in self.searched],
            index=pd.Index([s.window.number for s in self.searched], name="window"),
            columns=[*self.task.plan.evaluator.names],
            dtype=np.float64,
        )

    def _windows(self, stitched: Stitched, train: pd.DataFrame) -> pd.DataFrame:
        """Return one row a window; see ``WalkForwardResult``."""
        times = bar_times_of(self.task.plan.evaluator).index
        spans = [each.window for each in self.searched]
        traded = np.array([each.traded for each in self.searched])
        objective = self.task.objective
        within = np.array([each.choice.value for each in self.searched])
        outside = np.where(traded, objective.values(_evaluations(stitched)), np.nan)
        before = _growth(train, np.array([len(span.train) for span in spans]))
        after = _growth(stitched.legs, np.array([len(span.test) for span in spans]))
        worse = within - outside if objective.more_is_better else outside - within
        return pd.DataFrame(
            {
                "train_start": times[[span.train.first for span in spans]],
                "train_end": times[[span.train.last - 1 for span in spans]],
                "test_start": times[[span.test.first for span in spans]],
                "test_end": times[[span.test.last - 1 for span in spans]],
                "train_bars": [len(span.train) for span in spans],
                "test_bars": [len(span.test) for span in spans],
                "status": np.where(traded, TRADED, CASH),
                "evaluated": [each.outcome.evaluated for each in self.searched],
                "train_objective": within,
                "test_objective": outside,
                "degradation": worse,
                "efficiency": np.where(traded, _ratios(after, before), np.nan),
                **{name: stitched.facts[name].to_numpy() for name in stitched.facts},
            },
            index=train.index,
        )

    def _findings(self, windows: pd.DataFrame) -> tuple[Finding, ...]:
        cash = windows.index[windows["status"] == CASH]
        closed = windows.index[windows["closed"].astype(bool)]
        left = self.task.plan.evaluator.n_bars - self.planned[-1].test.last
        found = []
        if self.status != "complete":
            found.append(_stopped(self.status, len(windows), len(self.planned)))
        if len(cash):
            found.append(_held_cash(cash.tolist()))
        if len(closed):
            found.append(_closed(closed.tolist()))
        if is_portfolio(self.task.plan.evaluator):
            found.append(_SWITCHES_ARE_FREE)
        if left > 0:
            found.append(_left_out(left))
        return tuple(found)


# --- figures ------------------------------------------------------------------------


def _evaluations(stitched: Stitched) -> Evaluations:
    """Return the figures of the legs as a search has them."""
    figures = stitched.legs.to_numpy(dtype=np.float64)
    return Evaluations(tuple(stitched.legs.columns), figures)


def _growth(figures: pd.DataFrame, bars: Int64Array1D) -> Float64Array1D:
    """Return the growth a bar: the logarithm of 1 + total return over the bars."""
    total = np.maximum(figures["total_return"].to_numpy(dtype=np.float64), -1.0)
    with np.errstate(divide="ignore"):  # all was lost
        growth: Float64Array1D = np.log1p(total) / bars
    return growth


def _ratios(outside: Float64Array1D, within: Float64Array1D) -> Float64Array1D:
    """Return out of sample over in sample, NaN unless the latter is above 0."""
    ratios = np.full(len(within), np.nan)
    np.divide(outside, within, out=ratios, where=within > 0.0)
    return ratios


def _efficiency(
    metrics: pd.Series[Any], bars: int, train: pd.DataFrame, train_bars: Int64Array1D
) -> float:
    """Return the growth a bar of the account over the mean of the train spans'."""
    within = _growth(train, train_bars)
    if np.isnan(within).all():
        return float("nan")
    outside = _growth(metrics.to_frame().T, np.array([bars]))
    return float(_ratios(outside, np.array([np.nanmean(within)]))[0])


# --- findings -----------------------------------------------------------------------


def _stopped(status: str, done: int, planned: int) -> Finding:
    return Finding(
        code="WALK_FORWARD_STOPPED",
        severity=Severity.WARNING,
        message=f"The walk-forward was stopped ({status}) after {done} of {planned} "
        "windows; the figures are of those.",
        fix="Run it again to the end; what was evaluated is not evaluated again.",
        details={"status": status, "windows": done, "planned": planned},
    )


def _held_cash(windows: Sequence[int]) -> Finding:
    return Finding(
        code="WINDOW_HOLDS_CASH",
        severity=Severity.WARNING,
        message=f"{_numbers(windows)} held cash: on the train span no combination "
        "kept the constraints with a value, or the best of them did not trade.",
        fix="Train on longer spans, widen the space, or loosen the constraints.",
        count=len(windows),
        details={"windows": list(windows)},
    )


def _closed(windows: Sequence[int]) -> Finding:
    return Finding(
        code="CLOSED_AT_WINDOW_END",
        severity=Severity.INFO,
        message=f"{_numbers(windows)} ended with a position, which was closed at the "
        "last close and paid for as any exit.",
        count=len(windows),
        details={"windows": list(windows)},
    )


def _left_out(bars: int) -> Finding:
    return Finding(
        code="BARS_LEFT_OUT",
        severity=Severity.INFO,
        message=f"The last {bars:,} bars are less than half a test span, and are left "
        "out.",
        count=bars,
    )


_SWITCHES_ARE_FREE: Final = Finding(
    code="SWITCHES_ARE_FREE",
    severity=Severity.INFO,
    message="What it costs to go from one window's weights to the next one's is not "
    "charged.",
    fix="Where weights differ much between windows, expect less.",
)


def _numbers(windows: Sequence[int]) -> str:
    named = ", ".join(map(str, windows[:10]))
    more = f" and {len(windows) - 10} more" if len(windows) > 10 else ""
    return f"Window{'s' if len(windows) > 1 else ''} {named}{more}"
