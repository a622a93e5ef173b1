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
from foresto_lab.lab_benchmarks import BenchmarkVerbs
from foresto_lab.lab_candles import CandleVerbs
from foresto_lab.lab_flows import RetirementVerbs
from foresto_lab.lab_runs import RunVerbs
from foresto_lab.lab_updates import UpdateVerbs
from foresto_lab.runs.plan import parse_date
from foresto_lab.settings import Settings, workspace_settings
from foresto_lab.telemetry.loads import count_rows
from foresto_lab.telemetry.logs import configure_logs, get_logger
from foresto_lab.telemetry.metrics import configure_metrics
from foresto_lab.telemetry.runs import tell_crashed
from foresto_lab.types import AssetClass

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.market.protocols import LoadOutcome
    from foresto_lab.market.quality import QualityReport
    from foresto_lab.reports import BatchResult, Report, Verification
    from foresto_lab.runs.monitoring import AlertReport
    from foresto_lab.runs.record import RunRecord
    from foresto_lab.smoke import SmokeReport
    from foresto_lab.sources import LoadReport
    from foresto_lab.storage import Storage
    from foresto_lab.storage.health import HealthReport

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


class Lab(
    RunVerbs,
    CandleVerbs,
    BenchmarkVerbs,
    UpdateVerbs,
    RetirementVerbs,
):
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
                "market": item.market,
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

    # --- reports ---------------------------------------------------------------------

    def report(
        self,
        kind: str,
        *,
        language: str | None = None,
        pdf: bool = False,
        **parameters: Any,
    ) -> Report:
        """Run a report template with these parameters and render its page.

        Parameters
        ----------
        kind : str
            The template's name.
        language : {"ko", "en"}, optional
            The workspace's by default.
        pdf : bool
            Print the page too, as ``report.pdf`` beside it, by Chromium.

        Raises
        ------
        PdfError
            The page is there, but not its PDF.
        ReportParameterError
            A parameter is unknown, missing or of the wrong type.
        ReportFailedError
            A cell failed; the page is there, marked as failed.
        """
        from foresto_lab.reports import run_report

        return run_report(self, kind, parameters, language=language, pdf=pdf)

    def batch(
        self, path: str | Path, *, workers: int = 1, dask: str | None = None
    ) -> BatchResult:
        """Run the reports listed in a YAML file; resumes where it stopped.

        Parameters
        ----------
        workers : int
            Processes of this machine, one report at a time each.
        dask : str, optional
            Address of a Dask scheduler whose workers make the reports instead; the
            workspace must be at the same path for them.
        """
        from foresto_lab.reports import run_batch

        return run_batch(self, Path(path), workers=workers, dask=dask)

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
