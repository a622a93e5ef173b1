"""A walk-forward never sees a bar to come, nor a split one that it is tested on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import foresto_lab as fl
from foresto_lab.optimize.validation.purged_groups import PurgedGroups
from tests.oracles.walk_forward import random_candles

N_BARS = 420
PRICES = ["open", "high", "low", "close"]
PLANS = st.fixed_dictionaries(
    {
        "train": st.integers(80, 200),
        "test": st.integers(40, 90),
        "anchored": st.booleans(),
        "embargo": st.integers(0, 12),
    }
)
STRATEGIES = st.sampled_from(
    [
        ("sma_cross", {"fast_period": [2, 4, 7], "slow_period": [9, 15]}),
        ("rsi_reversal", {"rsi_period": [3, 6, 10], "oversold": [25.0, 40.0]}),
    ]
)
METHODS = st.sampled_from(
    ["grid", fl.Random(trials=4), fl.Genetic(population=4, generations=2)]
)
slowly = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


def walked(
    frame: pd.DataFrame, traded: tuple[str, Any], **options: Any
) -> fl.WalkForwardResult:
    name, space = traded
    execution = fl.Execution(fee_rate=0.0005, allow_short=True)
    return fl.walk_forward(
        frame, name, space, execution=execution, progress=False, **options
    )


@slowly
@given(
    seed=st.integers(0, 2**16),
    plan=PLANS,
    traded=STRATEGIES,
    method=METHODS,
    data=st.data(),
)
def test_what_comes_after_a_test_begins_never_changes_what_was_chosen(
    seed: int,
    plan: dict[str, Any],
    traded: tuple[str, Any],
    method: Any,
    data: st.DataObject,
) -> None:
    frame = random_candles(N_BARS, seed, volatility=0.02)
    before = walked(frame, traded, method=method, **plan)
    window = data.draw(st.integers(1, len(before.windows)))
    starts = plan["train"] + plan["embargo"] + (window - 1) * plan["test"]
    changed = frame.copy()
    bars = slice(data.draw(st.integers(starts, N_BARS - 1)), None)
    other = random_candles(N_BARS, seed + 1, volatility=0.05)
    changed.iloc[bars] = (other * data.draw(st.floats(0.2, 5.0))).iloc[bars]
    after = walked(changed, traded, method=method, **plan)
    assert after.chosen[:window] == before.chosen[:window]
    columns = ["status", "train_objective", "evaluated"]
    pd.testing.assert_frame_equal(
        after.windows[columns].head(window), before.windows[columns].head(window)
    )
    untouched = bars.start - (plan["train"] + plan["embargo"])
    known = max(min(untouched, (window - 1) * plan["test"]), 0)
    np.testing.assert_array_equal(
        after.equity["equity"].iloc[:known], before.equity["equity"].iloc[:known]
    )


@slowly
@given(
    seed=st.integers(0, 2**16), plan=PLANS, traded=STRATEGIES, cut=st.integers(310, 419)
)
def test_fewer_bars_never_change_earlier_windows(
    seed: int, plan: dict[str, Any], traded: tuple[str, Any], cut: int
) -> None:
    frame = random_candles(N_BARS, seed, volatility=0.02)
    whole, early = (
        walked(frame, traded, **plan),
        walked(frame.iloc[:cut], traded, **plan),
    )
    starts = plan["train"] + plan["embargo"]
    complete = sum(
        starts + number * plan["test"] <= cut for number in whole.windows.index
    )
    assert len(early.windows) >= complete
    assert early.chosen[:complete] == whole.chosen[:complete]
    pd.testing.assert_frame_equal(
        early.windows.head(complete), whole.windows.head(complete)
    )
    bars = complete * plan["test"]
    pd.testing.assert_frame_equal(early.equity.head(bars), whole.equity.head(bars))


@slowly
@given(seed=st.integers(0, 2**16), tested=st.integers(1, 2), data=st.data())
def test_bars_of_test_groups_never_change_what_a_split_chose(
    seed: int, tested: int, data: st.DataObject
) -> None:
    """With a purge as long as the slowest average looks back, not one bar leaks."""
    frame = random_candles(N_BARS, seed, volatility=0.02)
    plan = PurgedGroups(4, tested, purge=16, embargo=data.draw(st.integers(0, 9)))
    split = data.draw(st.sampled_from(plan.splits(N_BARS)))
    changed = frame.copy()
    other = random_candles(N_BARS, seed + 1, volatility=0.05) * 1.7
    for group in split.test_groups:
        span = plan.spans(N_BARS)[group]
        changed.iloc[span.first : span.last] = other.iloc[span.first : span.last]
    before, after = (
        fl.combinatorial_cross_validation(
            candles,
            "sma_cross",
            {"fast_period": [2, 4, 7], "slow_period": [9, 15]},
            progress=False,
            **plan.to_dict(),
        )
        for candles in (frame, changed)
    )
    place = split.number - 1
    assert after.chosen[place] == before.chosen[place]
    assert after.splits["train_objective"].iloc[place] == pytest.approx(
        before.splits["train_objective"].iloc[place], rel=1e-9
    )
