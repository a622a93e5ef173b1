"""The Lab: the public verbs of foresto_lab, against a workspace.

A Lab resolves names (a scenario, a rule, an asset class) to their definitions, asks
the stores for data, calls the pure core, and registers what came out. It computes no
number itself.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foresto_lab.errors import AmountError, InputError, UnknownNameError
from foresto_lab.lab_backtests import BacktestVerbs
from foresto_lab.lab_candles import CandleVerbs
from foresto_lab.runs.plan import SimulationPlan, parse_date, plan_simulation
from foresto_lab.settings import Settings, workspace_settings
from foresto_lab.telemetry.loads import count_rows
from foresto_lab.telemetry.logs import configure_logs, get_logger
from foresto_lab.telemetry.metrics import configure_metrics
from foresto_lab.telemetry.runs import RunTelemetry, tell_crashed
from foresto_lab.types import AssetClass, RunKind, RunStatus

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.backtest import BacktestResult
    from foresto_lab.market.protocols import LoadOutcome
    from foresto_lab.market.quality import QualityReport
    from foresto_lab.preflight import PreflightReport
    from foresto_lab.rebalancing import RebalancingRule
    from foresto_lab.reports import BatchResult, Report, Verification
    from foresto_lab.runs.comparison import Difference, Reproduction
    from foresto_lab.runs.monitoring import AlertReport
    from foresto_lab.runs.record import RunArtifacts, RunRecord
    from foresto_lab.scenarios import Scenario, SimulationResult
    from foresto_lab.smoke import SmokeReport
    from foresto_lab.sources import LoadReport
    from foresto_lab.storage import Storage
    from foresto_lab.storage.health import HealthReport
    from foresto_lab.storage.retention import CleanupReport

log = get_logger(__name__)


def open_lab(home: str | Path | None = None, database_url: str | None = None) -> Lab:
    """Open a workspace, creating it when it was named and is not there yet.

    Parameters
    ----------
    home : path, optional
        The workspace. Left out, ``FORESTO_HOME`` names it, or it is the nearest
        folder, here or above, that is one; with a team's database, else this folder.
    database_url : str, optional
        PostgreSQL URL of a team, whose database then holds prices and runs; left out,
        ``FORESTO_DATABASE_URL``, or the folder holds them.

    Raises
    ------
    WorkspaceNotFoundError
        None was named and none lies here or above.
    SettingsError
        A ``FORESTO_*`` setting has a value that it cannot have.
    DatabaseConnectionError
        The team's server cannot be reached, or does not let one in.
    SchemaVersionError
        The store is of another version than this package.
    """
    began = time.perf_counter()
    settings = workspace_settings(home, database_url)
    folder, url = settings.home, settings.database_url
    assert folder is not None
    configure_logs(settings, folder)
    configure_metrics(settings, folder)

    from foresto_lab.storage import open_storage

    storage = open_storage(folder, url.get_secret_value() if url else None)
    for record in _fail_crashed(storage):
        tell_crashed(record)
    seconds = round(time.perf_counter() - began, 6)
    log.info(
        "workspace opened", home=folder, storage=storage.location, duration=seconds
    )
    return Lab(storage, settings)


def _fail_crashed(storage: Storage) -> Sequence[RunRecord]:
    """Fail the runs whose process is gone; who may only read leaves it to others."""
    try:
        return storage.runs.fail_crashed(datetime.now(UTC))
    except PermissionError as error:
        if storage.database.dialect == "sqlite":
            raise
        log.debug("crashed runs left to others", error=error)
        return ()


class Lab(BacktestVerbs, CandleVerbs):
    """A workspace and everything that can be done in it.

    Open one with :func:`open_lab`. Tables come back as DataFrames, single things as
    frozen objects; both show themselves in a notebook.
    """

    def __init__(self, storage: Storage, settings: Settings) -> None:
        self.storage = storage
        self.settings = settings

    @property
    def home(self) -> Path:
        """The workspace's folder."""
        return self.storage.home

    def __repr__(self) -> str:
        """Return where the Lab stands; of a database without user and password."""
        store = self.storage.location
        shown = "" if store == str(self.home) else f", database={store!r}"
        return f"Lab(home={str(self.home)!r}{shown})"

    # --- definitions -----------------------------------------------------------------

    def scenarios(self) -> pd.DataFrame:
        """Return the scenarios: names in both languages, a column per asset class."""
        import pandas as pd

        rows = [
            {
                "name": scenario.name,
                "name_ko": scenario.name_ko,
                "name_en": scenario.name_en,
                "version": scenario.version,
                **scenario.weights,
            }
            for scenario in self._scenario_list()
        ]
        return pd.DataFrame(rows).set_index("name")

    def _scenario_list(self) -> Sequence[Scenario]:
        if self.settings.use_scenario_db:
            return self.storage.catalog.scenarios()
        from foresto_lab.scenarios import BUILT_IN_SCENARIOS

        return tuple(BUILT_IN_SCENARIOS)

    def scenario(self, name: str) -> Scenario:
        """Return one scenario; an unknown name is answered with the near ones."""
        scenario = self._plan(name).scenario
        assert scenario is not None
        return scenario

    def save_scenario(self, scenario: Scenario) -> None:
        """Add or replace a scenario."""
        self.storage.catalog.save_scenario(scenario)

    def rules(self) -> pd.DataFrame:
        """Return the stored rebalancing rules by name."""
        import pandas as pd

        rows = [
            {"name": name, "rule": rule.label, "cost_rate": rule.cost_rate}
            for name, rule in self.storage.catalog.rules().items()
        ]
        return pd.DataFrame(rows).set_index("name")

    def rule(self, name: str) -> RebalancingRule:
        """Return one stored rule; an unknown name is answered with the near ones."""
        return self.storage.catalog.rule(name)

    def save_rule(self, name: str, rule: RebalancingRule) -> None:
        """Add or replace a named rule."""
        self.storage.catalog.save_rule(name, rule)

    def instruments(self) -> pd.DataFrame:
        """Return the instruments with the span of their prices.

        ``stands_for`` is the asset class that an instrument is mapped to.
        """
        import pandas as pd

        mapped = {s: c for c, s in self.storage.catalog.instrument_map().items()}
        rows = [
            {
                "symbol": item.symbol,
                "name_ko": item.name_ko,
                "name_en": item.name_en,
                "asset_class": item.asset_class,
                "stands_for": mapped.get(item.symbol),
                "currency": item.currency,
                "calendar": item.calendar,
                "simulated": item.simulated,
            }
            for item in self.storage.catalog.instruments()
        ]
        known = pd.DataFrame(rows).set_index("symbol")
        table = known.join(self.coverage().set_index("symbol"), how="outer")
        return table.astype({"row_count": "Int64"})

    def map_instruments(
        self, mapping: Mapping[str, str] | None = None, **more: str
    ) -> None:
        """Let loaded symbols stand for asset classes: ``equity="SPY"`` and so on.

        Raises
        ------
        UnknownNameError
            An asset class is none of the five, or a symbol has no prices.
        """
        pairs = {**(mapping or {}), **more}
        classes = tuple(str(asset_class) for asset_class in AssetClass)
        loaded = tuple(self.coverage()["symbol"])
        for asset_class, symbol in pairs.items():
            if asset_class not in classes:
                raise UnknownNameError(
                    kind="asset class", given=asset_class, allowed=classes
                )
            if symbol not in loaded:
                raise UnknownNameError(
                    kind="loaded symbol", given=symbol, allowed=loaded
                )
        for asset_class, symbol in pairs.items():
            self.storage.catalog.map_instrument(asset_class, symbol)

    # --- data ------------------------------------------------------------------------

    def load_prices(self, path: str | Path, **options: Any) -> LoadReport:
        """Load a CSV or Parquet file of daily prices, whole or not at all.

        The options are those of :class:`foresto_lab.sources.LoadOptions`.
        Loading the same file twice changes nothing.

        Raises
        ------
        DataFileError
            The file cannot be read as prices.
        QualityError
            Rows break an error-level rule; nothing was written.
        """
        from foresto_lab.sources import LoadOptions, load_file

        return load_file(
            Path(path),
            series=self.storage.series,
            catalog=self.storage.catalog,
            options=LoadOptions(**options),
            loaded_at=datetime.now(UTC),
        )

    def update_returns(self) -> LoadOutcome:
        """Bring daily_return up to date with daily_price."""
        outcome = self.storage.series.update_returns()
        log.info("returns updated", **count_rows("daily_return", outcome))
        return outcome

    def repair_prices(self) -> tuple[str, ...]:
        """Take files of prices that cannot be read out of the store; return them.

        Their rows are gone until they are loaded again; the files stay where they are.
        """
        dropped = tuple(self.storage.series.drop_damaged_files())
        if dropped:
            log.warning("damaged files dropped", files=dropped)
        return dropped

    def coverage(self) -> pd.DataFrame:
        """Return each loaded symbol with its first and last date and row count."""
        return self.storage.series.coverage()

    def prices(
        self,
        symbols: Sequence[str],
        start: str | date | None = None,
        end: str | date | None = None,
        field: str = "adj_close",
    ) -> pd.DataFrame:
        """Return one column of prices per symbol, index ``date``, NaN where none."""
        return self.storage.series.price_matrix(
            list(symbols),
            start=parse_date(start, "start"),
            end=parse_date(end, "end"),
            field=field,
        )

    def quality(
        self, symbols: Sequence[str] | None = None, calendar: str | None = None
    ) -> QualityReport:
        """Return the rule report over the stored prices."""
        from foresto_lab.market.quality import check_store

        return check_store(
            self.storage.series, self.storage.catalog, symbols, calendar=calendar
        )

    def health(
        self, *, as_of: str | datetime | None = None, **limits: int
    ) -> HealthReport:
        """Return the state of the whole store: gaps, stale instruments, runs, months.

        Parameters
        ----------
        as_of : datetime or str, optional
            The instant to judge by, UTC where it says nothing else; left out, now.
        **limits
            ``stale_sessions``, ``months_ahead``, ``silent_minutes``: from when on a
            thing is worth telling.

        Raises
        ------
        InputError
            ``as_of`` is no instant, or a limit is none of these.
        """
        from foresto_lab.storage.health import check_health, parse_limits

        now = datetime.now(UTC) if as_of is None else _instant(as_of)
        return check_health(self.storage, now=now, limits=parse_limits(limits))

    def rebalancing_alerts(
        self, *, days: int = 7, turnover: float = 0.5, cost: float = 0.01
    ) -> AlertReport:
        """Return what stands out in the rebalancing of the runs of the last days.

        Parameters
        ----------
        days : int
            How far back to look, by when a run was completed.
        turnover, cost : float
            Of one event, as fractions of NAV, above which it is told.
        """
        from foresto_lab.runs.monitoring import RebalancingLimits, watch_runs

        if not 0 < days <= 36_500:
            raise AmountError(parameter="days", given=days, allowed="1 to 36500")
        return watch_runs(
            self.storage.runs,
            since=datetime.now(UTC) - timedelta(days=days),
            limits=RebalancingLimits(turnover, cost),
        )

    def smoke_test(self) -> SmokeReport:
        """Try the public API here against numbers worked out by hand."""
        from foresto_lab.smoke import smoke_test

        return smoke_test(self)

    # --- simulation ------------------------------------------------------------------

    def _plan(self, portfolio: Any, **options: Any) -> SimulationPlan:
        return plan_simulation(
            portfolio,
            catalog=self.storage.catalog,
            use_rebalancing=self.settings.use_rebalancing,
            use_scenario_db=self.settings.use_scenario_db,
            **options,
        )

    def preflight(self, portfolio: Any, **options: Any) -> PreflightReport:
        """Return what stands against a simulation or a backtest, without running it.

        Takes what :meth:`simulate` takes, or what :meth:`backtest` does. A strategy of
        any shape gives a report; without ``symbols`` its definition alone is checked.
        """
        from foresto_lab.runs.backtest_preflight import names_strategy, preflight_asked
        from foresto_lab.runs.simulation import load_prices, preflight_simulation

        if names_strategy(
            portfolio,
            options,
            scenarios=lambda: list(self.scenarios().index),
            strategies=lambda: list(self.strategies().index),
        ):
            return preflight_asked(
                portfolio, resolve=self._resolve, data=self._backtest_data, **options
            )

        plan = self._plan(portfolio, **options)
        series = self.storage.series
        prices = load_prices(plan.request, series, series.data_version())
        return preflight_simulation(plan, series, prices)

    def simulate(
        self,
        portfolio: str | Scenario | Mapping[str, float],
        *,
        start: str | date | None = None,
        end: str | date | None = None,
        initial_amount: float = 1_000_000,
        rebalancing: RebalancingRule | Mapping[str, Any] | str | None = None,
        instruments: Mapping[str, str] | None = None,
        calendar: str | None = None,
        execution: str = "close",
        force: bool = False,
        save: bool = True,
    ) -> SimulationResult:
        """Simulate a portfolio on the workspace's prices, and register the run.

        A completed, unexpired run of the same request on the same data is returned as
        it is. Rules are evaluated at each session's close and trade at that close.

        Parameters
        ----------
        portfolio : str, Scenario or mapping
            A scenario's name, a scenario, or weights by asset class or symbol.
        start, end : date, optional
            The span, inclusive; left out, all the prices there are.
        initial_amount : float
            Invested at the first session's close, in base currency.
        rebalancing : rule or str, optional
            A rule, or a stored rule's name; left out, buy and hold.
        instruments : mapping, optional
            The symbol for an asset class, in place of the workspace's map.
        calendar : str, optional
            The exchange whose sessions the rule follows; the instruments' by default.
        execution : {"close", "next_close"}
            Trade at the close that decided, or at the next one.
        force : bool
            Compute and register even if there is a kept run.
        save : bool
            False: neither reuse nor register anything.

        Raises
        ------
        PreflightError
            The run cannot succeed; every reason is listed, nothing was registered.
        """
        from foresto_lab.runs.provenance import collect_provenance
        from foresto_lab.runs.registration import RunOptions
        from foresto_lab.runs.simulation import run_simulation

        plan = self._plan(
            portfolio,
            start=start,
            end=end,
            initial_amount=initial_amount,
            rebalancing=rebalancing,
            instruments=instruments,
            calendar=calendar,
            execution=execution,
        )
        return run_simulation(
            plan,
            series=self.storage.series,
            runs=self.storage.runs,
            provenance=collect_provenance(),
            options=RunOptions(
                now=lambda: datetime.now(UTC),
                ttl_days=self.settings.run_ttl_days,
                path_ttl_days=self.settings.path_ttl_days,
                use_store=save and self.settings.use_sim_store,
                force=force,
                observer=RunTelemetry(),
            ),
        )

    # --- runs ------------------------------------------------------------------------

    def runs(self, kind: str | None = None, status: str | None = None) -> pd.DataFrame:
        """Return the registered runs, newest first, with their main figures."""
        import pandas as pd

        columns = ["name", "kind", "status", "created_at", "request_hash"]
        figures = ["total_return", "cagr", "volatility", "sharpe_ratio", "max_drawdown"]
        names = {"sharpe_ratio": "sharpe"}  # what a backtest calls it
        rows = [
            {
                "run_id": record.run_id,
                **{column: getattr(record, column) for column in columns},
                **{
                    figure: record.summary.get(
                        figure, record.summary.get(names.get(figure, figure))
                    )
                    for figure in figures
                },
            }
            for record in self.run_records(kind=kind, status=status)
        ]
        return pd.DataFrame(rows, columns=["run_id", *columns, *figures]).set_index(
            "run_id"
        )

    def run_records(
        self,
        *,
        kind: str | None = None,
        status: str | None = None,
        limit: int | None = None,
    ) -> Sequence[RunRecord]:
        """Return the records of the registered runs, newest first."""
        return self.storage.runs.records(
            kind=RunKind(kind) if kind else None,
            status=RunStatus(status) if status else None,
            limit=limit,
        )

    def run_record(self, run_id: str) -> RunRecord:
        """Return one run's record; the beginning of its id is enough."""
        return self.storage.runs.record(run_id)

    def run(self, run_id: str, *, archive: str | Path | None = None) -> Any:
        """Return the result of a completed run; the beginning of its id is enough.

        It is a SimulationResult or a BacktestResult, by what was run. One that was
        cleaned up is read from the archive it was put into.

        Parameters
        ----------
        run_id : str
            The run's id; with ``archive``, all of it.
        archive : path, optional
            Read it from this archive, whether or not the workspace knows the run.

        Raises
        ------
        RunNotFoundError
            No run, or more than one, has an id that begins so.
        RunNotReadableError
            It is not completed.
        PathExpiredError
            It was cleaned up, and its archive is not within reach.
        """
        if archive is not None:
            from foresto_lab.storage.archives import Archive

            kept = Archive(Path(archive))
            return self._restore(kept.record(run_id), kept.artifacts(run_id))
        record = self.run_record(run_id)
        return self._restore(record, self.storage.runs.artifacts(record.run_id))

    def _restore(
        self, record: RunRecord, artifacts: RunArtifacts
    ) -> SimulationResult | BacktestResult:
        if record.kind is RunKind.BACKTEST:
            return self._restore_backtest(record, artifacts)
        from foresto_lab.runs.simulation import restore_result

        return restore_result(record, artifacts)

    def reproduce(self, run_id: str) -> Reproduction:
        """Rerun on the recorded data version and compare every number exactly."""
        record = self.run_record(run_id)
        if record.kind is RunKind.BACKTEST:
            return self._reproduce_backtest(record)
        from foresto_lab.runs.simulation import reproduce_simulation

        return reproduce_simulation(
            record, series=self.storage.series, runs=self.storage.runs
        )

    def diff(self, left: str, right: str) -> tuple[Difference, ...]:
        """Return in what two runs differ: request, versions and summary."""
        from foresto_lab.runs.comparison import compare_records

        return compare_records(self.run_record(left), self.run_record(right))

    def clean_up(
        self, *, archive: str | Path | None = None, dry_run: bool = False
    ) -> CleanupReport:
        """Delete series whose time is over and runs that expired; archive them first.

        Parameters
        ----------
        archive : path, optional
            The folder that runs are written to before anything of them is deleted.
        dry_run : bool
            Only say what would be done.
        """
        from foresto_lab.storage.retention import clean_up

        folder = None if archive is None else Path(archive)
        return clean_up(self.storage, archive=folder, dry_run=dry_run)

    def delete_run(self, run_id: str) -> None:
        """Delete a run and its artifacts."""
        record = self.run_record(run_id)
        self.storage.runs.delete(record.run_id)
        log.info("run deleted", run_id=record.run_id, name=record.name)

    # --- reports ---------------------------------------------------------------------

    def report(
        self, kind: str, *, language: str | None = None, **parameters: Any
    ) -> Report:
        """Run a report template with these parameters and render its page.

        Raises
        ------
        ReportParameterError
            A parameter is unknown, missing or of the wrong type.
        ReportFailedError
            A cell failed; the page is there, marked as failed.
        """
        from foresto_lab.reports import run_report

        return run_report(self, kind, parameters, language=language)

    def batch(self, path: str | Path, *, workers: int = 1) -> BatchResult:
        """Run the reports listed in a YAML file; resumes where it stopped."""
        from foresto_lab.reports import run_batch

        return run_batch(self, Path(path), workers=workers)

    def verify(self, path: str | Path) -> Verification:
        """Rerun what a report's page was made from and compare its numbers."""
        from foresto_lab.reports import verify_report

        return verify_report(self, Path(path))


def _instant(given: str | datetime) -> datetime:
    """Return an aware instant; a date alone is its last second."""
    try:
        instant = datetime.fromisoformat(given) if isinstance(given, str) else given
    except ValueError:
        raise InputError(
            message=f"as_of is {given!r}, which is no date or instant. Write "
            "2026-01-31 or 2026-01-31T09:00:00+09:00."
        ) from None
    if isinstance(given, str) and len(given) == len("2026-01-31"):
        instant = instant.replace(hour=23, minute=59, second=59)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
