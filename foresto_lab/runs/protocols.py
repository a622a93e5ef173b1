"""What the domain asks of a store of runs and of a catalog of scenarios.

The contract of ``RunStore``
----------------------------
- ``begin`` registers a run as running before it computes anything. Its process keeps
  the heartbeat; a run whose process is gone is failed by ``fail_crashed``, which every
  start of a workspace calls.
- ``complete`` is atomic: artifacts are written and flushed first, then one transaction
  makes the run completed. Whoever reads a completed run reads all of it.
- ``find_completed`` gives the newest completed, unexpired run of a hash whose artifacts
  are still there.
- Records are detached, frozen snapshots. Statuses move pending, running, then completed
  or failed, and never back.
- Any number of processes may call anything at once; none sees a lock error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.findings import Finding
    from foresto_lab.market.protocols import LoadOutcome
    from foresto_lab.rebalancing import RebalancingRule
    from foresto_lab.runs.record import RunArtifacts, RunRecord
    from foresto_lab.scenarios import Instrument, Scenario
    from foresto_lab.types import RunKind, RunStatus


class RunStore(Protocol):
    """Registers runs and keeps their artifacts; see the module's text."""

    def begin(self, record: RunRecord) -> RunRecord:
        """Register a new run as running and keep its heartbeat from now on."""

    def complete(self, run_id: str, artifacts: RunArtifacts) -> RunRecord:
        """Store the artifacts and make the run completed, atomically."""

    def fail(self, run_id: str, error_message: str) -> RunRecord:
        """Make a running run failed, with the reason."""

    def find_completed(self, request_hash: str) -> RunRecord | None:
        """Return the newest completed, unexpired, readable run of this request."""

    def record(self, run_id: str) -> RunRecord:
        """Return the run with this id, or with the only id that begins so.

        Raises RunNotFoundError.
        """

    def records(
        self,
        *,
        kind: RunKind | None = None,
        status: RunStatus | None = None,
        limit: int | None = None,
    ) -> Sequence[RunRecord]:
        """Return the runs, newest first."""

    def artifacts(self, run_id: str) -> RunArtifacts:
        """Return a completed run's tables and summary.

        Raises RunNotReadableError when it is not completed, CorruptStoreError when
        a checksum does not match.
        """

    def delete(self, run_id: str) -> None:
        """Delete the run and its artifacts."""

    def fail_crashed(self, now: datetime) -> Sequence[RunRecord]:
        """Fail every running run whose process is gone; return those."""


class Catalog(Protocol):
    """Definitions by name: scenarios, rules, instruments, and the load history.

    Names compare without case. Unknown ones raise UnknownNameError with the near ones.
    """

    def scenarios(self) -> Sequence[Scenario]:
        """Return the scenarios in the order they were created."""

    def scenario(self, name: str) -> Scenario:
        """Return one scenario."""

    def save_scenario(self, scenario: Scenario) -> None:
        """Add or replace a scenario; the database refuses weights over 1."""

    def rules(self) -> Mapping[str, RebalancingRule]:
        """Return the stored rules by name."""

    def rule(self, name: str) -> RebalancingRule:
        """Return one rule."""

    def save_rule(self, name: str, rule: RebalancingRule) -> None:
        """Add or replace a named rule."""

    def instruments(self) -> Sequence[Instrument]:
        """Return every known instrument."""

    def save_instruments(self, instruments: Sequence[Instrument]) -> None:
        """Add or replace instruments."""

    def instrument_map(self) -> Mapping[str, str]:
        """Return the symbol that stands for each asset class."""

    def map_instrument(self, asset_class: str, symbol: str) -> None:
        """Let a symbol stand for an asset class from now on."""

    def record_load(
        self,
        *,
        source: str,
        checksum: str,
        table: str,
        outcome: LoadOutcome | None,
        findings: Sequence[Finding],
        loaded_at: datetime,
        options: Mapping[str, Any],
    ) -> None:
        """Write a row of source_load_history; ``outcome`` None for a refused load."""

    def last_loads(self, table: str) -> Sequence[Mapping[str, Any]]:
        """Return the options of each source's last load into a table, newest first.

        Refused loads do not count.
        """

    def load_history(self) -> pd.DataFrame:
        """Return the loads, newest first."""
