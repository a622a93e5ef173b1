"""The front door: one call from candles, a strategy and a space to its best trials."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from foresto_lab.backtest.execution import Execution
from foresto_lab.backtest.front import DEFAULT_CAPITAL
from foresto_lab.errors import InputError
from foresto_lab.optimize.evaluators.several import Aggregate
from foresto_lab.optimize.evaluators.subject import evaluator_of
from foresto_lab.optimize.plan import DEFAULT_TOP, plan_search
from foresto_lab.optimize.result import OptimizationResult
from foresto_lab.optimize.run import run_plan
from foresto_lab.optimize.searching.checkpoint import Checkpoint
from foresto_lab.optimize.searching.executors import Executor, LocalExecutor
from foresto_lab.optimize.searching.progress import Observer, observing
from foresto_lab.optimize.searching.stopping import Cancel, stop_when

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.market.candle_table import CandleTable


def optimize(
    candles: pd.DataFrame | CandleTable | Mapping[str, Any] | None,
    strategy: Any,
    space: Any,
    method: Any = "grid",
    objective: Any = "sharpe_ratio",
    *,
    constraints: str | Sequence[Any] = (),
    execution: Execution | None = None,
    initial_capital: float = DEFAULT_CAPITAL,
    parameters: Mapping[str, Any] | None = None,
    symbol: str = "",
    aggregate: Aggregate = "mean",
    trials: int | None = None,
    seed: int = 0,
    top: int = DEFAULT_TOP,
    split: Any = None,
    prior_trials: Any = None,
    executor: Executor | None = None,
    workers: int | None = None,
    dask: str | None = None,
    time_limit: float | timedelta | None = None,
    patience: int | None = None,
    progress: Observer | bool | None = None,
    checkpoint: Checkpoint | None = None,
    cancel: Cancel | None = None,
) -> OptimizationResult:
    """Search a strategy's parameters for the best, and say whether to believe it.

    Parameters
    ----------
    candles : DataFrame or CandleTable
        As ``fl.backtest`` takes them. Several symbols are traded each on its own
        account, and a figure is their ``aggregate``. None for an evaluator.
    strategy : Strategy, its class, mapping, str, or Evaluator
    space : Space or mapping of parameter to what it may be
        ``range(5, 50, 5)``, a list of options, ``(low, high)`` or ``(low, high,
        step)``, ``fl.IntRange``, ``fl.FloatRange`` or ``fl.Choice``. Names are fields
        of the strategy, paths into its JSON, or ``execution.`` and a field of it.
    method : str or Method
        ``grid``, ``random``, ``genetic``, ``nsga2`` or ``tpe``.
    objective : str, Objective, callable, or several of them
        A figure such as ``sharpe_ratio``; ``-volatility`` for less of one; a function
        of a trial's figures by name. Several give a Pareto front.
    constraints : str or sequence of str
        Between parameters, ``fast_period < slow_period``, and bounds on figures,
        ``max_drawdown > -0.3``. A trial that breaks a bound is kept and marked.
    execution, initial_capital, symbol
        As ``fl.backtest`` takes them.
    parameters : mapping, optional
        Values that are not searched, in place of the strategy's own.
    aggregate : "mean", "median" or "min"
        What a figure of several symbols is.
    trials : int, optional
        Combinations at most, for methods that have such a number.
    seed : int
        The same seed gives the same trials, whoever evaluates them.
    top : int
        With a split, how many trials are measured on its other parts.
    split : Split, optional
        The search sees the train part alone. By default all bars.
    prior_trials : PriorTrials, optional
        What was tried of this strategy on these data before; a Lab knows.
    executor : Executor, optional
        Who evaluates; not closed here.
    workers : int, optional
        Processes of this machine that evaluate, one thread each. By default this
        process does, on all its cores, which for kernels is the faster.
    dask : str, optional
        Address of a Dask scheduler whose workers evaluate.
    time_limit : seconds or timedelta, optional
        After which the search stops with what it has.
    patience : int, optional
        Combinations without a better one after which the search stops early.
    progress : callable or bool, optional
        Told a ``Progress`` after each batch; True for a bar on the terminal. By
        default a bar where standard error is a terminal, nothing in a notebook.
    checkpoint : Checkpoint, optional
        Where trials are written down on the way and read from on another go.
    cancel : threading.Event, or callable returning bool, optional
        Ends the search after the batch under way; so does an interrupt (Ctrl-C).
        What was found until then is in the result, whose ``status`` says so.

    Returns
    -------
    OptimizationResult
        Its verdict and statistics are worked out when they are first asked for, by
        this process: half a second for 1,000 trials on 100,000 bars.

    Raises
    ------
    SpaceError, ObjectiveError, UnknownNameError, AmountError, SplitError
        Something of the search cannot be; nothing was run.
    CandleTableError, StrategyError
        The candles or the strategy cannot be backtested.
    ClusterError
        Workers cannot be reached, or were lost for good.

    Examples
    --------
    >>> fl.optimize(candles, "sma_cross",  # doctest: +SKIP
    ...             {"fast_period": range(5, 30, 5), "slow_period": range(20, 200, 20)},
    ...             constraints="fast_period < slow_period")
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
        split=split,
        top=top,
        patience=patience,
    )
    with (
        using_executor(executor, workers, dask) as used,
        observing(progress, plan.objectives[0].name) as observer,
    ):
        return run_plan(
            plan,
            executor=used,
            observer=observer,
            checkpoint=checkpoint,
            stop=stop_when(cancel, time_limit, time.monotonic),
            prior=prior_trials,
            judged_later=True,
        )


@contextmanager
def using_executor(
    executor: Executor | None, workers: int | None, dask: str | None
) -> Iterator[Executor]:
    """Give who evaluates; workers that were started for it are ended after it.

    Raises
    ------
    InputError
        More than one of them is given.
    ClusterError
        The workers cannot be used.
    """
    named = {"executor": executor, "workers": workers, "dask": dask}
    given = [name for name, value in named.items() if value is not None]
    if len(given) > 1:
        raise InputError(
            message=f"{' and '.join(given)} are given; each says who evaluates. Give "
            "one of executor, workers and dask."
        )
    if executor is not None:
        yield executor
        return
    if not given:
        yield LocalExecutor()
        return
    from foresto_lab.cluster import DaskExecutor

    started = DaskExecutor(dask, workers=workers)
    try:
        yield started
    finally:
        try:
            started.close()
        except KeyboardInterrupt:  # what was found is on its way out: end them first
            started.close()
