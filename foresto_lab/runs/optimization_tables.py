"""The tables and the summary by which a search is kept, and what they give again."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.optimize.result_values import json_ready
from foresto_lab.runs.assessment_record import assessment_from, assessment_text
from foresto_lab.runs.record import RunArtifacts, RunRecord
from foresto_lab.runs.registration import findings_of, findings_table
from foresto_lab.runs.trials import TrialTally

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.optimize.plan import SearchPlan
    from foresto_lab.optimize.result import OptimizationResult
    from foresto_lab.runs.optimization_request import OptimizationRequest
    from foresto_lab.runs.portfolio_search import PortfolioSearchRequest

MOST_TRIALS: Final = 100_000
"""Trials that are kept with all their figures: of more, the best."""
FACTS: Final = ("status", "evaluated", "elapsed", "periods_per_year")
OPTIONAL_TABLES: Final = ("generations", "parts")
PRIOR: Final = ("evaluated", "measured", "sharpe_mean", "sharpe_squares")


def prior_of(tally: TrialTally) -> Any:
    """Return what was tried before as the statistics of a search take it."""
    from foresto_lab.optimize.overfitting.prior_trials import PriorTrials

    return PriorTrials(
        tally.evaluated, tally.sharpe_mean, tally.sharpe_squares, tally.measured
    )


def prior_facts(tally: TrialTally) -> dict[str, Any]:
    """Return what was tried before as measures of a summary."""
    return {f"prior_{name}": getattr(tally, name) for name in PRIOR}


def recorded_prior(record: RunRecord) -> TrialTally:
    """Return what had been tried before a recorded search."""
    return TrialTally(*(record.summary[f"prior_{name}"] for name in PRIOR))


def to_artifacts(result: OptimizationResult, prior: TrialTally) -> RunArtifacts:
    """Return the tables and the summary by which a result is kept.

    The summary has the figures of the best trial under their own names.
    """
    import pandas as pd

    best = dict(result.best_metrics) if result.best else {}
    optional = {name: getattr(result, name) for name in OPTIONAL_TABLES}
    sharpes: Any = [] if result.sharpes is None else result.sharpes
    tables: dict[str, pd.DataFrame] = {
        "trials": result.trials.head(MOST_TRIALS),
        **{name: table for name, table in optional.items() if table is not None},
        "sharpes": pd.DataFrame({"sharpe": pd.Series(sharpes, dtype="float64")}),
        "subject": _as_text(dict(result.subject)),
        "findings": findings_table(result.findings),
    }
    if result.assessment is not None:
        text = assessment_text(result.assessment)
        tables["assessment"] = pd.DataFrame({"facts": [text]})
    verdict = result.verdict
    return RunArtifacts(
        tables=tables,
        summary={
            **best,
            "objective": result.objective,
            "best": json_ready(result.best),
            "verdict": None if verdict is None else str(verdict.level),
            **{name: getattr(result, name) for name in FACTS},
            **prior_facts(prior),
        },
    )


def _as_text(given: dict[str, Any]) -> pd.DataFrame:
    """Return facts as a table of one cell."""
    import pandas as pd

    return pd.DataFrame({"facts": [json.dumps(json_ready(given), ensure_ascii=False)]})


def _from_text(table: pd.DataFrame) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(str(table["facts"].iloc[0]))
    return facts


def result_from(
    record: RunRecord,
    artifacts: RunArtifacts,
    request: OptimizationRequest | PortfolioSearchRequest,
    plan: SearchPlan | None,
) -> OptimizationResult:
    """Return the result that artifacts hold.

    Parameters
    ----------
    plan : SearchPlan, optional
        The search again, where its data are at hand: then trials can be run.
    """
    from foresto_lab.optimize.methods import parse_method
    from foresto_lab.optimize.result import OptimizationResult
    from foresto_lab.optimize.searching.objective import (
        Objective,
        parse_metric_constraints,
    )
    from foresto_lab.optimize.spaces.space import parse_space
    from foresto_lab.optimize.validation.splits import parse_split

    tables = artifacts.tables
    trials, subject = tables["trials"], _from_text(tables["subject"])
    space = parse_space(dict(request.space))
    objectives = tuple(
        Objective(each["name"], each["maximize"]) for each in request.objectives
    )
    names = _metric_names(trials, space.names)
    kept: dict[str, Any] = {
        **{name: tables.get(name) for name in OPTIONAL_TABLES},
        **{name: artifacts.summary[name] for name in FACTS},
    }
    return OptimizationResult(
        trials=trials,
        space=space,
        method=parse_method(dict(request.method)),
        objectives=objectives,
        constraints=parse_metric_constraints(request.constraints, names),
        metric_names=names,
        subject=subject,
        seed=request.seed,
        split=None if request.split is None else parse_split(dict(request.split)),
        sharpes=tables["sharpes"]["sharpe"].to_numpy(),
        make_assessment=partial(_assessment, tables),
        findings=findings_of(artifacts),
        evaluator=None if plan is None else plan.evaluator,
        request_hash=record.request_hash,
        run_id=record.run_id,
        **kept,
    )


def _metric_names(trials: pd.DataFrame, parameters: tuple[str, ...]) -> tuple[str, ...]:
    """Return the figures among the columns: what lies before the objective."""
    columns = [str(name) for name in trials]
    figures = columns[: columns.index("objective")]
    return tuple(name for name in figures if name not in {"trial", *parameters})


def _assessment(tables: Any) -> Any:
    if "assessment" not in tables:
        return None
    return assessment_from(str(tables["assessment"]["facts"].iloc[0]))
