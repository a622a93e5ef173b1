"""Everything that is known of whether a search has found more than luck."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from foresto_lab.metrics.inference import (
    DataSnoopingTest,
    OverfittingProbability,
    deflated_sharpe_ratio,
    expected_maximum_sharpe,
    minimum_backtest_length,
    minimum_track_record_length,
    overfitting_from_block_sums,
    probabilistic_sharpe_ratio,
    superior_predictive_ability,
)
from foresto_lab.metrics.inference.selection import SelectionLuck, selection_luck
from foresto_lab.optimize.evaluation import Evaluator
from foresto_lab.optimize.overfitting.compared_trials import (
    FEWEST_BARS,
    ComparedTrials,
    bars_of,
    compare,
    market_returns,
    reach_of,
)
from foresto_lab.optimize.overfitting.degradation import Degradation, degradation_of
from foresto_lab.optimize.overfitting.plateau import Plateau, neighbours_of, plateau_of
from foresto_lab.optimize.overfitting.prior_trials import PriorTrials
from foresto_lab.optimize.overfitting.verdict import (
    Evidence,
    Verdict,
    cannot_judge,
    judge,
)
from foresto_lab.optimize.searching.executors import Executor, LocalExecutor
from foresto_lab.optimize.searching.objective import Objective
from foresto_lab.optimize.searching.search_outcome import SearchOutcome
from foresto_lab.optimize.spaces.space import Space
from foresto_lab.types import Float64Array1D

if TYPE_CHECKING:
    import pandas as pd

_REPETITIONS = 1_000


@dataclass(frozen=True, eq=False, kw_only=True)
class Assessment:
    """What is known of a search's best trial beyond its figures.

    Parameters
    ----------
    statistics : Series
        Each number by the name it has in ``foresto_lab.labels``; NaN where undefined.
        Sharpe ratios are annual, probabilities fractions, lengths years.
    verdict : Verdict
    luck : SelectionLuck, optional
        The probability that decides the verdict.
    overfitting : OverfittingProbability, optional
    snooping : DataSnoopingTest, optional
    degradation : Degradation, optional
    plateau : Plateau, optional
        None where nothing could be computed, as of the others.
    """

    statistics: pd.Series[Any]
    verdict: Verdict
    luck: SelectionLuck | None = None
    overfitting: OverfittingProbability | None = None
    snooping: DataSnoopingTest | None = None
    degradation: Degradation | None = None
    plateau: Plateau | None = None

    @property
    def details(self) -> Mapping[str, Any]:
        """The parts by name."""
        return MappingProxyType(
            {
                "luck": self.luck,
                "overfitting": self.overfitting,
                "snooping": self.snooping,
                "degradation": self.degradation,
                "plateau": self.plateau,
            }
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the statistics, the verdict and the parts as plain values."""
        parts = {k: None if v is None else v.to_dict() for k, v in self.details.items()}
        return {
            "statistics": {k: _plain(v) for k, v in self.statistics.items()},
            "verdict": self.verdict.to_dict(),
            **parts,
        }

    def __repr__(self) -> str:
        return f"<Assessment: {self.verdict.text('en')}>"


