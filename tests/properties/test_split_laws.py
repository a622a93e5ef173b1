"""Laws of windows and purged groups, for any lengths."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from foresto_lab.errors import SplitError
from foresto_lab.optimize.validation.purged_groups import PurgedGroups
from foresto_lab.optimize.validation.windows import WalkForwardPlan, Window
from tests.oracles.splits import purged_train, rolling_windows

DAY = 86_400_000_000


def windows_of(plan: WalkForwardPlan, n_bars: int, times: object) -> list[Window]:
    try:
        cut = None if times is None else times[:n_bars]  # type: ignore[index]
        return list(plan.windows(n_bars, cut, DAY))
    except SplitError:
        return []


@settings(max_examples=150, deadline=None)
@given(
    n_bars=st.integers(0, 200),
    train=st.integers(1, 80),
    test=st.integers(1, 60),
    gap=st.integers(0, 20),
    anchored=st.booleans(),
    embargo=st.integers(0, 15),
)
def test_windows_are_those_of_the_oracle(
    n_bars: int, train: int, test: int, gap: int, anchored: bool, embargo: int
) -> None:
    plan = WalkForwardPlan(train, test, test + gap, anchored, embargo)
    found = [
        (
            list(range(w.train.first, w.train.last)),
            list(range(w.test.first, w.test.last)),
        )
        for w in windows_of(plan, n_bars, None)
    ]
    assert found == rolling_windows(n_bars, train, test, test + gap, anchored, embargo)


@settings(max_examples=150, deadline=None)
@given(
    steps=st.lists(st.integers(1, 4), min_size=2, max_size=150),
    train=st.integers(1, 60),
    test=st.integers(1, 40),
    anchored=st.booleans(),
    embargo=st.integers(0, 10),
    in_days=st.booleans(),
    data=st.data(),
)
def test_more_bars_never_change_a_complete_window(
    steps: list[int],
    train: int,
    test: int,
    anchored: bool,
    embargo: int,
    in_days: bool,
    data: st.DataObject,
) -> None:
    times = np.cumsum(np.array(steps, dtype=np.int64)) * DAY
    n_bars = len(times)
    unit = "D" if in_days else ""
    plan = (
        WalkForwardPlan(f"{train}D", f"{test}D", None, anchored, embargo)
        if unit
        else WalkForwardPlan(train, test, None, anchored, embargo)
    )
    cut = data.draw(st.integers(1, n_bars))
    whole, early = windows_of(plan, n_bars, times), windows_of(plan, cut, times)
    ended = times[cut - 1] + DAY
    complete = [
        window
        for window in whole
        if window.test.last <= cut
        and (not in_days or times[window.test.first] + test * DAY <= ended)
    ]
    assert early[: len(complete)] == complete
    assert len(early) <= len(complete) + 1
    for window in whole:
        assert 0 <= window.train.first < window.train.last
        assert window.train.last + embargo == window.test.first
        assert window.test.first < window.test.last <= n_bars
    for one, following in pairwise(whole):
        assert one.test.last == following.test.first


@settings(max_examples=100, deadline=None)
@given(
    n_bars=st.integers(20, 120),
    groups=st.integers(2, 7),
    purge=st.integers(0, 4),
    embargo=st.integers(0, 4),
    data=st.data(),
)
def test_no_train_bar_is_near_a_test_bar(
    n_bars: int, groups: int, purge: int, embargo: int, data: st.DataObject
) -> None:
    tested = data.draw(st.integers(1, groups - 1))
    plan = PurgedGroups(groups, tested, purge, embargo)
    try:
        spans = plan.spans(n_bars)
    except SplitError:
        assert 2 * purge + embargo >= n_bars // groups
        return
    group_of = [group for group, span in enumerate(spans) for _ in range(len(span))]
    assert len(group_of) == n_bars
    for split in plan.splits(n_bars):
        left = [bar for span in split.train for bar in range(span.first, span.last)]
        assert left == purged_train(group_of, split.test_groups, purge, embargo)
    for path in plan.paths():
        for group, number in enumerate(path):
            assert group in plan.splits(n_bars)[number - 1].test_groups
    served = [
        (group, number) for path in plan.paths() for group, number in enumerate(path)
    ]
    assert len(served) == len(set(served)) == plan.n_paths * groups
