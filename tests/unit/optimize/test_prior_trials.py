"""Trials made before: counted, merged, refused where they contradict themselves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresto_lab.errors import AmountError
from foresto_lab.optimize.overfitting.prior_trials import PriorTrials

RATIOS = st.lists(st.floats(-1, 1) | st.just(math.nan), max_size=20)


@settings(max_examples=40)
@given(first=RATIOS, second=RATIOS)
def test_merged_they_are_as_if_made_at_once(
    first: list[float], second: list[float]
) -> None:
    merged = PriorTrials.of(first).merge(PriorTrials.of(second))
    whole = PriorTrials.of([*first, *second])
    assert (merged.count, merged.known) == (whole.count, whole.known)
    assert merged.sharpe_mean == pytest.approx(whole.sharpe_mean, abs=1e-12)
    assert merged.sharpe_squares == pytest.approx(whole.sharpe_squares, abs=1e-12)


def test_the_variance_is_that_of_the_ratios_that_are_known() -> None:
    found = PriorTrials.of([0.1, math.nan, 0.3, 0.5])
    assert (found.count, found.known) == (4, 3)
    assert found.sharpe_mean == pytest.approx(0.3)
    assert found.sharpe_variance == pytest.approx(0.04)
    assert found.sharpe_variance == pytest.approx(np.var([0.1, 0.3, 0.5], ddof=1))


def test_of_none_and_of_one_nothing_is_known_of_the_variance() -> None:
    assert math.isnan(PriorTrials().sharpe_variance)
    assert math.isnan(PriorTrials.of([0.2]).sharpe_variance)
    assert PriorTrials(7, 0.1, 0.2).known == 7


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"count": -1}, "count is -1"),
        ({"count": 3, "sharpe_squares": -0.1}, "sharpe_squares is -0.1"),
        ({"count": 3, "sharpe_squares": math.nan}, "sharpe_squares is nan"),
        ({"count": 3, "measured": 4}, "measured is 4, but must be at most count, 3"),
    ],
)
def test_what_contradicts_itself_is_refused(
    given: dict[str, float], words: str
) -> None:
    with pytest.raises(AmountError, match=words):
        PriorTrials(**given)  # type: ignore[arg-type]