def assess(
    evaluator: Evaluator,
    outcome: SearchOutcome,
    *,
    space: Space | None = None,
    method: str = "",
    objective: Objective | None = None,
    prior: PriorTrials | None = None,
    held_out: float = math.nan,
    executor: Executor | None = None,
    seed: int = 0,
) -> Assessment:
    """Return what is known of whether a search has found more than luck.

    Parameters
    ----------
    evaluator : Evaluator
        One with ``market_returns(span=)`` lets timing be told from holding.
    outcome : SearchOutcome
    space : Space, optional
        For neighbours, and for fresh combinations.
    method : str
        Name of the way to search.
    objective : Objective, optional
        The first one, by which neighbours are measured.
    prior : PriorTrials, optional
        Trials made before of this strategy on these data; this search's are added.
    held_out : float
        Annual Sharpe ratio of the best on bars that were never searched on, if any.
    executor : Executor, optional
        Who evaluates the trials that are compared, a thousand at most.
    seed : int
        The same seed, the same assessment.
    """
    best = outcome.best
    bars = bars_of(evaluator, outcome)
    year = evaluator.periods_per_year
    made = _trials(outcome, prior, year)
    counts = {"trials": outcome.evaluated, "prior_trials": prior.count if prior else 0}
    if best is None or bars < FEWEST_BARS:
        verdict = (
            cannot_judge("NO_BEST")
            if best is None
            else cannot_judge("TOO_SHORT", bars=bars, needed_bars=FEWEST_BARS)
        )
        return Assessment(statistics=_series(counts), verdict=verdict)
    returns = _returns_of_best(evaluator, outcome, best)
    sharpe = _sharpe_numbers(returns, made, year)
    if math.isnan(sharpe["best_sharpe"]):
        return Assessment(
            statistics=_series({**counts, **sharpe}), verdict=cannot_judge("NO_TRADES")
        )
    used = executor or LocalExecutor()
    compared = compare(
        evaluator, outcome, space, method=method, executor=used, seed=seed
    )
    reach = reach_of(outcome, space, method, made.count)
    luck = _luck(evaluator, outcome, compared, returns, reach, seed)
    snooping = superior_predictive_ability(
        compared.stretches, repetitions=_REPETITIONS, seed=seed
    )
    halves = overfitting_from_block_sums(compared.block_sums, compared.block_lengths)
    walk = degradation_of(
        compared.block_sums,
        compared.block_lengths,
        periods_per_year=year,
        stretches=compared.stretches,
    )
    plateau = _plateau(evaluator, outcome, best, space, objective, used)
    numbers = {
        **counts,
        **sharpe,
        **_luck_numbers(luck),
        **_snooping_numbers(snooping),
        **_walk_numbers(halves, walk),
        "plateau_score": math.nan if plateau is None else plateau.score,
        "compared_trials": luck.n_trials,
        "compared_stretches": luck.n_stretches,
    }
    return Assessment(
        statistics=_series(numbers),
        verdict=judge(_evidence(numbers, made.count, outcome, best, held_out)),
        luck=luck,
        overfitting=halves,
        snooping=snooping,
        degradation=walk,
        plateau=plateau,
    )


def trials_of(outcome: SearchOutcome, periods_per_year: float) -> PriorTrials:
    """Return a search's own trials as those after it will count them."""
    own = PriorTrials.of(outcome.sharpes / math.sqrt(periods_per_year))
    return PriorTrials(
        max(outcome.evaluated, own.count),
        own.sharpe_mean,
        own.sharpe_squares,
        own.measured,
    )


def _trials(
    outcome: SearchOutcome, prior: PriorTrials | None, year: float
) -> PriorTrials:
    return (prior or PriorTrials()).merge(trials_of(outcome, year))


def _series(numbers: Mapping[str, Any]) -> pd.Series[Any]:
    import pandas as pd

    return pd.Series(dict(numbers), dtype=object, name="statistics")


def _returns_of_best(
    evaluator: Evaluator, outcome: SearchOutcome, best: int
) -> Float64Array1D:
    row = outcome.combinations.take(np.array([best]))
    returns: Float64Array1D = evaluator.returns(row, span=outcome.span)[0]
    return returns


def _sharpe_numbers(
    returns: Float64Array1D, made: PriorTrials, year: float
) -> dict[str, float]:
    """Return what the papers say of a Sharpe ratio that was picked from many."""
    bars, root = len(returns), math.sqrt(year)
    ratio, skewness, kurtosis = _moments(returns)
    variance = made.sharpe_variance
    luck = math.nan if math.isnan(variance) else variance
    trials = max(made.count, 1)
    numbers = {
        "history_years": bars / year,
        "best_sharpe": ratio * root,
        "sharpe_deviation": math.sqrt(variance) * root,
        "return_skewness": skewness,
        "return_kurtosis": kurtosis,
        "probabilistic_sharpe_ratio": probabilistic_sharpe_ratio(
            ratio, bars, skewness, kurtosis
        ),
        "expected_maximum_sharpe": math.nan,
        "deflated_sharpe_ratio": math.nan,
        "minimum_track_record_years": math.nan,
        "minimum_backtest_years": minimum_backtest_length(trials),
    }
    if not math.isnan(ratio):
        length = minimum_track_record_length(ratio, skewness, kurtosis)
        numbers["minimum_track_record_years"] = length / year
    if not math.isnan(luck):
        numbers["expected_maximum_sharpe"] = (
            expected_maximum_sharpe(trials, luck) * root
        )
        numbers["deflated_sharpe_ratio"] = deflated_sharpe_ratio(
            ratio, bars, trials, luck, skewness, kurtosis
        )
    return numbers


