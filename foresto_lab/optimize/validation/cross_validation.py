"""The front door of combinatorial purged cross-validation."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.backtest.execution import Execution
from foresto_lab.backtest.front import DEFAULT_CAPITAL
from foresto_lab.errors import InputError
from foresto_lab.optimize.evaluators.several import Aggregate
from foresto_lab.optimize.evaluators.subject import evaluator_of
from foresto_lab.optimize.front import using_executor
from foresto_lab.optimize.plan import SearchPlan, plan_search
from foresto_lab.optimize.searching.executors import Executor
from foresto_lab.optimize.searching.progress import Observer, observing
from foresto_lab.optimize.searching.stopping import Cancel, stop_when
from foresto_lab.optimize.validation.cross_validation_result import (
    CrossValidationResult,
)
from foresto_lab.optimize.validation.cross_validation_run import run_cross_validation
from foresto_lab.optimize.validation.purged_groups import PurgedGroups
from foresto_lab.optimize.validation.validation_task import ValidationTask

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.market.candle_table import CandleTable

EMBARGO_SHARE: Final = 100
"""The embargo is one bar of so many by default, as López de Prado suggests."""


def combinatorial_cross_validation(
    candles: pd.DataFrame | CandleTable | Mapping[str, Any] | None,
    strategy: Any,
    space: Any,
    method: Any = "grid",
    objective: Any = "sharpe_ratio",
    *,
    groups: int = 10,
    test_groups: int = 2,
    purge: int | None = None,
    embargo: int | None = None,
    constraints: str | Sequence[Any] = (),
    execution: Execution | None = None,
    initial_capital: float = DEFAULT_CAPITAL,
    parameters: Mapping[str, Any] | None = None,
    symbol: str = "",
    aggregate: Aggregate = "mean",
    trials: int | None = None,
    seed: int = 0,
    executor: Executor | None = None,
    workers: int | None = None,
    dask: str | None = None,
    time_limit: float | timedelta | None = None,
    patience: int | None = None,
    progress: Observer | bool | None = None,
    cancel: Cancel | None = None,
) -> CrossValidationResult:
    """Choose parameters on every choice of groups and trade them on the others.

    The bars are cut into N groups. For each of the C(N, k) ways to put k of them aside,
    the space is searched on the rest, and what is chosen is traded on the k. That
    makes k/N * C(N, k) paths, each one account through all groups, none of which was
    traded with parameters that had seen it: a distribution of the Sharpe ratio where a
    walk-forward gives one. Parameters of early groups come from later ones; it asks
    whether a choice holds elsewhere, not what would have been earned.

    Every train group is traded as if it were all there is: it begins with the initial
    capital and no position, and is marked at its last close. So no position reaches
    from train into test or back; what does is the memory of indicators, which the
    purge is for. Figures of the train groups are pooled: see ``docs/optimization.md``
    for which there are. On a path, positions at a group's end are closed and paid for.

    Parameters
    ----------
    candles, strategy, space, method, objective, constraints
        As ``fl.optimize`` takes them, but for ``cagr``, ``calmar``,
        ``recovery_factor``, ``max_drawdown_duration`` and ``final_equity``, which bars
        that do not touch do not have.
    groups : int
        N, 2 or more.
    test_groups : int
        k, from 1 to N - 1.
    purge : int, optional
        Bars dropped from a train group on each side where it borders on a test group.
        By default the longest warm-up of the strategy: with its own parameters, or
        with any one that is searched at its highest.
    embargo : int, optional
        Bars dropped, besides, from the front of a train group that follows a test
        group. By default a hundredth of all bars.
    execution, initial_capital, parameters, symbol, aggregate, trials, seed
        As ``fl.optimize`` takes them.
    executor, workers, dask, time_limit, patience, progress, cancel
        As ``fl.optimize`` takes them.

    Returns
    -------
    CrossValidationResult

    Raises
    ------
    SplitError
        The bars are too few for the groups, purge and embargo.
    SpaceError, ObjectiveError, UnknownNameError, AmountError
        Something of the search cannot be; nothing was run.
    CandleTableError, StrategyError
        The candles or the strategy cannot be backtested.
    ClusterError
        Workers cannot be reached, or were lost for good.

    References
    ----------
    López de Prado, *Advances in Financial Machine Learning* (2018), chapters 7 and 12.

    Examples
    --------
    >>> space = {"fast_period": (5, 30, 5), "slow_period": (20, 90, 5)}
    >>> found = fl.combinatorial_cross_validation(  # doctest: +SKIP
    ...     candles, "sma_cross", space, groups=6, test_groups=2)
    >>> found.distribution("sharpe")  # doctest: +SKIP
    """
    evaluator = evaluator_of(
        candles,
        strategy,
        execution=execution,
        initial_capital=initial_capital,
        parameters=parameters,
        symbol=symbol,
        aggregate=aggregate,
    )
    plan = plan_search(
        evaluator,
        space,
        method,
        objective,
        constraints=constraints,
        trials=trials,
        seed=seed,
        patience=patience,
    )
    cuts = PurgedGroups(
        groups,
        test_groups,
        longest_warm_up(plan) if purge is None else purge,
        -(-evaluator.n_bars // EMBARGO_SHARE) if embargo is None else embargo,
    )
    with (
        using_executor(executor, workers, dask) as used,
        observing(progress, plan.objectives[0].name) as observer,
    ):
        task = ValidationTask(
            plan=plan,
            executor=used,
            observer=observer,
            stop=stop_when(cancel, time_limit, time.monotonic),
        )
        return run_cross_validation(task, cuts)


def longest_warm_up(plan: SearchPlan) -> int:
    """Return the bars that the strategy looks back.

    With its own parameters, or with any one that is searched at its highest.
    """
    evaluator: Any = plan.evaluator
    one = next(iter(getattr(evaluator, "evaluators", {}).values()), evaluator)
    longest = int(evaluator.warm_up)
    for name, domain in plan.space.parameters.items():
        highest = _highest(domain)
        if highest is None or not hasattr(one, "parts"):
            continue
        try:
            strategy, _ = one.parts({name: highest})
        except InputError:  # it cannot be so high while the others are as they are
            continue
        longest = max(longest, int(getattr(strategy, "min_candles", 1)) - 1)
    return longest


def _highest(domain: Any) -> Any:
    """Return the largest number of a domain; None where it is not one of numbers."""
    if getattr(domain, "ordered", False):
        return domain.options[-1]
    return getattr(domain, "high", None)
