"""What a Lab does with registered runs: list, restore, reproduce and delete them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from foresto_lab.errors import RunNotReadableError
from foresto_lab.lab_forward import ForwardVerbs
from foresto_lab.lab_optimization import OptimizationVerbs
from foresto_lab.lab_studies import StudyVerbs
from foresto_lab.telemetry.logs import get_logger
from foresto_lab.types import RunKind, RunStatus

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.runs.comparison import Difference, Reproduction
    from foresto_lab.runs.record import RunArtifacts, RunRecord
    from foresto_lab.storage.retention import CleanupReport

log = get_logger(__name__)


class ComputedKind(NamedTuple):
    """How runs of a kind come back: as they were kept, or computed once more."""

    restore: Callable[[RunRecord, RunArtifacts], Any]
    reproduce: Callable[[RunRecord], Reproduction]


class RunVerbs(StudyVerbs, ForwardVerbs, OptimizationVerbs):
    """The part of a Lab about registered runs; see ``Lab``."""

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

    @property
    def _computed(self) -> Mapping[RunKind, ComputedKind]:
        """What gives a run's result again, and what computes it anew, by its kind."""
        return {
            RunKind.SIMULATION: ComputedKind(
                self._restore_simulation, self._reproduce_simulation
            ),
            RunKind.BACKTEST: ComputedKind(
                self._restore_backtest, self._reproduce_backtest
            ),
            RunKind.STUDY: ComputedKind(self._restore_study, self._reproduce_study),
            RunKind.FORWARD: ComputedKind(
                self._restore_forward, self._reproduce_forward
            ),
            RunKind.OPTIMIZATION: ComputedKind(
                self._restore_search, self._reproduce_search
            ),
        }

    def _computed_as(self, record: RunRecord) -> ComputedKind:
        computed = self._computed.get(record.kind)
        if computed is None:
            raise RunNotReadableError(
                message=f"Run {record.run_id} is a {record.kind}: its page is its "
                "result. Open that, or try it again with `foresto verify`.",
                run_id=record.run_id,
            )
        return computed

    def _restore(self, record: RunRecord, artifacts: RunArtifacts) -> Any:
        return self._computed_as(record).restore(record, artifacts)

    def reproduce(self, run_id: str) -> Reproduction:
        """Rerun on the recorded data version and compare every number exactly."""
        record = self.run_record(run_id)
        return self._computed_as(record).reproduce(record)

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
