"""fl.optimize from end to end: what it gives, what it refuses, what it says."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.errors import (
    AmountError,
    InputError,
    ObjectiveError,
    SpaceError,
    UnknownNameError,
)
from tests.unit.optimize.searched import GRID, Hill, figures_of

SMALL = {"fast_period": [5, 10], "slow_period": [20, 50]}


def search(**terms: Any) -> Any:
    space = terms.pop("space", GRID)
    return fl.optimize(None, terms.pop("hill", None) or Hill(), space, **terms)


@pytest.fixture(scope="module")
def candles() -> pd.DataFrame:
    draw = np.random.default_rng(11)
    close = 100 * np.exp(np.cumsum(draw.normal(0, 0.01, 900)))
    before = np.concatenate([[100.0], close[:-1]])
    return pd.DataFrame(
        {
            "open": before,
            "high": np.maximum(before, close) * 1.002,
            "low": np.minimum(before, close) * 0.998,
            "close": close,
            "volume": 1.0,
        },
        index=pd.date_range("2022-01-01", periods=900, freq="h", tz="UTC"),
    )


def test_every_figure_of_every_trial_is_that_of_a_backtest(
    candles: pd.DataFrame,
) -> None:
    found = fl.optimize(candles, "sma_cross", SMALL)
    assert len(found.trials) == found.evaluated == 4
    for row in found.trials.to_dict("records"):
        strategy = fl.SmaCross(
            fast_period=row["fast_period"], slow_period=row["slow_period"]
        )
        alone = fl.backtest(candles, strategy).metrics
        for name in found.metric_names:
            np.testing.assert_equal(float(row[name]), float(alone[name]), name)
    sharpes = found.trials["sharpe"].to_numpy()
    assert (np.diff(sharpes) <= 0).all()
    assert found.trials["rank"].tolist() == [1, 2, 3, 4]
    again = found.best_result()
    assert again.metrics["sharpe"] == found.best_metrics["sharpe"] == sharpes[0]
    assert found.verdict is not None
    assert len(found.statistics) > 5


def test_a_split_searches_the_train_part_alone(candles: pd.DataFrame) -> None:
    split = fl.Split(0.5, 0.25, 0.25)
    found = fl.optimize(candles, "sma_cross", SMALL, split=split, top=2)
    assert found.parts is not None
    assert found.parts.index.get_level_values("part").tolist() == [
        *("train", "validation", "test") * 2
    ]
    train = found.parts.xs("train", level="part")
    first_two = found.trials.set_index("trial").loc[train.index]
    pd.testing.assert_frame_equal(
        train, first_two[list(train)], check_names=False, check_exact=True
    )
    hill = Hill()
    search(hill=hill, split=split)
    assert hill.spans[0] == split.spans(320).train


def test_several_objectives_give_a_front() -> None:
    found = search(objective=["sharpe_ratio", "volatility"])
    rows = found.pareto.to_dict("records")
    values = {(row["sharpe"], row["volatility"]) for row in rows}
    every = {
        (figures_of(x, y)[0], figures_of(x, y)[3])
        for x in range(20)
        for y in range(1, 10)
    }
    beaten = {
        (s, v)
        for s, v in every
        if any((a >= s and b <= v and (a, b) != (s, v)) for a, b in every)
    }
    assert values == every - beaten
    assert found.trials["trial"].tolist()[: len(rows)] == found.pareto["trial"].tolist()


def test_a_function_is_an_objective_with_its_name() -> None:
    def calm(figures: Any) -> float:
        return float(figures["sharpe"] - 10 * figures["volatility"])

    found = search(objective=calm)
    assert found.objective == "calm"
    assert found.best == max(
        ({"x": x, "y": y} for x in range(20) for y in range(1, 10)),
        key=lambda p: figures_of(**p)[0] - 10 * figures_of(**p)[3],
    )
    assert found.request_hash != search().request_hash


def test_the_same_request_has_the_same_hash_and_another_has_not() -> None:
    assert search().request_hash == search().request_hash
    assert search(seed=1).request_hash != search().request_hash
    assert search(constraints="total_trades > 1").request_hash != search().request_hash


# --- nothing to prefer ----------------------------------------------------------------


def test_without_any_value_there_are_findings_and_no_best() -> None:
    found = search(space={"x": range(5), "y": [0]})
    codes = [finding.code for finding in found.findings]
    assert codes[:2] == ["NO_OBJECTIVE_VALUE", "NO_TRADES"]
    assert len(found.trials) == 5
    assert found.best == {}
    with pytest.raises(ObjectiveError, match="None of 5 trials has a sharpe"):
        found.best_result()
    assert "no trial counts" in repr(found)
    assert found._repr_html_()


def test_bounds_that_all_trials_break_say_how_near_they_came() -> None:
    found = search(constraints="max_drawdown > 0.5")
    (finding,) = [f for f in found.findings if f.code == "NO_FEASIBLE_TRIAL"]
    assert "max_drawdown runs from -0.38 to 0" in finding.fix
    with pytest.raises(ObjectiveError, match="keeps every constraint"):
        _ = found.best_metrics
    assert len(found.trials) == 200
    assert not found.top(5).size


def test_a_best_value_at_the_edge_is_pointed_out() -> None:
    found = search(space={"x": fl.IntRange(0, 8), "y": fl.IntRange(1, 9)})
    (finding,) = [f for f in found.findings if f.code == "BEST_AT_EDGE"]
    assert (finding.where, found.best) == ("x", {"x": 8, "y": 7})


# --- refused before anything runs -----------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "error", "words"),
    [
        ({"space": {}}, SpaceError, "empty"),
        ({"space": {"z": [1]}}, UnknownNameError, "z"),
        ({"space": {"x": (5, 1)}}, SpaceError, "x"),
        ({"space": {"x": range(10**6), "y": range(10**6)}}, SpaceError, "000"),
        ({"constraints": "x < 0"}, SpaceError, "x < 0"),
        ({"objective": "sharp"}, UnknownNameError, "sharpe"),
        ({"method": "gird"}, UnknownNameError, "grid"),
        ({"trials": 5}, SpaceError, "grid"),
        ({"objective": ["sharpe", "volatility"], "method": "tpe"}, ObjectiveError, "n"),
        ({"seed": -1}, AmountError, "seed"),
        ({"top": 0}, AmountError, "top"),
        ({"patience": 0}, AmountError, "patience"),
        ({"time_limit": 0}, AmountError, "time_limit"),
        ({"time_limit": "1h"}, AmountError, "time_limit"),
        ({"cancel": 3}, InputError, "threading.Event"),
        ({"workers": 0}, AmountError, "workers"),
        ({"workers": 2, "dask": "tcp://a:1"}, InputError, "one of executor"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_evaluated(
    terms: dict[str, Any], error: type[Exception], words: str
) -> None:
    hill = Hill()
    with pytest.raises(error, match=words):
        search(hill=hill, **terms)
    assert hill.asked == []


def test_no_candles_are_said() -> None:
    with pytest.raises(InputError, match="No candles"):
        fl.optimize(None, "sma_cross", SMALL)


# --- shown ----------------------------------------------------------------------------


def test_a_result_shows_itself() -> None:
    found = search(method="random", trials=30, seed=1)
    assert "30 trials by random" in repr(found)
    page = found._repr_html_()
    assert "무작위 탐색" in page
    assert "30개" in page
    json.dumps(found.to_dict(), allow_nan=False)
    assert found.to_frame() is not found.trials
    assert found.parameters_of(3) == found.run(3)
    with pytest.raises(UnknownNameError, match="0 to 29"):
        found.run(30)


def test_partial_results_say_so() -> None:
    found = search(cancel=lambda: True)
    assert (found.status, found.is_partial, len(found.trials)) == ("cancelled", True, 0)
    assert found.findings[0].code == "SEARCH_STOPPED"
    assert "취소" in found._repr_html_()
    assert "cancelled" in repr(found)
