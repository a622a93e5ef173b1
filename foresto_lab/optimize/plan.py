"""A search that was checked and can be named, before any of it is run."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from foresto_lab._version import __version__
from foresto_lab.canonical import sha256_of
from foresto_lab.errors import AmountError, ObjectiveError
from foresto_lab.optimize.evaluation import ALIASES, Evaluator
from foresto_lab.optimize.method import Method, SearchTerms
from foresto_lab.optimize.methods import parse_method
from foresto_lab.optimize.overfitting.compared_trials import stretches_needed
from foresto_lab.optimize.searching.checkpoint import Checkpoint
from foresto_lab.optimize.searching.executors import Executor
from foresto_lab.optimize.searching.objective import (
    MetricConstraint,
    Objective,
    parse_metric_constraints,
    parse_objectives,
)
from foresto_lab.optimize.searching.progress import Observer
from foresto_lab.optimize.searching.search import run_search
from foresto_lab.optimize.searching.search_driver import Stop
from foresto_lab.optimize.searching.search_outcome import SearchOutcome
from foresto_lab.optimize.spaces.space import Space, parse_space
from foresto_lab.optimize.validation.splits import Split, parse_split

DEFAULT_TOP: Final = 100
"""Trials that are measured on every part of a split, and stored with figures."""


@dataclass(frozen=True, eq=False, kw_only=True)
class SearchPlan:
    """What will be searched, how and for what; every part of it checked.

    Parameters
    ----------
    evaluator : Evaluator
    space : Space
    method : Method
    objectives : tuple of Objective
    constraints : tuple of MetricConstraint
    seed : int
    split : Split, optional
        The search sees the train part alone.
    top : int
        Trials that are measured on the other parts too.
    patience : int, optional
        Combinations without a better one after which the search stops early.
    """

    evaluator: Evaluator
    space: Space
    method: Method
    objectives: tuple[Objective, ...]
    constraints: tuple[MetricConstraint, ...] = ()
    seed: int = 0
    split: Split | None = None
    top: int = DEFAULT_TOP
    patience: int | None = None

    @property
    def maximize(self) -> tuple[bool, ...]:
        """For each objective whether more is better."""
        return tuple(objective.more_is_better for objective in self.objectives)

    @property
    def blocks(self) -> int:
        """Stretches of bars that returns are summed over for the verdict, or 0."""
        train = self.train
        bars = self.evaluator.n_bars if train is None else len(train)
        return stretches_needed(self.method, self.space, bars)

    @property
    def train(self) -> Any:
        """The bars that are searched on; None for all."""
        return self.split and self.split.spans(self.evaluator.n_bars).train

    def to_dict(self) -> dict[str, Any]:
        """Return the request as JSON-ready values, the data by their version."""
        return {
            "kind": "optimization",
            "engine": __version__,
            "subject": self.evaluator.describe(),
            "space": self.space.to_dict(),
            "method": self.method.to_dict(),
            "objectives": [objective.to_dict() for objective in self.objectives],
            "constraints": [str(constraint) for constraint in self.constraints],
            "seed": self.seed,
            "split": None if self.split is None else self.split.to_dict(),
            "top": self.top,
            "patience": self.patience,
        }

    def request_hash(self) -> str:
        """Return SHA-256 of the request: same hash, same trials."""
        return sha256_of(self.to_dict())

    def search(
        self,
        *,
        executor: Executor | None = None,
        observer: Observer | None = None,
        checkpoint: Checkpoint | None = None,
        stop: Stop | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> SearchOutcome:
        """Run the search; see ``run_search``."""
        return run_search(
            self.evaluator,
            self.space,
            self.method,
            SearchTerms(self.maximize, self.seed),
            self.objectives,
            self.constraints,
            executor=executor,
            span=self.train,
            blocks=self.blocks,
            observer=observer,
            checkpoint=checkpoint,
            stop=stop,
            patience=self.patience,
            clock=clock,
        )


def plan_search(
    evaluator: Evaluator,
    space: Any,
    method: Any = "grid",
    objective: Any = "sharpe_ratio",
    *,
    constraints: str | Sequence[Any] = (),
    trials: int | None = None,
    seed: int = 0,
    split: Any = None,
    top: int = DEFAULT_TOP,
    patience: int | None = None,
) -> SearchPlan:
    """Return the plan of a search, or raise what is wrong with it.

    Parameters
    ----------
    constraints : str or sequence
        Between parameters, ``fast_period < slow_period``, and bounds on figures,
        ``max_drawdown > -0.3``, in any order.

    Raises
    ------
    SpaceError, ObjectiveError, UnknownNameError, AmountError, SplitError
        Something of it cannot be; nothing was run.
    """
    known = getattr(evaluator, "parameter_names", ())
    items = [constraints] if isinstance(constraints, str) else list(constraints)
    bounds = [item for item in items if _is_bound(item, evaluator.names)]
    between = [item for item in items if not _is_bound(item, evaluator.names)]
    plan = SearchPlan(
        evaluator=evaluator,
        space=parse_space(space, between, known),
        method=parse_method(method, trials=trials),
        objectives=parse_objectives(objective, evaluator.names),
        constraints=parse_metric_constraints(bounds, evaluator.names),
        seed=_whole("seed", seed, 0),
        split=None if split is None else parse_split(split),
        top=_whole("top", top, 1),
        patience=None if patience is None else _whole("patience", patience, 1),
    )
    _require_method_for(plan)
    _ = plan.train  # the split fits the data, or says so now
    return plan


def _is_bound(given: Any, names: Sequence[str]) -> bool:
    """Return whether a constraint is of figures rather than between parameters."""
    if isinstance(given, MetricConstraint):
        return True
    try:
        tree = ast.parse(str(given).replace("`", '"'), mode="eval")
    except (SyntaxError, ValueError):
        return False
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return bool(used & {*names, *ALIASES})


def _require_method_for(plan: SearchPlan) -> None:
    """Raise unless the way to search takes as many objectives as there are."""
    several = len(plan.objectives) > 1
    if several and plan.method.name in ("genetic", "tpe"):
        raise ObjectiveError(
            message=f"Method {plan.method.name} searches for one objective; "
            f"{len(plan.objectives)} were given. Take method='nsga2', or one of them "
            "with bounds on the others as constraints."
        )


def _whole(name: str, given: Any, least: int) -> int:
    if isinstance(given, bool) or not hasattr(given, "__index__") or given < least:
        allowed = f"a whole number, {least} or more"
        raise AmountError(parameter=name, given=given, allowed=allowed)
    return int(given)
