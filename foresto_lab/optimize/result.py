"""What a search gives: its trials in order, the best, and whether to believe it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from foresto_lab.errors import InputError, ObjectiveError, UnknownNameError
from foresto_lab.findings import Finding
from foresto_lab.labels import Language
from foresto_lab.optimize.evaluation import Evaluator
from foresto_lab.optimize.method import Method
from foresto_lab.optimize.result_values import json_ready, values_of
from foresto_lab.optimize.searching.objective import MetricConstraint, Objective
from foresto_lab.optimize.searching.preference import pareto_front
from foresto_lab.optimize.searching.progress import SearchStatus
from foresto_lab.optimize.searching.search_outcome import SearchOutcome
from foresto_lab.optimize.spaces.space import Space
from foresto_lab.optimize.validation.splits import Split

if TYPE_CHECKING:
    import plotly.graph_objects as go


@dataclass(frozen=True, eq=False, kw_only=True)
class OptimizationResult:
    """A space of parameters that was searched. It shows itself in a notebook.

    Parameters
    ----------
    trials : DataFrame
        A row a trial, the best first: ``trial``, the parameters, the figures,
        ``objective`` (the first one's value), ``feasible`` and ``rank`` from 1. All
        trials, or of very many those with the best values.
    space : Space
    method : Method
    objectives : tuple of Objective
    constraints : tuple of MetricConstraint
    metric_names : tuple of str
        The figures among the columns of ``trials``.
    subject : mapping
        What was searched, as the evaluator describes it.
    periods_per_year : float
    seed : int
    status : str
        ``complete``, or what stopped the search: then these are partial results.
    evaluated : int
        Trials; a combination that was asked again is counted once.
    elapsed : seconds
    generations : DataFrame, optional
        Best, mean and diversity, of a search that has generations.
    split : Split, optional
        Given, the figures in ``trials`` are of its train part alone.
    parts : DataFrame, optional
        With a split, the figures of the best trials on each part, indexed by ``trial``
        and ``part``.
    make_assessment : callable, optional
        Works out ``assessment`` when it is first asked for.
    sharpes : (n,), optional
        Annual Sharpe ratios of all trials, those without a row in ``trials`` too.
    findings : tuple of Finding
        What a reader of these numbers should know.
    evaluator : Evaluator, optional
        What runs a trial again; None where its data are not at hand.
    outcome : SearchOutcome, optional
        The search itself; None for a result that was stored.
    request_hash : str
        SHA-256 that names the request: same hash, same trials.
    run_id : str, optional
        None outside a Lab.
    """

    trials: pd.DataFrame
    space: Space
    method: Method
    objectives: tuple[Objective, ...]
    metric_names: tuple[str, ...]
    subject: Mapping[str, Any]
    periods_per_year: float
    status: SearchStatus
    evaluated: int
    elapsed: float
    request_hash: str
    constraints: tuple[MetricConstraint, ...] = ()
    seed: int = 0
    generations: pd.DataFrame | None = None
    split: Split | None = None
    parts: pd.DataFrame | None = None
    make_assessment: Callable[[], Any] | None = None
    sharpes: np.ndarray[Any, Any] | None = None
    findings: tuple[Finding, ...] = ()
    evaluator: Evaluator | None = None
    outcome: SearchOutcome | None = None
    run_id: str | None = None

    # --- the trials -----------------------------------------------------------------

    @property
    def objective(self) -> str:
        """The first objective's name."""
        return self.objectives[0].name

    @cached_property
    def valid(self) -> pd.DataFrame:
        """The trials that have a value and keep every constraint, the best first."""
        values = self._values()
        usable = self.trials["feasible"].to_numpy(dtype=bool)
        valid: pd.DataFrame = self.trials[usable & ~np.isnan(values).any(axis=1)]
        return valid

    @property
    def best(self) -> dict[str, Any]:
        """The best trial's parameters; empty if no trial has a value and counts."""
        if not len(self.valid):
            return {}
        return self.parameters_of(int(self.valid["trial"].iloc[0]))

    @property
    def best_metrics(self) -> pd.Series[Any]:
        """The best trial's figures.

        Raises
        ------
        ObjectiveError
            No trial has a value and keeps every constraint.
        """
        return self._require_best()[list(self.metric_names)].rename("metrics")

    @property
    def pareto(self) -> pd.DataFrame:
        """The trials that none beats in one objective without losing in another."""
        ways = [objective.more_is_better for objective in self.objectives]
        feasible = self.trials["feasible"].to_numpy(dtype=bool)
        return self.trials[pareto_front(self._values(), feasible, ways)]

    def top(self, n: int = 10) -> pd.DataFrame:
        """Return the best trials that have a value and keep every constraint."""
        return self.valid.head(n)

    def parameters_of(self, trial: int) -> dict[str, Any]:
        """Return a trial's parameters by its number.

        Raises
        ------
        UnknownNameError
            There is no such trial among those at hand.
        """
        if self.outcome is not None and 0 <= trial < len(self.outcome):
            return self.outcome.combinations.row(trial)
        found = self.trials[self.trials["trial"] == trial]
        if not len(found):
            known = (f"0 to {self.evaluated - 1:,}",)
            raise UnknownNameError(kind="trial", given=trial, allowed=known)
        return {name: _plain(found[name].iloc[0]) for name in self.space.names}

    def best_result(self) -> Any:
        """Return the best trial's whole backtest, on all bars.

        Raises
        ------
        ObjectiveError
            No trial has a value and keeps every constraint.
        """
        return self.run(int(self._require_best()["trial"]))

    def run(self, trial: int) -> Any:
        """Return a trial's whole backtest by its number, on all bars."""
        if self.evaluator is None:
            raise InputError(
                message="The data of this search are not at hand, so no trial can be "
                "run. Hand them to fl.backtest with result.parameters_of(trial)."
            )
        return self.evaluator.run(self.parameters_of(trial))

    def _require_best(self) -> pd.Series[Any]:
        if not len(self.valid):
            raise ObjectiveError(message=_no_best(self))
        return self.valid.iloc[0]

    def _values(self) -> np.ndarray[Any, Any]:
        """Return the value of each objective of each row of ``trials``."""
        others = [objective.name for objective in self.objectives[1:]]
        return self.trials[["objective", *others]].to_numpy(dtype=np.float64)

    # --- what to think of it ----------------------------------------------------------

    @cached_property
    def assessment(self) -> Any | None:
        """Everything known of whether to believe it; None where nothing could be."""
        return None if self.make_assessment is None else self.make_assessment()

    @property
    def statistics(self) -> pd.Series[Any]:
        """What is known of overfitting, by name; empty where nothing is."""
        if self.assessment is None:
            return pd.Series(dtype=object, name="statistics")
        statistics: pd.Series[Any] = self.assessment.statistics
        return statistics

    @property
    def verdict(self) -> Any | None:
        """Robust, doubtful or overfitted, with the reasons; None where unknown."""
        return None if self.assessment is None else self.assessment.verdict

    @property
    def is_partial(self) -> bool:
        """Whether the search was stopped before its method was through."""
        return self.status in ("cancelled", "time limit")

    # --- what it is of ----------------------------------------------------------------

    @property
    def symbols(self) -> tuple[str, ...]:
        """What was traded."""
        return tuple(self.subject.get("data", {}).get("symbols", ()))

    @property
    def name(self) -> str:
        """The strategy's name."""
        family = self.subject.get("family", "")
        told = family.get("name", "") if isinstance(family, Mapping) else family
        strategy = self.subject.get("strategy", {})
        name = str(told or strategy.get("name", ""))
        return name.partition(":")[0]  # without the checksum of a user's own rules

    @property
    def title(self) -> str:
        """Strategy, symbols, timeframe and span in one line."""
        data = self.subject.get("data", {})
        first, last = str(data.get("first", ""))[:10], str(data.get("last", ""))[:10]
        span = f"{first} ~ {last}" if first else ""
        symbols = ", ".join(symbol for symbol in self.symbols[:5] if symbol)
        parts = [self.name, symbols, data.get("timeframe"), span]
        return " · ".join(str(part) for part in parts if part)

    def with_run(self, run_id: str | None, request_hash: str, **facts: Any) -> Self:
        """Return the result as a Lab's run, with other ``facts`` changed as well."""
        return replace(self, run_id=run_id, request_hash=request_hash, **facts)

    # --- shown ------------------------------------------------------------------------

    def plot(self, *, language: Language = "ko") -> go.Figure:
        """Return the one figure that tells most of the search."""
        from foresto_lab.figures.optimization import plot_optimization

        return plot_optimization(self, language=language)

    def heat_map(
        self,
        x: str | None = None,
        y: str | None = None,
        metric: str | None = None,
        *,
        language: Language = "ko",
    ) -> go.Figure:
        """Return a metric over two parameters as a Plotly figure."""
        from foresto_lab.figures.optimization import heat_map

        return heat_map(self, x, y, metric, language=language)

    def parallel(self, *, language: Language = "ko") -> go.Figure:
        """Return the combinations as lines over their parameters."""
        from foresto_lab.figures.optimization import parallel_coordinates

        return parallel_coordinates(self, language=language)

    def importance(self, *, language: Language = "ko") -> go.Figure:
        """Return how much of the objective each parameter explains."""
        from foresto_lab.figures.optimization import importance

        return importance(self, language=language)

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the trials."""
        return self.trials.copy()

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the trials as plain values, and the best of them."""
        verdict = self.verdict
        return {
            "run_id": self.run_id,
            "request_hash": self.request_hash,
            "subject": dict(self.subject),
            "space": self.space.to_dict(),
            "method": self.method.to_dict(),
            "objectives": [objective.to_dict() for objective in self.objectives],
            "constraints": [str(constraint) for constraint in self.constraints],
            "seed": self.seed,
            "split": None if self.split is None else self.split.to_dict(),
            "status": self.status,
            "evaluated": self.evaluated,
            "elapsed": self.elapsed,
            "best": self.best,
            "best_metrics": values_of(self.best_metrics) if self.best else {},
            "statistics": json_ready(dict(self.statistics)),
            "verdict": None if verdict is None else verdict.to_dict(),
            "top": _records(self.top(10)),
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def __repr__(self) -> str:
        trials = "trial" if self.evaluated == 1 else "trials"
        told = [f"{self.evaluated:,} {trials} by {self.method.name}"]
        if self.best:
            value = float(self.valid["objective"].iloc[0])
            chosen = ", ".join(f"{name}={self.best[name]}" for name in self.best)
            told.append(f"best {self.objective} {value:.4g} at {chosen}")
        else:
            told.append("no trial counts")
        if self.verdict is not None:
            told.append(str(self.verdict.level))
        if self.status != "complete":
            told.append(self.status)
        return f"<OptimizationResult {self.title}: {'; '.join(told)}>"

    def _repr_html_(self) -> str:
        from foresto_lab.optimize.result_page import result_html

        return result_html(self, "ko")


def _no_best(result: OptimizationResult) -> str:
    """Return why there is no best trial, and what to do."""
    if not result.evaluated:
        return "No trial was evaluated before the search was stopped. Run it longer."
    values = result.trials["objective"].to_numpy(dtype=float)
    if np.isnan(values).all():
        return (
            f"None of {result.evaluated:,} trials has a {result.objective}: it is "
            "undefined everywhere, as it is without a single trade. Look at "
            "result.findings, and search other parameters or another objective."
        )
    kept = ", ".join(str(constraint) for constraint in result.constraints)
    return (
        f"None of {result.evaluated:,} trials with a {result.objective} keeps every "
        f"constraint ({kept}). Loosen one, or search other parameters."
    )


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as JSON-ready values, nothing as None."""
    return [values_of(row) for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
