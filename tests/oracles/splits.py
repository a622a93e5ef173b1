"""Slow and obvious cuts of bars, a list of bar numbers for each, as oracles."""

from __future__ import annotations

from itertools import combinations


def rolling_windows(
    n_bars: int, train: int, test: int, step: int, anchored: bool, embargo: int
) -> list[tuple[list[int], list[int]]]:
    """Return train and test bars of each window, bar by bar."""
    windows = []
    start = train + embargo
    while start < n_bars:
        tested = [bar for bar in range(start, start + test) if bar < n_bars]
        if 2 * len(tested) >= test:
            end = start - embargo
            begin = 0 if anchored else end - train
            windows.append((list(range(begin, end)), tested))
        start += step
    return windows


def purged_train(
    group_of: list[int], tested: tuple[int, ...], purge: int, embargo: int
) -> list[int]:
    """Return the bars left to train on, each asked whether a test bar is too near."""
    n_bars = len(group_of)
    is_test = [group in tested for group in group_of]
    left = []
    for bar in range(n_bars):
        before = range(max(bar - purge - embargo, 0), bar)
        after = range(bar + 1, min(bar + purge, n_bars - 1) + 1)
        near = any(is_test[other] for other in (*before, *after))
        if not is_test[bar] and not near:
            left.append(bar)
    return left


def path_splits(groups: int, test_groups: int) -> list[list[tuple[int, ...]]]:
    """Return, for each path, the tested groups of the split that serves each group."""
    splits = list(combinations(range(groups), test_groups))
    n_paths = len(splits) * test_groups // groups
    return [
        [
            [tested for tested in splits if group in tested][path]
            for group in range(groups)
        ]
        for path in range(n_paths)
    ]
