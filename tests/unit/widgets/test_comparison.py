"""What the explorer is set to: rules made of parameters, settings added and removed."""

from __future__ import annotations

from datetime import date

import pytest

from foresto_lab.errors import AmountError, InputError, UnknownNameError
from foresto_lab.rebalancing import Drift, Hybrid, Periodic
from foresto_lab.widgets.comparison import Comparison, Setting

RULES = [
    None,
    Periodic("QUARTERLY", "LAST_TRADING_DAY", cost_rate=0.002),
    Drift(0.2, relative=True, to="band_edge", cost_rate=0.0),
    Hybrid(Periodic("WEEKLY"), Drift(0.03), "ANY"),
]


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_a_setting_made_from_a_rule_makes_that_rule(rule):
    assert Setting("GROWTH").with_rule(rule).rule() == rule


def test_parameters_of_another_kind_of_rule_are_kept():
    drifting = Setting("GROWTH").with_rule(Drift(0.2, cost_rate=0.001))
    periodic = drifting.with_rule(Periodic("ANNUAL"))
    assert periodic.rule() == Periodic("ANNUAL")
    assert periodic.threshold == 0.2


def test_a_half_edited_setting_can_be_held_and_says_what_is_wrong_when_built():
    setting = Setting("GROWTH", kind="DRIFT", threshold=1.5)
    with pytest.raises(AmountError, match=r"1\.5"):
        setting.rule()


def test_period_and_amount_belong_to_all_settings():
    one = Comparison((Setting("MIN_VOL"),)).added()
    changed = one.changed(start=date(2015, 1, 2), initial_amount=5.0, scenario="GROWTH")
    assert [s.scenario for s in changed.settings] == ["MIN_VOL", "GROWTH"]
    assert (changed.start, changed.initial_amount) == (date(2015, 1, 2), 5.0)


def test_a_fifth_setting_is_refused():
    four = Comparison((Setting("MIN_VOL"),)).added().added().added()
    with pytest.raises(InputError, match="Remove one first"):
        four.added()


@pytest.mark.parametrize(
    ("active", "removed", "then_active"), [(0, 2, 0), (2, 0, 1), (1, 1, 1), (2, 2, 1)]
)
def test_removing_a_setting_keeps_the_edited_one(active, removed, then_active):
    settings = tuple(Setting(name) for name in ("MIN_VOL", "DEFENSIVE", "GROWTH"))
    left = Comparison(settings, active=active).removed(removed)
    assert left.active == then_active
    assert len(left.settings) == 2
    if active != removed:
        assert left.setting == settings[active]


def test_the_last_setting_stays():
    with pytest.raises(InputError, match="cannot be removed"):
        Comparison((Setting("MIN_VOL"),)).removed(0)


def test_a_mistyped_field_is_answered_with_the_near_one():
    with pytest.raises(UnknownNameError, match="Did you mean threshold"):
        Comparison((Setting("MIN_VOL"),)).changed(treshold=0.1)
