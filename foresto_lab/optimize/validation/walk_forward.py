"""The front door of walk-forward: choose on the past, trade what comes next, again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from foresto_lab.backtest.execution import Execution
from foresto_lab.backtest.front import DEFAULT_CAPITAL
from foresto_lab.optimize.evaluators.several import Aggregate
from foresto_lab.optimize.evaluators.subject import evaluator_of
from foresto_lab.optimize.front import using_executor
from foresto_lab.optimize.plan import plan_search
from foresto_lab.optimize.searching.checkpoint import Checkpoint
from foresto_lab.optimize.searching.executors import Executor
from foresto_lab.optimize.searching.progress import Observer, observing
from foresto_lab.optimize.searching.stopping import Cancel, stop_when
from foresto_lab.optimize.validation.validation_task import ValidationTask
from foresto_lab.optimize.validation.walk_forward_result import WalkForwardResult
from foresto_lab.optimize.validation.walk_forward_run import run_walk_forward
from foresto_lab.optimize.validation.windows import Length, WalkForwardPlan

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.market.candle_table import CandleTable


def walk_forward(
    candles: pd.DataFrame | CandleTable | Mapping[str, Any] | None,
    strategy: Any,
    space: Any,
    method: Any = "grid",
    objective: Any = "sharpe_ratio",
    *,
    train: Length,
    test: Length,
    step: Length | None = None,
    anchored: bool = False,
    embargo: int = 0,
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
    checkpoint: Callable[[int], Checkpoint] | None = None,
    cancel: Cancel | None = None,
) -> WalkForwardResult:
    """Choose parameters on the past and trade them on what came next, again and again.

    On each train span the space is searched anew. A train span is traded as if it were
    all there is, with the initial capital, though indicators know the bars before it.
    What is chosen is then traded on the test span by one account, which goes on from
    window to window with the equity it has. A position at a window's end is closed at
    the last close and pays slippage, fee and tax; an order for the next open is
    dropped. A window on whose train span nothing can be chosen, or the best did not
    trade, holds cash.

    Parameters
    ----------
    candles, strategy, space, method, objective, constraints
        As ``fl.optimize`` takes them. Bounds on figures are those of the train span.
        Of several objectives the first decides among those on the front.
    train : int, float, str or timedelta
        Length of the train span: bars, a share of all bars below 1, or a duration
        such as ``"365D"``.
    test : int, float, str or timedelta
        Length of a test span. A last one that is shorter by more than half is left out.
    step : int, float, str or timedelta, optional
        From one test span's start to the next one's; ``test`` by default, and never
        shorter. Between test spans the account holds cash.
    anchored : bool
        Whether train spans all begin with the first bar and grow.
    embargo : int
        Bars left out between a train span and its test span. None are needed for what
        is known: indicators look back only, and a train span's last position is marked
        at its own last close.
    execution, initial_capital, parameters, symbol, aggregate, trials, seed
        As ``fl.optimize`` takes them.
    executor, workers, dask, time_limit, patience, progress, cancel
        As ``fl.optimize`` takes them; ``patience`` is that of each train span.
    checkpoint : callable, optional
        Given a window's number, returns the ``Checkpoint`` of its trials.

    Returns
    -------
    WalkForwardResult

    Raises
    ------
    SplitError
        No window fits the data, or the test spans would overlap.
    SpaceError, ObjectiveError, UnknownNameError, AmountError
        Something of the search cannot be; nothing was run.
    CandleTableError, StrategyError
        The candles or the strategy cannot be backtested.
    ClusterError
        Workers cannot be reached, or were lost for good.

    Examples
    --------
    >>> fl.walk_forward(candles, "sma_cross",  # doctest: +SKIP
    ...                 {"fast_period": range(5, 30, 5), "slow_period": (20, 90, 5)},
    ...                 train="730D", test="180D")
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
    cuts = WalkForwardPlan(train, test, step, anchored, embargo)
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
        return run_walk_forward(task, cuts, checkpoint_of=checkpoint)
