"""What a Lab does with forward simulations: plan, run, restore, reproduce them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from foresto_lab.lab_simulations import SimulationVerbs
from foresto_lab.telemetry.runs import RunTelemetry

if TYPE_CHECKING:
    from foresto_lab.runs.comparison import Reproduction
    from foresto_lab.runs.record import RunArtifacts, RunRecord
    from foresto_lab.scenarios import Scenario
    from foresto_lab.scenarios.forward import ForwardResult, Method
    from foresto_lab.scenarios.forward.threads import Progress
    from foresto_lab.scenarios.portfolio import Portfolio


class ForwardVerbs(SimulationVerbs):
    """The part of a Lab about made-up futures; see ``Lab``."""

    def forward(
        self,
        portfolio: str | Scenario | Portfolio | Mapping[str, float],
        *,
        years: float = 20,
        paths: int = 10_000,
        method: Method | Mapping[str, Any] | str | None = None,
        seed: int = 0,
        goal: float | None = None,
        inflation: float = 0.0,
        threads: int | None = None,
        progress: Progress | None = None,
        force: bool = False,
        save: bool = True,
        **options: Any,
    ) -> ForwardResult:
        """Simulate many futures of a portfolio on the workspace's prices; register it.

        A completed, unexpired run of the same request on the same data is returned as
        it is. ``threads`` and ``progress`` change no number and are no part of it.

        Parameters
        ----------
        portfolio : str, Scenario, Portfolio or mapping
            As for :meth:`simulate`; weights must be fixed.
        years : float
            The horizon, a whole number of months.
        paths : int
            How many futures.
        method : Bootstrap, Parametric, or their name; optional
            How returns are drawn; left out, the stationary block bootstrap.
        seed : int
        goal : base currency, optional
            The value whose chance is told.
        inflation : float
            A yearly rate; other than 0, amounts are in today's money.
        threads : int, optional
            Left out, one a core.
        progress : callable, optional
            Told what is done, how many paths, and of how many.
        force, save : bool
            As for :meth:`simulate`.
        **options
            ``start`` and ``end`` of history, ``rebalancing``, ``initial_amount``,
            ``costs``, ``cashflows`` and more, as for :meth:`simulate`.

        Raises
        ------
        PreflightError
            The run cannot succeed; every reason is listed, nothing was registered.
        InputError
            As for ``fl.forward``.
        """
        from foresto_lab.runs.forward import Work, plan_forward, run_forward
        from foresto_lab.runs.provenance import collect_provenance
        from foresto_lab.runs.registration import RunOptions
        from foresto_lab.scenarios.forward.limits import parse_threads

        plan = plan_forward(
            self._plan(portfolio, **options),
            years=years,
            paths=paths,
            method=method,
            seed=seed,
            goal=goal,
            inflation=inflation,
        )
        return run_forward(
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
            work=Work(parse_threads(threads), progress),
        )

    def _restore_forward(
        self, record: RunRecord, artifacts: RunArtifacts
    ) -> ForwardResult:
        from foresto_lab.runs.forward import restore_forward

        return restore_forward(record, artifacts)

    def _reproduce_forward(self, record: RunRecord) -> Reproduction:
        from foresto_lab.runs.forward import reproduce_forward

        return reproduce_forward(
            record, series=self.storage.series, runs=self.storage.runs
        )
