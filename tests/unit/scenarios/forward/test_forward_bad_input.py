"""What cannot be simulated forward is refused in a sentence."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.errors import AmountError, ForestoError, InputError, UnknownNameError
from tests.oracles.forward_cases import WEIGHTS, forward, history


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"paths": 0}, "paths is 0, but must be a whole number from 1"),
        ({"paths": -5}, "paths is -5"),
        ({"paths": 2.5}, "paths is 2.5"),
        ({"paths": True}, "paths is True"),
        ({"paths": 10**9}, "paths is 1000000000"),
        ({"paths": 10**6, "years": 50}, "601,000,000 values"),
        ({"years": 0}, "years is 0"),
        ({"years": -1}, "years is -1"),
        ({"years": 1e9}, "years is 1000000000.0"),
        ({"years": math.nan}, "years is nan"),
        ({"years": math.inf}, "years is inf"),
        ({"years": 1.01}, "whole number of months"),
        ({"years": "20"}, "years is '20'"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 2**60}, "seed is"),
        ({"seed": 0.5}, "seed is 0.5"),
        ({"threads": 0}, "threads is 0"),
        ({"goal": -1.0}, "goal is -1.0"),
        ({"goal": 0}, "goal is 0"),
        ({"goal": math.nan}, "goal is nan"),
        ({"inflation": 1.5}, "inflation is 1.5"),
        ({"inflation": math.nan}, "inflation is nan"),
        ({"method": "MAGIC"}, "Unknown forward method 'MAGIC'"),
        ({"method": 7}, "method is 7"),
        ({"method": {"type": "BOOTSTRAP", "block": 3}}, "Unknown field of BOOTSTRAP"),
        ({"method": {}}, "Unknown forward method"),
        ({"whole_shares": 1}, "whole_shares is 1"),
        ({"initial_amount": 0}, "initial_amount is 0"),
        ({"execution": "open"}, "Unknown execution"),
        ({"method": fl.Bootstrap(5_000)}, "no longer than history, which has 799"),
    ],
)
def test_arguments(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ForestoError) as caught:
        forward(history(), **options)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"block_length": 0}, "block_length is 0"),
        ({"block_length": 0.5}, "block_length is 0.5"),
        ({"block_length": math.nan}, "block_length is nan"),
        ({"block_length": "long"}, "block_length is 'long'"),
        ({"dependence": "none"}, "Unknown dependence 'none'"),
    ],
)
def test_bootstrap(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ForestoError) as caught:
        fl.Bootstrap(**given)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"mean": -1.0}, "mean is -1.0"),
        ({"mean": math.nan}, "mean is nan"),
        ({"mean": {"equity": "much"}}, "mean['equity'] is 'much'"),
        ({"volatility": -0.1}, "volatility is -0.1"),
        ({"volatility": {"equity": math.inf}}, "volatility['equity'] is inf"),
        ({"degrees_of_freedom": 2}, "degrees_of_freedom is 2"),
        ({"correlation": 0.5}, "correlation must name its assets"),
        ({"correlation": {"a": {"a": 1.0, "b": 0.5}}}, "and no other"),
        (
            {"correlation": {"a": {"a": 1, "b": 2}, "b": {"a": 2, "b": 1}}},
            "from -1 to 1",
        ),
        (
            {"correlation": {"a": {"a": 1, "b": 0.1}, "b": {"a": 0.2, "b": 1}}},
            "it must be the same",
        ),
        ({"correlation": {"a": {"a": 0.9}}}, "moves with itself"),
        ({"correlation": {"a": {"a": "x"}}}, "from -1 to 1"),
    ],
)
def test_parametric(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ForestoError) as caught:
        fl.Parametric(**given)
    assert said in str(caught.value)


def test_stated_assets_must_be_held() -> None:
    with pytest.raises(UnknownNameError, match="held asset in mean="):
        forward(history(), method=fl.Parametric(mean={"gold": 0.1}))


def test_correlations_must_be_possible() -> None:
    names = ["a", "b", "c"]
    prices = pd.DataFrame(
        np.exp(np.random.default_rng(0).normal(0, 0.01, (200, 3)).cumsum(axis=0)),
        index=pd.date_range("2020-01-01", periods=200),
        columns=names,
    )
    wanted = pd.DataFrame(
        [[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]], names, names
    )
    with pytest.raises(InputError, match="contradict each other"):
        fl.forward(
            prices,
            dict.fromkeys(names, 0.3),
            method=fl.Parametric(correlation=wanted),
            calendar="24/7",
            paths=1,
        )


def test_a_perfect_correlation_is_possible() -> None:
    both = pd.DataFrame(1.0, list(WEIGHTS), list(WEIGHTS))
    method = fl.Parametric(mean=0.05, volatility=0.1, correlation=both)
    result = forward(history(), None, method=method)
    assert result.final.gt(0.0).all()


def test_history_too_short() -> None:
    with pytest.raises(InputError, match="give 9 daily returns"):
        forward(history(10))


def test_monthly_prices_are_no_daily_ones() -> None:
    prices = history(300)
    prices.index = pd.date_range("1990-01-31", periods=300, freq="ME")
    with pytest.raises(InputError, match="a row every 31 days"):
        forward(prices)


def test_gaps_and_unknown_assets() -> None:
    prices = history()
    prices.iloc[400, 0] = np.nan
    with pytest.raises(ForestoError, match="has no price on"):
        forward(prices)
    with pytest.raises(ForestoError, match="Unknown asset"):
        fl.forward(history(), {"silver": 1.0}, paths=1)


@pytest.mark.parametrize("costs", ["NOWHERE", 1.5, -0.1, object(), [None, 3]])
def test_costs(costs: Any) -> None:
    with pytest.raises(ForestoError):
        forward(history(), None, costs)


@pytest.mark.parametrize("flows", ["often", 5, [], {"type": "GIFT"}])
def test_cashflows(flows: Any) -> None:
    with pytest.raises(ForestoError):
        forward(history(), None, None, flows)


def test_a_schedule_says_nothing_of_the_future() -> None:
    frame = pd.DataFrame({"equity": [1.0]}, index=pd.to_datetime(["2020-01-02"]))
    with pytest.raises(InputError, match="changes with the past"):
        fl.forward(history(), fl.WeightsSchedule.from_frame(frame), paths=1)


def test_an_amount_is_said_with_its_name() -> None:
    with pytest.raises(AmountError) as caught:
        forward(history(), goal=-3)
    assert caught.value.parameter == "goal"


def test_methods_come_back_from_what_they_say() -> None:
    from foresto_lab.scenarios.forward import parse_method

    for method in (
        fl.Bootstrap(),
        fl.Bootstrap(7.5, "returns"),
        fl.Parametric(0.05, {"equity": 0.2}, {"a": {"a": 1.0}}, 4.0),
    ):
        assert parse_method(method.to_dict()) == method
