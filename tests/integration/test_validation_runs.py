"""Walk-forwards and cross-validations as runs, on both stores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.errors import ReproductionError, SplitError
from foresto_lab.lab import Lab
from tests.integration.test_optimization_runs import CancelAfter, evaluated, load

SPACE = {"fast_period": range(3, 8, 2), "slow_period": (10, 20, 5)}
ASKED: dict[str, Any] = {"symbols": "AAA", "progress": False}
CUTS: dict[str, Any] = {"train": 150, "test": 50}


@pytest.fixture
def lab(either_lab: Lab, tmp_path: Path) -> Lab:
    load(either_lab, tmp_path)
    return either_lab


def same_walk(left: Any, right: Any) -> None:
    for name in ("windows", "train_metrics", "test_metrics", "equity", "trades"):
        pd.testing.assert_frame_equal(
            getattr(left, name), getattr(right, name), check_exact=True
        )
    assert left.chosen == right.chosen


def test_a_walk_forward_is_kept_found_and_reproduced(lab: Lab) -> None:
    result = lab.walk_forward("sma_cross", SPACE, **CUTS, **ASKED)
    assert len(result.windows) == 5
    assert result.run_id is not None
    record = lab.run_record(result.run_id)
    assert record.request["search"] == "walk_forward"
    assert record.summary["total_return"] == result.metrics["total_return"]
    assert evaluated(lab) == [5 * 9]
    again = lab.walk_forward("sma_cross", SPACE, **CUTS, **ASKED)
    for kept in (again, lab.run(result.run_id)):
        same_walk(kept, result)
        assert kept.to_dict() == result.to_dict()
    pure = fl.walk_forward(
        lab.candles("AAA", "1d"),
        "sma_cross",
        SPACE,
        symbol="AAA",
        progress=False,
        **CUTS,
    )
    same_walk(result, pure)
    found = lab.reproduce(result.run_id)
    assert found.identical, str(found)
    assert evaluated(lab) == [5 * 9]
    later = lab.optimize("sma_cross", SPACE, **ASKED)
    assert later.statistics["prior_trials"] == 5 * 9
    assert later.run_id != result.run_id


def test_a_cross_validation_is_kept_found_and_reproduced(lab: Lab) -> None:
    asked = {**ASKED, "groups": 5, "test_groups": 1, "purge": 20}
    result = lab.cross_validate("sma_cross", SPACE, **asked)
    assert result.run_id is not None
    assert evaluated(lab) == [5 * 9]
    again = lab.cross_validate("sma_cross", SPACE, **asked)
    assert again.run_id == result.run_id
    assert again.to_dict() == result.to_dict()
    pd.testing.assert_frame_equal(again.equity, result.equity, check_exact=True)
    found = lab.reproduce(result.run_id)
    assert found.identical, str(found)


def test_a_stopped_walk_forward_is_marked_and_gone_on_with(lab: Lab) -> None:
    cancel = CancelAfter(3)
    asked = {**ASKED, "progress": cancel.observe}
    partial = lab.walk_forward("sma_cross", SPACE, cancel=cancel, **CUTS, **asked)
    assert partial.status == "cancelled"
    assert len(partial.windows) < 5
    assert 0 < evaluated(lab)[0] < 5 * 9
    with pytest.raises(ReproductionError, match="stopped before its end"):
        lab.reproduce(str(partial.run_id))
    whole = lab.walk_forward("sma_cross", SPACE, **CUTS, **ASKED)
    assert whole.status == "complete"
    assert evaluated(lab) == [5 * 9]
    assert lab.storage.checkpoints.waiting() == ()
    fresh = lab.walk_forward("sma_cross", SPACE, force=True, **CUTS, **ASKED)
    same_walk(whole, fresh)


def test_windows_that_do_not_fit_are_refused_before_anything_is_done(lab: Lab) -> None:
    with pytest.raises(SplitError):
        lab.walk_forward("sma_cross", SPACE, train=390, test=50, **ASKED)
    with pytest.raises(SplitError):
        lab.cross_validate("sma_cross", SPACE, groups=300, **ASKED)
    assert list(lab.run_records()) == []
    assert evaluated(lab) == []
