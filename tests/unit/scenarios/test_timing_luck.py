"""Rules on every base day: each is a simulation of its own, to the last bit."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import foresto_lab as fl
from foresto_lab.errors import (
    AmountError,
    DateRangeError,
    InputError,
    RuleError,
    UnknownNameError,
)
from foresto_lab.scenarios.base_days import simulate_days, walk_days
from tests.oracles.korean_sessions import sessions_2020

WEIGHTS = {"a": 0.6, "b": 0.3}
MONTHLY = fl.Periodic("MONTHLY")


@pytest.fixture(scope="module")
def prices() -> pd.DataFrame:
    days = sessions_2020("2020-01-02", "2020-12-30")
    steps = np.random.default_rng(7).normal(0, 0.02, (len(days), 2)).cumsum(axis=0)
    return pd.DataFrame(100 * np.exp(steps), days, ["a", "b"])


@pytest.mark.parametrize("execution", ["close", "next_close"])
@pytest.mark.parametrize(
    "rule",
    [
        MONTHLY,
        fl.Periodic("MONTHLY", "LAST_TRADING_DAY", cost_rate=0.01),
        fl.Periodic("WEEKLY"),
        fl.Hybrid(MONTHLY, fl.Drift(0.02)),
        fl.Hybrid(MONTHLY, fl.Drift(0.05, to="band_edge"), "ANY"),
    ],
    ids=lambda rule: rule.label if not isinstance(rule, str) else rule,
)
def test_every_row_is_the_simulation_of_its_base_day(
    prices: pd.DataFrame, rule: fl.Periodic | fl.Hybrid, execution: str
) -> None:
    luck = fl.timing_luck(prices, WEIGHTS, {"rule": rule}, execution=execution)
    for offset, row in luck.of("rule").iterrows():
        moved = _at(rule, int(offset))
        result = fl.simulate(prices, WEIGHTS, moved, execution=execution)
        assert row["final_nav"] == result.path["nav"].iloc[-1]
        for measure in (
            "total_return",
            "cagr",
            "volatility",
            "sharpe_ratio",
            "max_drawdown",
            "total_turnover",
            "total_cost",
            "rebalancing_count",
        ):
            assert row[measure] == result.summary[measure], measure
    own = fl.simulate(prices, WEIGHTS, rule, execution=execution)
    first = luck.of("rule").loc[0]
    assert first["chosen"]
    assert first["final_nav"] == own.path["nav"].iloc[-1]


def _at(rule: fl.Periodic | fl.Hybrid, offset: int) -> fl.Periodic | fl.Hybrid:
    if isinstance(rule, fl.Hybrid):
        return fl.Hybrid(_at(rule.periodic, offset), rule.drift, rule.mode)
    return fl.Periodic(
        rule.frequency, rule.base_day, offset=offset, cost_rate=rule.cost_rate
    )


def test_simulating_each_day_gives_what_walking_them_gives(
    prices: pd.DataFrame,
) -> None:
    variants = {"monthly": [(day, _at(MONTHLY, day)) for day in (0, 5, 20)]}
    given = (prices, WEIGHTS, 0.002, None, 1_000_000, "XKRX", variants)
    walked, simulated = walk_days(*given), simulate_days(*given)
    assert walked is not None
    one, other = walked.days["monthly"], simulated.days["monthly"]
    np.testing.assert_array_equal(one.nav, other.nav)
    np.testing.assert_array_equal(one.figures, other.figures)
    np.testing.assert_array_equal(one.totals, other.totals)
    assert one.tranched == pytest.approx(other.tranched, rel=1e-12)
    assert walked.make_request_hash() == simulated.make_request_hash()


def test_every_session_of_each_period_is_tried(prices: pd.DataFrame) -> None:
    luck = fl.timing_luck(prices, WEIGHTS)
    counts = luck.table.groupby("rule", sort=False).size().to_dict()
    assert counts == {
        "weekly": 5,
        "monthly": 21,
        "quarterly": 63,
        "semiannual": 126,
        "annual": 252,
        "hybrid": 21,
    }


def test_fewer_base_days_lie_evenly_over_the_period(prices: pd.DataFrame) -> None:
    rules = {"quarterly": fl.Periodic("QUARTERLY"), "weekly": fl.Periodic("WEEKLY")}
    luck = fl.timing_luck(prices, WEIGHTS, rules, base_days=21)
    assert list(luck.of("quarterly").index) == list(range(0, 63, 3))
    assert list(luck.of("weekly").index) == [0, 1, 2, 3, 4]
    assert luck.table["chosen"].sum() == 2


def test_a_rules_own_base_day_is_among_them(prices: pd.DataFrame) -> None:
    rule = fl.Periodic("QUARTERLY", offset=7)
    luck = fl.timing_luck(prices, WEIGHTS, {"mine": rule}, base_days=3)
    assert list(luck.of("mine").index) == [0, 7, 21, 42]
    assert luck.of("mine")["chosen"].tolist() == [False, True, False, False]


def test_the_summary_is_of_the_table(prices: pd.DataFrame) -> None:
    luck = fl.timing_luck(prices, WEIGHTS, {"monthly": MONTHLY})
    for measure, is_better in (
        ("cagr", np.greater),
        ("final_nav", np.greater),
        ("max_drawdown", np.greater),
        ("volatility", np.less),
    ):
        values = luck.of("monthly")[measure].to_numpy()
        row = luck.summary.loc[("monthly", measure)]
        assert row["base_days"] == 21
        assert row["minimum"] == values.min()
        assert row["lower_quartile"] == np.sort(values)[5]  # of 21, the sixth
        assert row["median"] == np.sort(values)[10]
        assert row["upper_quartile"] == np.sort(values)[15]
        assert row["maximum"] == values.max()
        assert row["spread"] == values.max() - values.min()
        deviation = np.sqrt(((values - values.mean()) ** 2).sum() / 20)
        assert row["standard_deviation"] == pytest.approx(deviation, rel=1e-12)
        assert row["chosen"] == values[0]
        assert row["rank"] == 1 + is_better(values, values[0]).sum()


def test_money_spread_over_all_base_days_is_the_mean_of_the_paths(
    prices: pd.DataFrame,
) -> None:
    luck = fl.timing_luck(prices, WEIGHTS, {"monthly": MONTHLY})
    paths = pd.DataFrame(
        {
            day: fl.simulate(prices, WEIGHTS, _at(MONTHLY, day)).path["nav"]
            for day in range(21)
        }
    )
    mean = paths.mean(axis=1)
    rows = luck.summary.xs("monthly", level="rule")
    assert rows.loc["final_nav", "tranched"] == pytest.approx(mean.iloc[-1])
    drawdown = (mean / mean.cummax() - 1).min()
    assert rows.loc["max_drawdown", "tranched"] == pytest.approx(drawdown)
    apart = (paths.pct_change() - mean.pct_change().to_numpy()[:, None]).iloc[1:]
    expected = apart.std() * np.sqrt(252)
    np.testing.assert_allclose(luck.of("monthly")["tracking_error"], expected)


def test_a_world_without_moves_has_no_luck(prices: pd.DataFrame) -> None:
    still = prices * 0 + 100.0
    luck = fl.timing_luck(still, WEIGHTS, {"monthly": MONTHLY})
    assert (luck.summary["spread"] == 0).all()
    assert (luck.summary["rank"] == 1).all()
    assert (luck.table["total_cost"] < 1e-9).all()


def test_rules_without_a_base_day_are_told_of(prices: pd.DataFrame) -> None:
    rules = {"monthly": MONTHLY, "drift": fl.Drift(0.05), "held": None}
    luck = fl.timing_luck(prices, WEIGHTS, rules)
    assert list(luck.rules) == ["monthly"]
    assert [(f.code, f.where) for f in luck.findings] == [
        ("NO_BASE_DAY", "drift"),
        ("NO_BASE_DAY", "held"),
    ]


def test_it_is_plain_data_and_shows_itself(prices: pd.DataFrame) -> None:
    luck = fl.timing_luck(prices, WEIGHTS, {"monthly": MONTHLY})
    plain = json.loads(json.dumps(luck.to_dict()))
    assert len(plain["base_day_figures"]) == 21
    assert plain["summary"]["monthly"]["cagr"]["rank"] >= 1
    assert "21 base days" in repr(luck)
    assert "매월" in luck._repr_html_()
    assert len(luck.request_hash) == 64
    other = fl.timing_luck(prices, WEIGHTS, {"monthly": MONTHLY}, base_days=7)
    assert luck.request_hash != other.request_hash


def refused(
    prices: pd.DataFrame, kind: type[Exception], match: str, **options: object
) -> None:
    given = {"weights": WEIGHTS, **options}
    with pytest.raises(kind, match=match):
        fl.timing_luck(prices, **given)  # type: ignore[arg-type]


def test_what_has_no_luck_to_measure(prices: pd.DataFrame) -> None:
    refused(prices, RuleError, "has a base day", rules=[fl.Drift(0.05)])
    refused(prices, RuleError, "rules is empty", rules={})
    refused(prices, UnknownNameError, "Did you mean monthly", rules=["montly"])
    refused(prices, InputError, "nothing to rebalance", weights={"a": 1})
    refused(prices.iloc[:1], DateRangeError, "does not trade on any", rules="monthly")


@pytest.mark.parametrize("base_days", [0, 1, -3, 2.5, True, "some", None])
def test_base_days_are_all_or_a_number(prices: pd.DataFrame, base_days: object) -> None:
    refused(prices, AmountError, 'must be "all" or a whole', base_days=base_days)


def test_what_it_does_not_have(prices: pd.DataFrame) -> None:
    luck = fl.timing_luck(prices, WEIGHTS, {"monthly": MONTHLY})
    with pytest.raises(UnknownNameError, match="rule of this study"):
        luck.of("annual")
