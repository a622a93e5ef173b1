"""What a Lab does with backtests: plan, run, restore and reproduce them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foresto_lab.lab_strategies import StrategyVerbs

if TYPE_CHECKING:
    from foresto_lab.backtest import BacktestResult, Execution
    from foresto_lab.market.instants import Moment
    from foresto_lab.preflight import PreflightReport
    from foresto_lab.runs.backtest import BacktestPlan
    from foresto_lab.runs.backtest_candles import BacktestData
    from foresto_lab.runs.comparison import Reproduction
    from foresto_lab.runs.record import RunArtifacts, RunRecord
    from foresto_lab.strategies import Strategy


class BacktestVerbs(StrategyVerbs):
    """The part of a Lab about backtests; see ``Lab``."""

    @property
    def _backtest_data(self) -> BacktestData:
        from foresto_lab.runs.backtest_candles import BacktestData

        return BacktestData(self.storage.candles, self.storage.series)

    def _plan_backtest(
        self, strategy: Any, parameters: Mapping[str, Any] | None, **options: Any
    ) -> BacktestPlan:
        from foresto_lab.runs.backtest import plan_backtest

        resolved = self._resolve(strategy, parameters)
        return plan_backtest(resolved, data=self._backtest_data, **options)

    def backtest(
        self,
        strategy: Strategy | Mapping[str, Any] | str | Path,
        *,
        symbols: str | Sequence[str],
        timeframe: str = "1d",
        start: Moment | None = None,
        end: Moment | None = None,
        initial_capital: float = 10_000_000,
        execution: Execution | Mapping[str, Any] | None = None,
        parameters: Mapping[str, Any] | None = None,
        finer: str | None = None,
        force: bool = False,
        save: bool = True,
    ) -> BacktestResult:
        """Backtest a strategy on the workspace's candles, and register the run.

        A completed, unexpired run of the same request on the same data is returned as
        it is. A signal is known at its bar's close and fills at the next bar's open.

        Parameters
        ----------
        strategy : str, Strategy, mapping or Path
            A built-in strategy's name, a stored one's ``NAME`` or ``NAME@VERSION``, a
            strategy, its JSON, or a JSON file.
        symbols : str or sequence of str
            What to trade.
        timeframe : str
            Of the candles. Of a day's, daily prices stand for them where a symbol has
            none: adjusted by ``adj_close / close``, opening at 00:00 UTC.
        start, end : date or datetime, optional
            The span, inclusive, in UTC; left out, all the candles there are.
        initial_capital : money
        execution : Execution, optional
            Fills, costs, sizes and limits.
        parameters : mapping, optional
            Of a strategy that is named: in place of its own.
        finer : str, optional
            A shorter timeframe, whose candles say which level a bar reached first.
        force : bool
            Compute and register even if there is a kept run.
        save : bool
            False: neither reuse nor register anything.

        Raises
        ------
        PreflightError
            The run cannot succeed; every reason is listed, nothing was registered.
        UntrustedCodeError
            The strategy, or an indicator of it, is Python from the catalog that is not
            trusted on this machine.
        """
        from foresto_lab.runs.backtest import run_backtest
        from foresto_lab.runs.provenance import collect_provenance
        from foresto_lab.runs.registration import RunOptions
        from foresto_lab.storage.run_registry import utc_now
        from foresto_lab.telemetry.runs import RunTelemetry

        plan = self._plan_backtest(
            strategy,
            parameters,
            symbols=symbols,
            timeframe=timeframe,
            start=start,
            end=end,
            initial_capital=initial_capital,
            execution=execution,
            finer=finer,
        )
        return run_backtest(
            plan,
            data=self._backtest_data,
            runs=self.storage.runs,
            provenance=collect_provenance(),
            options=RunOptions(
                now=utc_now,
                ttl_days=self.settings.run_ttl_days,
                path_ttl_days=self.settings.path_ttl_days,
                use_store=save and self.settings.use_sim_store,
                force=force,
                observer=RunTelemetry(),
            ),
            rebuild=self._rebuild,
            ledger=self.storage.ledger,
        )

    def preflight_backtest(self, strategy: Any, **options: Any) -> PreflightReport:
        """Return what stands against a backtest, without running it; never raises.

        Takes what :meth:`backtest` takes, but for ``force`` and ``save``; without
        ``symbols`` the definition alone is checked.
        """
        from foresto_lab.runs.backtest_preflight import preflight_asked

        return preflight_asked(
            strategy, resolve=self._resolve, data=self._backtest_data, **options
        )

    def _restore_backtest(
        self, record: RunRecord, artifacts: RunArtifacts
    ) -> BacktestResult:
        from foresto_lab.runs.backtest import restore_backtest

        return restore_backtest(
            record, artifacts, data=self._backtest_data, rebuild=self._rebuild
        )

    def _reproduce_backtest(self, record: RunRecord) -> Reproduction:
        from foresto_lab.runs.backtest import reproduce_backtest

        return reproduce_backtest(
            record,
            data=self._backtest_data,
            runs=self.storage.runs,
            rebuild=self._rebuild,
        )
