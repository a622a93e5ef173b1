"""The life of a registered search of any kind: reuse, search, count, keep, do again."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from foresto_lab.optimize.run import run_plan
from foresto_lab.runs.optimization_tables import (
    prior_of,
    recorded_prior,
    to_artifacts,
)
from foresto_lab.runs.record import RunArtifacts, RunRecord
from foresto_lab.runs.registration import (
    RunDraft,
    RunOptions,
    carry_out,
    reproduction_of,
)
from foresto_lab.runs.search_work import (
    CountedWork,
    SearchCheckpoints,
    SearchWork,
    TrialCounter,
    counted,
)
from foresto_lab.runs.trials import TrialEntry, TrialLedger, TrialTally

if TYPE_CHECKING:
    from foresto_lab.optimize.plan import SearchPlan
    from foresto_lab.optimize.result import OptimizationResult
    from foresto_lab.runs.backtest_candles import BacktestData
    from foresto_lab.runs.comparison import Reproduction
    from foresto_lab.runs.protocols import RunStore
    from foresto_lab.runs.provenance import Provenance

PARTIAL: Final = ("cancelled", "time limit")
"""Statuses of a search that can be gone on with."""


class PlannedSearch(Protocol):
    """A search that is ready to run and be registered."""

    @property
    def search(self) -> SearchPlan:
        """The search itself, checked."""

    @property
    def family(self) -> str:
        """What names what is searched in the trial ledger."""

    @property
    def data(self) -> str:
        """What names the data in the trial ledger."""

    def draft(self) -> RunDraft:
        """Return what is known of the run; raise PreflightError if it cannot be."""


@dataclass(frozen=True, slots=True, eq=False)
class SearchStores:
    """What a search reads and writes."""

    data: BacktestData
    runs: RunStore
    ledger: TrialLedger
    checkpoints: SearchCheckpoints


def find_whole(
    request_hash: str, *, runs: RunStore, options: RunOptions
) -> RunRecord | None:
    """Return the run that answers a request, unless it was stopped before its end."""
    if not options.use_store or options.force:
        return None
    kept = runs.find_completed(request_hash)
    if kept is None or kept.summary.get("status") in PARTIAL:
        return None
    options.observer.run_reused(kept)
    return kept


def search_and_keep(
    plan: PlannedSearch,
    *,
    stores: SearchStores,
    provenance: Provenance,
    options: RunOptions,
    work: SearchWork,
) -> OptimizationResult:
    """Search, judge and register; see ``carry_out_search``."""

    def search(counted_work: CountedWork, prior: TrialTally) -> OptimizationResult:
        return run_plan(
            plan.search,
            executor=counted_work.executor,
            observer=counted_work.observer,
            checkpoint=counted_work.checkpoint,
            stop=work.stop,
            prior=prior_of(prior),
        )

    result: OptimizationResult = carry_out_search(
        plan,
        search,
        to_artifacts=to_artifacts,
        stores=stores,
        provenance=provenance,
        options=options,
        work=work,
    )
    return result


def carry_out_search(
    plan: PlannedSearch,
    search: Callable[[CountedWork, TrialTally], Any],
    *,
    to_artifacts: Callable[[Any, TrialTally], RunArtifacts],
    stores: SearchStores,
    provenance: Provenance,
    options: RunOptions,
    work: SearchWork,
) -> Any:
    """Search between a run's registration and its end, counting every trial.

    Parameters
    ----------
    search : callable
        Takes the work, and what was tried before this search.
    to_artifacts : callable
        Takes the result, and what was tried before.
    """
    draft, prior = plan.draft(), TrialTally()
    identity = draft.request_hash

    def compute(run_id: str | None) -> Any:
        nonlocal prior
        own = run_id or provenance.new_run_id(options.now())
        resume = work.resume and not options.force
        with _kept(stores, identity, own, run_id, resume=resume) as kept:
            began_as = own if kept is None else kept.run_id
            prior = stores.ledger.tally(plan.family, plan.data, without=began_as)
            counter = _counter(plan, began_as, stores.ledger, options)
            is_registered = run_id is not None
            with counted(
                work, kept, counter, is_registered=is_registered
            ) as counted_work:
                result = search(counted_work, prior)
        return result.with_run(run_id, identity)

    result = carry_out(
        draft,
        compute=compute,
        to_artifacts=lambda found: to_artifacts(found, prior),
        runs=stores.runs,
        provenance=provenance,
        options=options,
    )
    if options.use_store and result.status not in PARTIAL:
        stores.checkpoints.remove(identity)
    return result


def _kept(
    stores: SearchStores, identity: str, own: str, run_id: str | None, *, resume: bool
) -> Any:
    if run_id is None:  # nothing is stored
        return nullcontext(None)
    return stores.checkpoints.search(identity, own, resume=resume)


def _counter(
    plan: PlannedSearch, run_id: str, ledger: TrialLedger, options: RunOptions
) -> TrialCounter:
    entry = TrialEntry(
        run_id=run_id,
        family=plan.family,
        data=plan.data,
        method=plan.search.method.name,
        tally=TrialTally(),
        recorded_at=options.now(),
    )
    per_year = plan.search.evaluator.periods_per_year
    return TrialCounter(ledger, entry, per_year, options.now, time.monotonic)


def searched_again(
    record: RunRecord, search: SearchPlan, *, runs: RunStore
) -> Reproduction:
    """Search as a record says, with what had been tried before it, and compare."""
    prior = recorded_prior(record)
    found = run_plan(search, prior=prior_of(prior))
    rerun = replace(found, elapsed=record.summary["elapsed"])
    return reproduction_of(record, to_artifacts(rerun, prior), runs=runs)


def why_not(record: RunRecord, request: Any) -> str | None:
    """Return why a recorded search cannot be reproduced; None if it can."""
    if record.summary.get("status") in PARTIAL:
        return (
            f"it was stopped before its end ({record.summary['status']}). Ask for the "
            "same search again: it goes on where it was, and can then be reproduced."
        )
    if request.has_functions:
        return (
            "its objective is a function, of which a record has only the name. Name a "
            "figure as objective, or compare by hand."
        )
    return None
