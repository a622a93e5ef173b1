"""What a Lab does with studies of rebalancing: plan, run, restore, reproduce them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from foresto_lab.lab_simulations import SimulationVerbs
from foresto_lab.telemetry.runs import RunTelemetry

if TYPE_CHECKING:
    from foresto_lab.runs.comparison import Reproduction
    from foresto_lab.runs.record import RunArtifacts, RunRecord
    from foresto_lab.runs.study import Study, StudyPlan
    from foresto_lab.scenarios import Scenario
    from foresto_lab.scenarios.counterfactuals import RebalancingStudy
    from foresto_lab.scenarios.timing_luck import BaseDays, TimingLuck


class StudyVerbs(SimulationVerbs):
    """The part of a Lab about studies; see ``Lab``."""

    def rebalancing_study(
        self,
        portfolio: str | Scenario | Mapping[str, float],
        rules: Any = None,
        *,
        costs: Any = None,
        force: bool = False,
        save: bool = True,
        **options: Any,
    ) -> RebalancingStudy:
        """Set a portfolio's rules side by side on the workspace's prices; register it.

        Every rule is compared with never rebalancing, and each trade is taken apart:
        drift removed, cost, return effect until the next, carried effect.

        Parameters
        ----------
        portfolio : str, Scenario or mapping
            As for :meth:`simulate`.
        rules : mapping of name to rule, sequence of rules or names, optional
            Names are those of the defaults (none, monthly, quarterly, annual, drift,
            hybrid) or of stored rules.
        costs : float or costs, optional
            In place of each rule's own cost rate.
        force, save : bool
            As for :meth:`simulate`.
        **options
            ``start``, ``end``, ``initial_amount``, ``instruments``, ``calendar`` and
            more, as for :meth:`simulate`.

        Raises
        ------
        PreflightError
            The run cannot succeed; every reason is listed, nothing was registered.
        RuleError
            There is no rule that trades.
        """
        from foresto_lab.runs.study_request import StudyKind, at_cost, named_rules
        from foresto_lab.scenarios.study_rules import (
            STUDY_RULES,
            parse_study_rules,
            require_two_holdings,
            with_baseline,
        )

        given = named_rules(rules, STUDY_RULES, self.storage.catalog.rule)
        named, _ = with_baseline(parse_study_rules(given, STUDY_RULES))
        named, costs = at_cost(named, costs)
        require_two_holdings(portfolio)
        plan = self._plan_study(
            StudyKind.REBALANCING, portfolio, named, costs=costs, **options
        )
        study = self._run_study(plan, force=force, save=save)
        return study  # type: ignore[return-value]

    def timing_luck(
        self,
        portfolio: str | Scenario | Mapping[str, float],
        rules: Any = None,
        *,
        base_days: BaseDays = "all",
        costs: Any = None,
        force: bool = False,
        save: bool = True,
        **options: Any,
    ) -> TimingLuck:
        """Try a portfolio's rules on every base day of their period; register it.

        Parameters
        ----------
        portfolio, rules, costs, force, save, **options
            As for :meth:`rebalancing_study`; the default rules are weekly, monthly,
            quarterly, semiannual, annual and hybrid.
        base_days : int or "all"
            How many of each period's sessions to try.

        Raises
        ------
        PreflightError
            The run cannot succeed; every reason is listed, nothing was registered.
        RuleError
            No rule has a base day.
        """
        from foresto_lab.runs.study_request import StudyKind, at_cost, named_rules
        from foresto_lab.scenarios.study_rules import (
            TIMING_RULES,
            parse_study_rules,
            require_two_holdings,
        )
        from foresto_lab.scenarios.timing_luck import parse_base_days, require_dated

        given = named_rules(rules, TIMING_RULES, self.storage.catalog.rule)
        named = parse_study_rules(given, TIMING_RULES)
        require_dated(named)
        parse_base_days(base_days)
        named, costs = at_cost(named, costs)
        require_two_holdings(portfolio)
        plan = self._plan_study(
            StudyKind.TIMING_LUCK,
            portfolio,
            named,
            base_days=base_days,
            costs=costs,
            **options,
        )
        luck = self._run_study(plan, force=force, save=save)
        return luck  # type: ignore[return-value]

    def _plan_study(
        self,
        study: Any,
        portfolio: Any,
        rules: Mapping[str, Any],
        *,
        base_days: BaseDays | None = None,
        costs: Any = None,
        **options: Any,
    ) -> StudyPlan:
        from foresto_lab.runs.study import plan_study

        trades = next(rule for rule in rules.values() if rule is not None)
        asked = options if costs is None else {**options, "costs": costs}
        plan = self._plan(portfolio, rebalancing=trades, **asked)
        return plan_study(study, plan, rules, base_days)

    def _run_study(self, plan: StudyPlan, *, force: bool, save: bool) -> Study:
        from foresto_lab.runs.provenance import collect_provenance
        from foresto_lab.runs.registration import RunOptions
        from foresto_lab.runs.study import run_study

        return run_study(
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

    def _restore_study(self, record: RunRecord, artifacts: RunArtifacts) -> Study:
        from foresto_lab.runs.study import restore_study

        return restore_study(record, artifacts)

    def _reproduce_study(self, record: RunRecord) -> Reproduction:
        from foresto_lab.runs.study import reproduce_study

        return reproduce_study(
            record, series=self.storage.series, runs=self.storage.runs
        )
