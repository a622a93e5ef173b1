"""The walk over blocks: what was best so far, and what it earned next."""

from __future__ import annotations

import math
from statistics import mean, stdev

import numpy as np
import pytest

from foresto_lab.metrics.inference import block_sums_of
from foresto_lab.optimize.overfitting.degradation import degradation_of


def _slow(
    returns: np.ndarray, blocks: int, first: int, year: float
) -> tuple[list[tuple[int, int, float, float]], float]:
    """Return the rows and the stitched ratio, from the returns themselves."""
    edges = [block * len(returns) // blocks for block in range(blocks + 1)]
    rows, stitched = [], []
    for block in range(first, blocks):
        before = returns[: edges[block]].T.tolist()
        ratios = [mean(trial) / stdev(trial) for trial in before]
        chosen = ratios.index(max(ratios))
        after = returns[edges[block] : edges[block + 1], chosen].tolist()
        stitched += after
        out = mean(after) / stdev(after)
        rows.append((block, chosen, ratios[chosen] * year**0.5, out * year**0.5))
    return rows, mean(stitched) / stdev(stitched) * year**0.5


def test_agrees_with_the_slow_walk() -> None:
    returns = np.random.default_rng(0).standard_t(4, (103, 7)) / 100
    sums, lengths = block_sums_of(returns, 8)
    found = degradation_of(sums, lengths, periods_per_year=252)
    rows, stitched = _slow(returns, 8, 2, 252)
    assert found.table["chosen"].tolist() == [row[1] for row in rows]
    np.testing.assert_allclose(found.table.to_numpy(), np.array(rows), rtol=1e-9)
    assert found.out_of_sample == pytest.approx(stitched, rel=1e-9)
    assert found.in_sample == pytest.approx(mean(row[2] for row in rows), rel=1e-9)
    assert found.ratio == pytest.approx(found.out_of_sample / found.in_sample)


def test_the_past_alone_decides() -> None:
    generator = np.random.default_rng(1)
    returns = generator.normal(0, 0.01, (160, 9))
    sums, lengths = block_sums_of(returns, 16)
    changed = sums.copy()
    changed[:, 10:] = generator.normal(0, 1, changed[:, 10:].shape) ** 2
    before = degradation_of(sums, lengths).table
    after = degradation_of(changed, lengths).table
    past = before["block"] <= 10
    assert before["chosen"][past].tolist() == after["chosen"][past].tolist()
    assert before["in_sample"][past].tolist() == after["in_sample"][past].tolist()


def test_a_lasting_edge_is_kept() -> None:
    returns = np.random.default_rng(2).normal(0, 0.01, (1_600, 5))
    returns[:, 3] += 0.003
    found = degradation_of(*block_sums_of(returns, 16), periods_per_year=252)
    assert set(found.table["chosen"]) == {3}
    # 0.3 a bar is 4.76 a year.
    assert found.out_of_sample == pytest.approx(0.3 * math.sqrt(252), abs=1.3)
    assert 0.7 < found.ratio < 1.5


def test_trials_with_nan_are_left_out_and_of_none_nothing_is_known() -> None:
    returns = np.random.default_rng(3).normal(0, 0.01, (64, 2))
    returns[:, 0] += 0.1
    returns[9, 0] = np.nan
    sums, lengths = block_sums_of(returns, 8)
    assert set(degradation_of(sums, lengths).table["chosen"]) == {1}
    nothing = degradation_of(np.full((2, 8, 2), np.nan), lengths)
    assert math.isnan(nothing.out_of_sample)
    assert nothing.to_dict() == {
        "in_sample": None,
        "out_of_sample": None,
        "ratio": None,
        "blocks": [],
        "walked": [],
        "hindsight": [],
    }


def test_where_nothing_was_promised_nothing_can_be_kept() -> None:
    returns = np.random.default_rng(4).normal(-0.02, 0.01, (64, 3))
    found = degradation_of(*block_sums_of(returns, 8))
    assert found.in_sample < 0
    assert math.isnan(found.ratio)


def test_stretches_are_those_of_the_trials_walked_with() -> None:
    # Two trials, four blocks of two stretches of one bar. Trial 0 is best on the first
    # block, trial 1 on the first two and on the first three, and of all.
    returns = np.array(
        [
            *([0.02, 0.01], [0.04, -0.01], [-0.01, 0.03], [-0.03, 0.05]),
            *([0.01, 0.02], [0.02, 0.06], [0.05, 0.01], [0.07, 0.03]),
        ]
    )
    sums, lengths = block_sums_of(returns, 4)
    found = degradation_of(sums, lengths, first=1, stretches=returns)
    assert found.table["chosen"].tolist() == [0, 1, 1]
    assert found.walked.tolist() == [-0.01, -0.03, 0.02, 0.06, 0.01, 0.03]
    assert found.hindsight.tolist() == [0.03, 0.05, 0.02, 0.06, 0.01, 0.03]
    assert found.to_dict()["walked"] == found.walked.tolist()
    assert not len(degradation_of(sums, lengths, first=1).walked)
