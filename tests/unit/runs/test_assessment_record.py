"""An assessment comes back from its text bit for bit."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from foresto_lab.metrics.inference import (
    overfitting_from_block_sums,
    superior_predictive_ability,
)
from foresto_lab.metrics.inference.selection import selection_luck
from foresto_lab.optimize.combinations import Combinations
from foresto_lab.optimize.overfitting.assessment import Assessment
from foresto_lab.optimize.overfitting.degradation import degradation_of
from foresto_lab.optimize.overfitting.plateau import Plateau
from foresto_lab.optimize.overfitting.verdict import cannot_judge
from foresto_lab.runs.assessment_record import assessment_from, assessment_text


def test_every_part_comes_back() -> None:
    draws = np.random.default_rng(5).normal(0.0005, 0.01, (128, 6))
    blocks = draws.reshape(8, 16, 6)
    sums = np.stack([blocks.sum(axis=1).T, (blocks**2).sum(axis=1).T], axis=2)
    lengths = np.full(8, 16.0)
    around = Combinations.of([{"fast": 5, "source": "close"}, {"fast": 6, "source": 1}])
    whole = Assessment(
        statistics=pd.Series(
            {"trials": 6, "sharpe": 0.1 + 0.2, "beta": math.nan},
            dtype=object,
            name="statistics",
        ),
        verdict=cannot_judge("NO_BEST"),
        luck=selection_luck(draws, draws[:, 0], trials=6, repetitions=50),
        overfitting=overfitting_from_block_sums(sums, lengths),
        snooping=superior_predictive_ability(draws, repetitions=50),
        degradation=degradation_of(sums, lengths, periods_per_year=252.0),
        plateau=Plateau(0.5, 1.0, 0.2, around, np.array([0.3, math.nan])),
    )
    text = assessment_text(whole)
    found = assessment_from(text)
    assert assessment_text(found) == text
    assert found.verdict == whole.verdict
    pd.testing.assert_series_equal(found.statistics, whole.statistics)
    assert found.plateau is not None
    assert found.plateau.neighbours.row(1) == {"fast": 6, "source": 1}
    assert found.degradation is not None
    assert whole.degradation is not None
    pd.testing.assert_frame_equal(
        found.degradation.table, whole.degradation.table, check_exact=True
    )
    assert (
        assessment_text(Assessment(statistics=whole.statistics, verdict=whole.verdict))
        != text
    )
