"""What a Lab does with searches: plan, run, resume, restore and reproduce them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foresto_lab.errors import InputError
from foresto_lab.lab_simulations import SimulationVerbs

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from foresto_lab.backtest import Execution
    from foresto_lab.market.instants import Moment
    from foresto_lab.optimize.result import OptimizationResult
    from foresto_lab.optimize.searching.progress import Observer
    from foresto_lab.optimize.searching.stopping import Cancel
    from foresto_lab.optimize.validation.cross_validation_result import (
        CrossValidationResult,
    )
    from foresto_lab.optimize.validation.walk_forward_result import WalkForwardResult
    from foresto_lab.optimize.validation.windows import Length
    from foresto_lab.rebalancing import RebalancingRule
    from foresto_lab.runs.comparison import Reproduction
    from foresto_lab.runs.optimization_plan import OptimizationPlan
    from foresto_lab.runs.record import RunArtifacts, RunRecord
    from foresto_lab.runs.search_runs import PlannedSearch, SearchStores
    from foresto_lab.runs.search_work import SearchWork
    from foresto_lab.scenarios import Scenario
    from foresto_lab.scenarios.portfolio import Portfolio
    from foresto_lab.strategies import Strategy


class OptimizationVerbs(SimulationVerbs):
    """The part of a Lab about searches; see ``Lab``."""

    def optimize(
        self,
        strategy: Strategy | type[Any] | Mapping[str, Any] | str | Path,
        space: Any,
        method: Any = "grid",
        objective: Any = "sharpe_ratio",
        *,
        symbols: str | Sequence[str] | None = None,
        timeframe: str = "1d",
        start: Moment | None = None,
        end: Moment | None = None,
        constraints: str | Sequence[Any] = (),
        execution: Execution | Mapping[str, Any] | None = None,
        initial_capital: float = 10_000_000,
        parameters: Mapping[str, Any] | None = None,
        aggregate: str = "mean",
        finer: str | None = None,
        trials: int | None = None,
        seed: int = 0,
        top: int = 100,
        split: Any = None,
        patience: int | None = None,
        workers: int | None = None,
        dask: str | None = None,
        time_limit: float | timedelta | None = None,
        progress: Observer | bool | None = None,
        cancel: Cancel | None = None,
        resume: bool = True,
        force: bool = False,
        save: bool = True,
    ) -> OptimizationResult:
        """Search a strategy's parameters on the workspace's candles; register the run.

        A whole, unexpired run of the same request on the same data is returned as it
        is. One that was stopped, by Ctrl-C, ``cancel``, a time limit, a fault or a
        kill, is gone on with where it was, and ends with the same numbers as if it had
        never been stopped. Every trial goes into the trial ledger, whatever becomes of
        the run; what is said of overfitting counts them all.

        Parameters
        ----------
        strategy : str, Strategy, its class, mapping or Path
            As for :meth:`backtest`.
        space, method, objective, constraints
            As for ``fl.optimize``.
        symbols, timeframe, start, end, execution, initial_capital, finer
            As for :meth:`backtest`, but that several symbols are traded each on its
            own account.
        parameters : mapping, optional
            Values that are not searched, in place of the strategy's own.
        aggregate : "mean", "median" or "min"
            What a figure of several symbols is.
        trials, seed, top, split, patience
            As for ``fl.optimize``.
        workers, dask, time_limit, progress, cancel
            As for ``fl.optimize``; they change no number and are no part of the
            request.
        resume : bool
            False: begin anew, whatever an earlier search has left.
        force : bool
            Search and register anew even if there is a kept run.
        save : bool
            False: neither reuse, register nor write down anything but the ledger.

        Raises
        ------
        PreflightError
            The search cannot succeed; every reason is listed, nothing was registered.
        SpaceError, ObjectiveError, UnknownNameError, AmountError, SplitError
            Something of the search cannot be; nothing was registered.
        DiskFullError
            What was found cannot be stored. The trials written down until then are
            kept; the search goes on from them when it is asked for again.
        ClusterError
            Workers cannot be reached, or were lost for good.
        """
        from foresto_lab.runs.optimization import run_optimization

        plan = self._plan_search(
            strategy,
            space,
            method=method,
            objective=objective,
            symbols=symbols,
            timeframe=timeframe,
            start=start,
            end=end,
            constraints=constraints,
            execution=execution,
            initial_capital=initial_capital,
            parameters=parameters,
            aggregate=aggregate,
            finer=finer,
            trials=trials,
            seed=seed,
            top=top,
            split=split,
            patience=patience,
        )
        with self._search_work(
            plan, workers, dask, time_limit, progress, cancel, resume=resume
        ) as work:
            return run_optimization(
                plan, work=work, **self._search_terms(force=force, save=save)
            )

    def walk_forward(
        self,
        strategy: Strategy | type[Any] | Mapping[str, Any] | str | Path,
        space: Any,
        method: Any = "grid",
        objective: Any = "sharpe_ratio",
        *,
        symbols: str | Sequence[str],
        train: Length,
        test: Length,
        step: Length | None = None,
        anchored: bool = False,
        embargo: int = 0,
        workers: int | None = None,
        dask: str | None = None,
        time_limit: float | timedelta | None = None,
        progress: Observer | bool | None = None,
        cancel: Cancel | None = None,
        resume: bool = True,
        force: bool = False,
        save: bool = True,
        **options: Any,
    ) -> WalkForwardResult:
        """Choose parameters on the past and trade them on what came next; register it.

        Kept, found again, gone on with and counted as by :meth:`optimize`; the trials
        of every train span count.

        Parameters
        ----------
        strategy, space, method, objective, symbols
            As for :meth:`optimize`.
        train, test, step, anchored, embargo
            As for ``fl.walk_forward``.
        workers, dask, time_limit, progress, cancel, resume, force, save
            As for :meth:`optimize`.
        **options
            ``timeframe``, ``start``, ``end``, ``constraints``, ``execution``,
            ``initial_capital``, ``parameters``, ``aggregate``, ``finer``, ``trials``,
            ``seed`` and ``patience``, as for :meth:`optimize`.

        Raises
        ------
        SplitError
            No window fits the data, or the test spans would overlap.
        PreflightError, SpaceError, ObjectiveError, UnknownNameError, AmountError
            As for :meth:`optimize`; nothing was registered.
        """
        from foresto_lab.optimize.validation.windows import WalkForwardPlan

        cuts = WalkForwardPlan(train, test, step, anchored, embargo)
        asked = {"method": method, "objective": objective, "symbols": symbols}
        plan = self._plan_search(strategy, space, **asked, **options)
        result: WalkForwardResult = self._validate(
            plan,
            cuts,
            (workers, dask, time_limit, progress, cancel),
            resume=resume,
            force=force,
            save=save,
        )
        return result

    def cross_validate(
        self,
        strategy: Strategy | type[Any] | Mapping[str, Any] | str | Path,
        space: Any,
        method: Any = "grid",
        objective: Any = "sharpe_ratio",
        *,
        symbols: str | Sequence[str],
        groups: int = 10,
        test_groups: int = 2,
        purge: int | None = None,
        embargo: int | None = None,
        workers: int | None = None,
        dask: str | None = None,
        time_limit: float | timedelta | None = None,
        progress: Observer | bool | None = None,
        cancel: Cancel | None = None,
        force: bool = False,
        save: bool = True,
        **options: Any,
    ) -> CrossValidationResult:
        """Choose parameters on every choice of groups, trade the others; register it.

        Kept, found again and counted as by :meth:`optimize`.

        Parameters
        ----------
        strategy, space, method, objective, symbols
            As for :meth:`optimize`.
        groups, test_groups, purge, embargo
            As for ``fl.combinatorial_cross_validation``.
        workers, dask, time_limit, progress, cancel, force, save
            As for :meth:`optimize`.
        **options
            As for :meth:`walk_forward`.

        Raises
        ------
        SplitError
            The bars are too few for the groups, purge and embargo.
        PreflightError, SpaceError, ObjectiveError, UnknownNameError, AmountError
            As for :meth:`optimize`; nothing was registered.
        """
        from foresto_lab.optimize.validation.cross_validation import (
            EMBARGO_SHARE,
            longest_warm_up,
        )
        from foresto_lab.optimize.validation.purged_groups import PurgedGroups

        asked = {"method": method, "objective": objective, "symbols": symbols}
        plan = self._plan_search(strategy, space, **asked, **options)
        n_bars = plan.search.evaluator.n_bars
        cuts = PurgedGroups(
            groups,
            test_groups,
            longest_warm_up(plan.search) if purge is None else purge,
            -(-n_bars // EMBARGO_SHARE) if embargo is None else embargo,
        )
        result: CrossValidationResult = self._validate(
            plan,
            cuts,
            (workers, dask, time_limit, progress, cancel),
            resume=True,
            force=force,
            save=save,
        )
        return result

    def optimize_portfolio(
        self,
        portfolio: str | Scenario | Portfolio | Mapping[str, float],
        space: Any,
        method: Any = "grid",
        objective: Any = "sharpe_ratio",
        *,
        rebalancing: RebalancingRule | Mapping[str, Any] | str | None = None,
        cost_rate: float | None = None,
        normalised: bool = True,
        constraints: str | Sequence[Any] = (),
        parameters: Mapping[str, Any] | None = None,
        trials: int | None = None,
        seed: int = 0,
        top: int = 100,
        split: Any = None,
        patience: int | None = None,
        workers: int | None = None,
        dask: str | None = None,
        time_limit: float | timedelta | None = None,
        progress: Observer | bool | None = None,
        cancel: Cancel | None = None,
        resume: bool = True,
        force: bool = False,
        save: bool = True,
        **options: Any,
    ) -> OptimizationResult:
        """Search a portfolio's weights and its rule's numbers; register the run.

        Kept, found again, gone on with and counted as by :meth:`optimize`.

        Parameters
        ----------
        portfolio : str, Scenario, Portfolio or mapping
            As for :meth:`simulate`; weights must be fixed.
        space : mapping
            ``weights.equity``, ``rule``, ``rule.threshold`` and so on to what each
            may be, as for ``fl.optimize``.
        method, objective, constraints, parameters, trials, seed, top, split, patience
            As for :meth:`optimize`; figures are those of a simulation's summary.
        rebalancing : rule or str, optional
            The base's, as for :meth:`simulate`.
        cost_rate : float, optional
            Of traded value, in place of the rules' own.
        normalised : bool
            True scales the weights of each combination to the sum of the base's.
            False: what is missing to 1 is cash.
        workers, dask, time_limit, progress, cancel, resume, force, save
            As for :meth:`optimize`.
        **options
            ``start``, ``end``, ``initial_amount``, ``instruments``, ``calendar`` and
            ``execution``, as for :meth:`simulate`.

        Raises
        ------
        InputError
            The weights are computed, or the portfolio has currencies, taxes, flows or
            whole shares.
        PreflightError, SpaceError, ObjectiveError, UnknownNameError, AmountError
            As for :meth:`optimize`; nothing was registered.
        """
        from foresto_lab.runs.portfolio_search import (
            plan_portfolio_search,
            run_portfolio_search,
        )

        plan = plan_portfolio_search(
            self._plan(portfolio, rebalancing=rebalancing, **options),
            space,
            series=self.storage.series,
            cost_rate=cost_rate,
            normalised=normalised,
            parameters=parameters,
            method=method,
            objective=objective,
            constraints=constraints,
            trials=trials,
            seed=seed,
            split=split,
            top=top,
            patience=patience,
        )
        terms = self._search_terms(force=force, save=save)
        del terms["rebuild"]
        with self._search_work(
            plan, workers, dask, time_limit, progress, cancel, resume=resume
        ) as work:
            return run_portfolio_search(plan, work=work, **terms)

    def trials(
        self,
        strategy: Any = None,
        *,
        symbols: str | Sequence[str] | None = None,
        timeframe: str = "1d",
    ) -> pd.DataFrame:
        """Return the trial ledger: every search and backtest, and how many it tried.

        Parameters
        ----------
        strategy : str, Strategy, mapping or Path, optional
            Only of this one, whatever its parameters.
        symbols : str or sequence of str, optional
            Only on data that has one of these.
        timeframe : str
            Of the symbols.

        Returns
        -------
        DataFrame
            The oldest first: ``recorded_at``, ``family``, ``data``, ``method``,
            ``run_id``, ``evaluated``, ``measured`` (with a Sharpe ratio),
            ``sharpe_mean`` and ``sharpe_variance`` per bar.
        """
        from foresto_lab.market.timeframes import Timeframe
        from foresto_lab.runs.trials import (
            data_key,
            entries_table,
            family_of,
            shares_symbol,
        )

        family = None
        if strategy is not None:
            family = family_of(self._resolve(strategy).strategy)
        entries = self.storage.ledger.entries(family)
        if symbols is not None:
            asked = [symbols] if isinstance(symbols, str) else list(symbols)
            length = Timeframe.parse(timeframe)
            tables = self._backtest_data.tables_of(asked, length)
            key = data_key(asked, str(length), list(tables.values()))
            entries = [each for each in entries if shares_symbol(each.data, key)]
        return entries_table(entries)

    # --- planning and running -----------------------------------------------------

    def _validate(
        self,
        plan: OptimizationPlan,
        cuts: Any,
        work: tuple[Any, ...],
        *,
        resume: bool,
        force: bool,
        save: bool,
    ) -> Any:
        from foresto_lab.runs.validation import run_validation, with_windows

        cut = with_windows(plan, cuts)
        with self._search_work(cut, *work, resume=resume) as given:
            return run_validation(
                cut, work=given, **self._search_terms(force=force, save=save)
            )

    def _plan_search(
        self, strategy: Any, space: Any, **options: Any
    ) -> OptimizationPlan:
        from foresto_lab.runs.optimization_plan import plan_optimization

        if options.get("symbols") is None:
            raise InputError(
                message="No symbols were given; name those to trade, such as "
                "symbols=['005930']. Weights and rules of a portfolio are searched "
                "with lab.optimize_portfolio."
            )
        given = strategy() if isinstance(strategy, type) else strategy
        resolved = self._resolve(given)
        return plan_optimization(resolved, space, data=self._backtest_data, **options)

    @contextmanager
    def _search_work(
        self,
        plan: PlannedSearch,
        workers: int | None,
        dask: str | None,
        time_limit: float | timedelta | None,
        progress: Observer | bool | None,
        cancel: Cancel | None,
        *,
        resume: bool,
    ) -> Iterator[SearchWork]:
        """Give who evaluates and who is told; workers started for it end after it."""
        from foresto_lab.optimize.front import using_executor
        from foresto_lab.optimize.searching.progress import observing
        from foresto_lab.optimize.searching.stopping import stop_when
        from foresto_lab.runs.search_work import SearchWork

        stop = stop_when(cancel, time_limit, time.monotonic)
        with (
            using_executor(None, workers, dask) as executor,
            observing(progress, plan.search.objectives[0].name) as observer,
        ):
            yield SearchWork(executor, observer, stop, resume)

    def _search_terms(self, *, force: bool, save: bool) -> dict[str, Any]:
        from foresto_lab.runs.provenance import collect_provenance
        from foresto_lab.runs.registration import RunOptions
        from foresto_lab.storage.run_registry import utc_now
        from foresto_lab.telemetry.runs import RunTelemetry

        return {
            "stores": self._search_stores,
            "provenance": collect_provenance(),
            "options": RunOptions(
                now=utc_now,
                ttl_days=self.settings.run_ttl_days,
                path_ttl_days=self.settings.path_ttl_days,
                use_store=save and self.settings.use_sim_store,
                force=force,
                observer=RunTelemetry(),
            ),
            "rebuild": self._rebuild,
        }

    @property
    def _search_stores(self) -> SearchStores:
        from foresto_lab.runs.search_runs import SearchStores

        return SearchStores(
            data=self._backtest_data,
            runs=self.storage.runs,
            ledger=self.storage.ledger,
            checkpoints=self.storage.checkpoints,
        )

    # --- runs of earlier ------------------------------------------------------------

    def _restore_search(self, record: RunRecord, artifacts: RunArtifacts) -> Any:
        from foresto_lab.runs.optimization import restore_optimization
        from foresto_lab.runs.validation import restore_validation

        if record.request.get("search") == "portfolio":
            from foresto_lab.runs.portfolio_search import restore_portfolio_search

            return restore_portfolio_search(
                record, artifacts, series=self.storage.series
            )
        if record.request.get("windows") is not None:
            return restore_validation(record, artifacts)
        return restore_optimization(
            record, artifacts, data=self._backtest_data, rebuild=self._rebuild
        )

    def _reproduce_search(self, record: RunRecord) -> Reproduction:
        from foresto_lab.runs.optimization import reproduce_optimization
        from foresto_lab.runs.validation import reproduce_validation

        if record.request.get("search") == "portfolio":
            from foresto_lab.runs.portfolio_search import reproduce_portfolio_search

            return reproduce_portfolio_search(
                record, series=self.storage.series, runs=self.storage.runs
            )
        windowed = record.request.get("windows") is not None
        again = reproduce_validation if windowed else reproduce_optimization
        return again(
            record,
            data=self._backtest_data,
            runs=self.storage.runs,
            rebuild=self._rebuild,
        )
