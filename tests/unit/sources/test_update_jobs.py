from __future__ import annotations

from collections.abc import Callable

from foresto_lab.errors import (
    DiskFullError,
    ForestoError,
    NothingGivenError,
    ProviderUnreachableError,
    RateLimitedError,
)
from foresto_lab.sources.connectors import SymbolUpdate, UpdateReport, UpdateStatus
from foresto_lab.sources.connectors.jobs import Job
from foresto_lab.sources.connectors.updating import no_progress, run_jobs

JOBS = [Job(symbol, "fdr") for symbol in "ABCDE"]
FACTS = {"provider": "fdr", "symbol": "B", "reason": "no.", "fix": ""}


def raising(errors: dict[str, BaseException]) -> Callable[[Job], SymbolUpdate]:
    def update(job: Job) -> SymbolUpdate:
        if job.symbol in errors:
            raise errors[job.symbol]
        return SymbolUpdate(
            job.symbol, job.source, UpdateStatus.UPDATED, rows_inserted=1
        )

    return update


def statuses(report: UpdateReport) -> str:
    """Return each symbol's status by its first letter."""
    return "".join(str(update.status)[0] for update in report.updates)


def run(
    errors: dict[str, BaseException], jobs: list[Job] | None = None
) -> UpdateReport:
    return run_jobs(JOBS if jobs is None else jobs, raising(errors), no_progress)


def test_an_error_of_one_symbol_leaves_the_others_be() -> None:
    report = run({"B": NothingGivenError(**FACTS)})
    assert statuses(report) == "ufuuu"
    assert report.exit_code == NothingGivenError.exit_code
    assert report.count(UpdateStatus.UPDATED) == 4


def test_ctrl_c_keeps_what_is_done_and_says_so() -> None:
    report = run({"C": KeyboardInterrupt()})
    assert statuses(report) == "uunnn"
    assert report.interrupted
    assert report.exit_code == 130
    assert "What was done is stored; run it again to go on." in str(report)


def test_a_provider_that_has_had_enough_is_not_asked_any_more() -> None:
    jobs = [*JOBS[:3], Job("X", "pykrx"), *JOBS[3:]]
    report = run({"B": RateLimitedError(**FACTS)}, jobs)
    assert statuses(report) == "ufnunn"
    assert report.updates[2].message == "fdr was not asked any more."


def test_two_symbols_without_an_answer_end_the_asking() -> None:
    down: ForestoError = ProviderUnreachableError(**FACTS)
    assert statuses(run({"B": down})) == "ufuuu"
    assert statuses(run({"B": down, "D": down})) == "ufufu"
    assert statuses(run({"B": down, "C": down})) == "uffnn"


def test_a_store_that_cannot_be_written_ends_it_all() -> None:
    report = run({"B": DiskFullError(path="/x")})
    assert statuses(report) == "ufnnn"
    assert report.exit_code == DiskFullError.exit_code


def test_progress_is_told_symbol_by_symbol() -> None:
    told: list[tuple[str, int, int]] = []
    run_jobs(JOBS[:2], raising({}), lambda *step: told.append(step))
    assert told == [("A", 0, 2), ("B", 1, 2), ("", 2, 2)]


def test_the_headline_counts_by_status() -> None:
    report = run({"B": NothingGivenError(**FACTS)})
    assert report.headline() == "4 updated, 1 failed; 4 rows new."
    assert UpdateReport(()).headline() == "Nothing to update."
    assert UpdateReport(()).exit_code == 0
