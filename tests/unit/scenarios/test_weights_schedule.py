"""Schedules of target weights: rows in force by date, and what is no schedule."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foresto_lab.errors import (
    DateRangeError,
    ForestoError,
    InputError,
    UnknownNameError,
    WeightError,
)
from foresto_lab.scenarios.weights_schedule import WeightsSchedule

ROWS: dict[Any, dict[Any, float]] = {
    "2020-01-02": {"equity": 0.6, "bond": 0.3},
    "2020-01-04": {"equity": 0.5, "bond": 0.5},
    "2020-01-08": {"equity": 0.0, "bond": 1.0},
}
SESSIONS = np.array(
    ["2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07", "2020-01-08"],
    dtype="datetime64[D]",
)


def test_a_row_holds_from_its_date_and_a_weekends_from_the_next_session() -> None:
    targets, row_of_session = WeightsSchedule.from_rows(ROWS).on(SESSIONS)
    # 2020-01-04 was a Saturday: its row counts from Monday the 6th.
    assert row_of_session.tolist() == [0, 0, 1, 1, 2]
    assert row_of_session.dtype == np.int64
    np.testing.assert_allclose(
        targets, [[0.6, 0.3, 0.1], [0.5, 0.5, 0.0], [0.0, 1.0, 0.0]], atol=1e-15
    )


def test_of_two_rows_on_one_weekend_the_later_counts() -> None:
    schedule = WeightsSchedule.from_rows(
        {"2020-01-02": {"A": 1.0}, "2020-01-04": {"A": 0.5}, "2020-01-05": {"A": 0.2}}
    )
    _, row_of_session = schedule.on(SESSIONS)
    assert row_of_session.tolist() == [0, 0, 2, 2, 2]


def test_day_zero_begins_at_the_row_in_force() -> None:
    _, row_of_session = WeightsSchedule.from_rows(ROWS).on(SESSIONS[2:])
    assert row_of_session.tolist() == [1, 1, 2]


def test_sessions_before_the_first_row_have_no_weights() -> None:
    with pytest.raises(DateRangeError, match=r"begins on 2020-01-04.*Start on"):
        WeightsSchedule.from_rows(
            {"2020-01-04": {"A": 1.0}, "2020-01-09": {"A": 0.5}}
        ).on(SESSIONS)


def test_frame_rows_and_dict_are_three_ways_to_say_one_schedule() -> None:
    schedule = WeightsSchedule.from_rows(ROWS)
    frame = pd.DataFrame(ROWS).T
    frame.index = pd.DatetimeIndex(frame.index)
    others = [
        WeightsSchedule.from_frame(frame),
        WeightsSchedule.from_frame(schedule.to_frame()),
        WeightsSchedule.from_dict(schedule.to_dict()),
        pickle.loads(pickle.dumps(schedule)),
        schedule.only(["bond", "equity"]).only(["equity", "bond"]),
    ]
    for other in others:
        assert other.to_dict() == schedule.to_dict()
    assert schedule.to_dict()["dates"] == ["2020-01-02", "2020-01-04", "2020-01-08"]
    assert schedule.only(["bond", "equity"]).checksum == schedule.checksum
    assert repr(schedule) == (
        "WeightsSchedule(3 rows, 2020-01-02 to 2020-01-08, equity, bond)"
    )


def test_its_arrays_cannot_be_changed() -> None:
    weights = np.array([[0.5, 0.5]])
    dates = np.array(["2020-01-02"], dtype="datetime64[D]")
    schedule = WeightsSchedule(dates, ("A", "B"), weights)
    weights[0, 0] = 9.0
    assert schedule.weights[0, 0] == 0.5
    with pytest.raises(ValueError, match="read-only"):
        schedule.weights[0, 0] = 1.0


def test_only_held_assets_are_named_held() -> None:
    schedule = WeightsSchedule.from_rows({"2020-01-02": {"A": 0.5, "B": 0.0}})
    assert schedule.held == ("A",)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ({}, "0 rows and 0 assets"),
        ({"2020-01-02": {}}, "1 rows and 0 assets"),
        (
            {"2020-01-02": {"A": 1.0, "B": 0.0}, "2020-01-03": {"A": 1.0}},
            "2020-01-03.*says nothing of B",
        ),
        ({"2020-01-03": {"A": 1.0}, "2020-01-02": {"A": 1.0}}, "02 follows 2020-01-03"),
        ({"2020-01-02": {"A": 0.7, "B": 0.4}}, "2020-01-02.*sums to 1.1;"),
        ({"2020-01-02": {"A": -0.1}}, "2020-01-02.*weight -0.1 for A"),
        ({"2020-01-02": {"A": float("nan")}}, "2020-01-02.*no weight for A"),
        ({"2020-01-02": {"A": float("inf")}}, "weight inf for A"),
        ({"2020-01-02": {"A": None}}, "no weight for A"),
        ({"2020-01-02": {"A": "0.5"}}, "no weight for A"),
        ({"2020-01-02": {"A": True}}, "no weight for A"),
        ({"not a date": {"A": 1.0}}, "is no date"),
    ],
)
def test_what_is_no_schedule_is_told_with_its_place(
    rows: dict[Any, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said) as raised:
        WeightsSchedule.from_rows(rows)
    assert "\n" not in str(raised.value)


def test_a_frame_with_a_date_twice_is_refused() -> None:
    frame = pd.DataFrame({"A": [1.0, 0.5]}, index=["2020-01-02", "2020-01-02"])
    with pytest.raises(WeightError, match="two rows of 2020-01-02"):
        WeightsSchedule.from_frame(frame)
    two_labels_of_one_text = pd.DataFrame([[0.5, 0.5]], ["2020-01-02"], [1, "1"])
    with pytest.raises(WeightError, match="asset 1 more than once"):
        WeightsSchedule.from_frame(two_labels_of_one_text)
    with pytest.raises(WeightError, match="given list"):
        WeightsSchedule.from_frame([1.0])  # type: ignore[arg-type]


def test_a_document_with_other_fields_is_refused() -> None:
    plain = WeightsSchedule.from_rows(ROWS).to_dict()
    with pytest.raises(UnknownNameError, match="colour"):
        WeightsSchedule.from_dict({**plain, "colour": 1})
    with pytest.raises(WeightError, match="no field 'assets'"):
        WeightsSchedule.from_dict({"dates": [], "weights": []})
    for weights in ([[0.1, 0.2]], [[0.1], [0.1], [0.1]], [[0.1, "x"]] * 3):
        with pytest.raises(ForestoError):
            WeightsSchedule.from_dict({**plain, "weights": weights})
    with pytest.raises(UnknownNameError, match="gold"):
        WeightsSchedule.from_rows(ROWS).only(["gold"])