def _moments(returns: Float64Array1D) -> tuple[float, float, float]:
    """Return Sharpe ratio per bar, skewness and kurtosis; NaN where nothing moves."""
    away = returns - returns.mean()
    variance = float((away * away).mean())
    if not variance > (1e-12 * float(np.abs(returns).max(initial=0.0))) ** 2:
        return math.nan, math.nan, math.nan
    scaled = away / math.sqrt(variance)
    deviation = math.sqrt(variance * len(returns) / (len(returns) - 1))
    return (
        float(returns.mean()) / deviation,
        float((scaled**3).mean()),
        float((scaled**4).mean()),
    )


def _luck(
    evaluator: Evaluator,
    outcome: SearchOutcome,
    compared: ComparedTrials,
    returns: Float64Array1D,
    trials: float,
    seed: int,
) -> SelectionLuck:
    market = market_returns(evaluator, outcome.span)
    return selection_luck(
        compared.stretches,
        compared.summed(returns),
        market=None if market is None else compared.summed(market),
        trials=trials,
        repetitions=_REPETITIONS,
        seed=seed,
    )


def _plateau(
    evaluator: Evaluator,
    outcome: SearchOutcome,
    best: int,
    space: Space | None,
    objective: Objective | None,
    executor: Executor,
) -> Plateau | None:
    if space is None or objective is None:
        return None
    around = neighbours_of(space, outcome.combinations.take(np.array([best])))
    values = np.empty(0)
    if len(around):
        told = executor.evaluate(evaluator, around, span=outcome.span)
        values = objective.values(told)
    every = outcome.objective_values[:, 0]
    typical = float(np.nanmedian(every))
    maximize = objective.more_is_better
    return plateau_of(float(every[best]), typical, around, values, maximize=maximize)


def _luck_numbers(luck: SelectionLuck) -> dict[str, float]:
    return {
        "effective_trials": luck.effective_trials,
        "luck_probability": luck.probability,
        "market_beta": luck.beta,
    }


def _snooping_numbers(test: DataSnoopingTest) -> dict[str, float]:
    return {
        "spa_lower": test.spa_lower,
        "spa_consistent": test.spa_consistent,
        "spa_upper": test.spa_upper,
        "reality_check": test.reality_check,
    }


def _walk_numbers(
    halves: OverfittingProbability, walk: Degradation
) -> dict[str, float]:
    return {
        "probability_of_overfitting": halves.probability,
        "loss_out_of_sample": halves.probability_of_loss,
        "overfitting_slope": halves.slope,
        "walked_in_sample": walk.in_sample,
        "walked_out_of_sample": walk.out_of_sample,
        "sharpe_kept": walk.ratio,
    }


def _evidence(
    numbers: Mapping[str, Any],
    trials: int,
    outcome: SearchOutcome,
    best: int,
    held_out: float,
) -> Evidence:
    return Evidence(
        luck=numbers["luck_probability"],
        trials=trials,
        effective_trials=numbers["effective_trials"],
        sharpe=numbers["best_sharpe"],
        without_selection=numbers["probabilistic_sharpe_ratio"],
        beta=numbers["market_beta"],
        trades=_trades(outcome, best),
        promised=numbers["walked_in_sample"],
        kept=numbers["walked_out_of_sample"],
        loss=numbers["loss_out_of_sample"],
        overfitting=numbers["probability_of_overfitting"],
        plateau=numbers["plateau_score"],
        years=numbers["history_years"],
        needed_years=numbers["minimum_backtest_years"],
        held_out=held_out,
    )


def _trades(outcome: SearchOutcome, best: int) -> float:
    """Return the trades of the best; NaN where its evaluator counts none."""
    told = outcome.evaluations
    kept = np.flatnonzero(outcome.kept == best)
    if "total_trades" not in told.names or not len(kept):
        return math.nan
    return float(told.column("total_trades")[kept[0]])


def _plain(value: Any) -> Any:
    number = value.item() if hasattr(value, "item") else value
    return None if isinstance(number, float) and not math.isfinite(number) else number
