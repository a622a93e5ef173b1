"""Walk-forward and cross-validation on Dask workers: the numbers of this process."""

from __future__ import annotations

from typing import Any

import pandas as pd

import foresto_lab as fl
from foresto_lab.cluster import DaskExecutor
from tests.oracles.walk_forward import random_candles

SPACE = {"fast_period": [3, 5, 8], "slow_period": [12, 20, 40]}


def test_workers_give_the_same_windows_splits_and_paths() -> None:
    frame = random_candles(600, seed=41)
    same: dict[str, Any] = {"progress": False, "method": fl.Random(trials=6)}
    cuts: dict[str, Any] = {"train": 300, "test": 100}
    groups: dict[str, Any] = {"groups": 4, "purge": 5, "embargo": 2}
    with DaskExecutor(workers=1) as workers:
        walked = fl.walk_forward(
            frame, "sma_cross", SPACE, executor=workers, **same, **cuts
        )
        paths = fl.combinatorial_cross_validation(
            frame, "sma_cross", SPACE, executor=workers, **same, **groups
        )
    here = fl.walk_forward(frame, "sma_cross", SPACE, **same, **cuts)
    pd.testing.assert_frame_equal(walked.windows, here.windows)
    pd.testing.assert_frame_equal(walked.equity, here.equity)
    there = fl.combinatorial_cross_validation(
        frame, "sma_cross", SPACE, **same, **groups
    )
    pd.testing.assert_frame_equal(paths.splits, there.splits)
    pd.testing.assert_frame_equal(paths.paths, there.paths)
    assert paths.chosen == there.chosen
