"""Laws of the decomposition: for every world, rule, cost and moment of trading."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from hypothesis import assume, given

import foresto_lab as fl
from foresto_lab.errors import DateRangeError, InputError
from foresto_lab.scenarios.decomposition import PARTS
from foresto_lab.types import Execution
from tests.oracles.portfolio import OraclePath, OracleRule, simulate_slowly
from tests.oracles.rebalancing_study import explain_slowly
from tests.properties.test_simulation_laws import Case, cases, law

TOLERANCE = 1e-9
NEVER = fl.Drift(0.99)


def study_of(case: Case, **options: object) -> fl.RebalancingStudy:
    """Return the study of a case's rule; a case in which nothing trades is no case."""
    assume(sum(case.weights.values()) > 0)
    try:
        return fl.rebalancing_study(
            case.prices,
            case.weights,
            {"rule": case.rule, "never": NEVER},
            execution=case.execution,
            **options,
        )
    except (DateRangeError, InputError):
        assume(False)
        raise


@given(cases())
@law
def test_the_parts_add_up_at_every_close_in_every_year_and_over_the_trades(
    case: Case,
) -> None:
    study = study_of(case)
    scale = study.paths.to_numpy().max()
    for name in study.compared:
        gap = study.paths[name] - study.paths["none"]
        parts = study.parts(name)
        np.testing.assert_array_equal(parts["difference"], gap)
        total = parts[list(PARTS)].sum(axis=1)
        assert (total - gap).abs().max() <= TOLERANCE * scale
        carried = parts["earlier_trades_effect"] + parts["compounding_effect"]
        assert (carried - parts["carried_effect"]).abs().max() <= TOLERANCE * scale
        years = study.by_year(name)[[*PARTS, "difference"]].sum()
        ends = parts[[*PARTS, "difference"]].iloc[-1]
        assert (years - ends).abs().max() <= TOLERANCE * scale
        events = study.events(name)[list(PARTS)].sum()
        assert (events - ends[list(PARTS)]).abs().max() <= TOLERANCE * scale


@given(cases())
@law
def test_a_rule_that_never_trades_has_no_parts(case: Case) -> None:
    study = study_of(case)
    assume(study.events("never").empty)
    assert (study.parts("never") == 0.0).all().all()
    assert study.summary.loc["never", "difference"] == 0.0


@given(cases())
@law
def test_without_cost_there_is_no_cost_part(case: Case) -> None:
    study = study_of(case, costs=0.0)
    assert (study.parts("rule")["cost_effect"] == 0.0).all()
    assert (study.events("rule")["cost"] == 0.0).all()


@given(cases())
@law
def test_before_its_first_trade_a_rule_has_done_nothing(case: Case) -> None:
    study = study_of(case)
    events = study.events("rule")
    assume(not events.empty)
    before = study.parts("rule").loc[: events["event_date"].iloc[0]].iloc[:-1]
    assert (before == 0.0).all().all()


@given(cases())
@law
def test_a_slow_account_tells_the_same(case: Case) -> None:
    study = study_of(case)
    rows = case.prices.to_dict("records")
    held = {a: w for a, w in case.weights.items() if w > 0}
    slow = simulate_slowly(rows, held, oracle_rule(case), 1_000_000)
    none = simulate_slowly(rows, held, None, 1_000_000)
    events = study.events("rule")
    # A tie between a drift and its threshold may fall either way.
    assume([e["row"] for e in slow.events] == rows_of(case.prices, events))
    scale = max(slow.nav)
    for told, event in zip(
        explain_slowly(rows, slow, none), events.to_dict("records"), strict=True
    ):
        assert case.prices.index[told.until] == event["until"]
        for part in (
            "cost",
            "return_effect",
            "carried_effect",
            "earlier_trades_effect",
            "compounding_effect",
        ):
            assert abs(getattr(told, part) - event[part]) <= TOLERANCE * scale, part


def rows_of(prices: pd.DataFrame, events: pd.DataFrame) -> list[int]:
    return prices.index.get_indexer(pd.DatetimeIndex(events["event_date"])).tolist()


def oracle_rule(case: Case) -> OracleRule:
    """Return the case's rule as the slow simulator takes it."""
    rule, late = case.rule, case.execution == Execution.NEXT_CLOSE
    assert rule is not None
    schedule = rule.schedule(
        case.prices.index.to_numpy().astype("datetime64[D]"), fl.get_calendar("XKRX")
    )
    joints = {"ON_DATE": "DATE", "ON_DRIFT": "DRIFT", "ON_BOTH": "ALL"}
    return replace(
        OracleRule(joints.get(schedule.decision.name, "ANY")),
        due=frozenset(np.flatnonzero(schedule.due).tolist()),
        threshold=schedule.threshold,
        relative=schedule.relative,
        to_band_edge=schedule.to_band_edge,
        cost_rate=rule.cost_rate,
        at_next_close=late,
    )


def test_the_slow_account_keeps_its_own_books() -> None:
    rows = [{"a": 100.0, "b": 100.0}, {"a": 150.0, "b": 100.0}, {"a": 150.0, "b": 125}]
    halves = {"a": 0.5, "b": 0.5}
    rule = simulate_slowly(rows, halves, OracleRule("DATE", due=[1]), 1000.0)
    none: OraclePath = simulate_slowly(rows, halves, None, 1000.0)
    (told,) = explain_slowly(rows, rule, none)
    # 625 and 625 against 750 and 500: 625 x 0.25 less 500 x 0.25
    assert told.return_effect == 31.25
    assert told.carried_effect == 0.0
