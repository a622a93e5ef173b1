"""Cuts of the bars: train, validation and test; windows; purged groups."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pytest
from skfolio.model_selection import CombinatorialPurgedCV, WalkForward

import foresto_lab as fl
from foresto_lab.errors import AmountError, SplitError
from foresto_lab.optimize.evaluation import BarSpan
from foresto_lab.optimize.validation.purged_groups import PurgedGroups
from foresto_lab.optimize.validation.splits import Split, SplitSpans, parse_split
from foresto_lab.optimize.validation.windows import WalkForwardPlan
from tests.oracles.splits import path_splits

DAY = 86_400_000_000


def bars(span: BarSpan) -> list[int]:
    return list(range(span.first, span.last))


# --- train, validation, test --------------------------------------------------------


def test_shares_that_add_up_to_one_cover_all_bars() -> None:
    assert Split(0.6, 0.2, 0.2).spans(7) == SplitSpans(
        BarSpan(0, 4), BarSpan(4, 6), BarSpan(6, 7)
    )
    assert fl.Split().spans(1_000).test == BarSpan(800, 1_000)


def test_whole_numbers_are_bars_and_the_rest_is_left_alone() -> None:
    spans = Split(train=50, validation=0, test=30).spans(100)
    assert spans == SplitSpans(BarSpan(0, 50), None, BarSpan(50, 80))


def test_an_embargo_is_taken_from_the_front_of_what_follows() -> None:
    spans = Split(0.5, 0.25, 0.25, embargo=5).spans(100)
    assert spans == SplitSpans(BarSpan(0, 50), BarSpan(55, 75), BarSpan(80, 100))


@pytest.mark.parametrize(
    ("parts", "error", "says"),
    [
        ((0.6, 0.3, 0.2), SplitError, "add up to 1.1"),
        ((600, 0.2, 0.2), SplitError, "must be whole"),
        ((0.6, 0.0, 0.0), SplitError, "nothing to check on"),
        ((0.0, 0.5, 0.5), AmountError, "train"),
        ((-0.1, 0.5, 0.5), AmountError, "train"),
        ((math.nan, 0.5, 0.5), AmountError, "train"),
        ((True, 0.5, 0.5), AmountError, "train"),
        (("much", 0.5, 0.5), AmountError, "train"),
        ((0.6, 0.2, 0.2, 1.5), AmountError, "embargo"),
    ],
)
def test_impossible_splits_are_refused(
    parts: tuple[float, ...], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        Split(*parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("split", "says"),
    [
        (Split(600, 300, 200), "asks for 1,100 bars"),
        (Split(0.9, 0.05, 0.05, embargo=60), "validation part gets none"),
        (Split(0.0001, 0.5, 0.4), "train part gets none"),
    ],
)
def test_splits_that_the_data_cannot_hold_are_refused(split: Split, says: str) -> None:
    with pytest.raises(SplitError, match=says):
        split.spans(1_000)


def test_a_split_is_read_from_what_it_says_of_itself() -> None:
    split = Split(0.5, 0.3, 0.2, embargo=2)
    assert parse_split(split.to_dict()) == split == parse_split((0.5, 0.3, 0.2, 2))
    assert parse_split(split) is split
    for wrong in ("half", 0.5, {"training": 0.5}, (1, 2, 3, 4, 5)):
        with pytest.raises(SplitError, match="split is"):
            parse_split(wrong)


# --- windows ------------------------------------------------------------------------


def test_rolling_windows_touch_and_keep_their_length() -> None:
    windows = WalkForwardPlan(train=4, test=2).windows(11)
    assert [(w.number, w.train, w.test) for w in windows] == [
        (1, BarSpan(0, 4), BarSpan(4, 6)),
        (2, BarSpan(2, 6), BarSpan(6, 8)),
        (3, BarSpan(4, 8), BarSpan(8, 10)),
        (4, BarSpan(6, 10), BarSpan(10, 11)),  # half a test span is enough
    ]


def test_anchored_windows_grow_and_an_embargo_is_left_out() -> None:
    windows = WalkForwardPlan(4, 3, step=4, anchored=True, embargo=1).windows(13)
    assert [(w.train, w.test) for w in windows] == [
        (BarSpan(0, 4), BarSpan(5, 8)),
        (BarSpan(0, 8), BarSpan(9, 12)),
    ]


def test_a_rest_shorter_than_half_a_test_span_is_left_out() -> None:
    assert len(WalkForwardPlan(10, 5).windows(22)) == 2
    assert WalkForwardPlan(10, 5).windows(23)[-1].test == BarSpan(20, 23)


def test_shares_are_of_all_bars() -> None:
    windows = WalkForwardPlan(0.5, 0.1).windows(200)
    assert len(windows) == 5
    assert windows[0].train == BarSpan(0, 100)
    assert windows[-1].test == BarSpan(180, 200)


def test_durations_count_time_not_bars() -> None:
    days = np.array(
        [0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 14, 15, 16, 17, 18], dtype=np.int64
    )
    plan = WalkForwardPlan("7D", timedelta(days=7))
    windows = plan.windows(len(days), days * DAY, DAY)
    assert [(w.train, w.test) for w in windows] == [
        (BarSpan(0, 5), BarSpan(5, 10)),
        (BarSpan(5, 10), BarSpan(10, 15)),
    ]


def test_a_last_window_of_durations_is_kept_if_half_of_its_time_is_there() -> None:
    times = np.arange(30, dtype=np.int64) * DAY
    plan = WalkForwardPlan("10D", "8D")
    assert [w.test for w in plan.windows(22, times[:22], DAY)] == [
        BarSpan(10, 18),
        BarSpan(18, 22),
    ]
    assert len(plan.windows(21, times[:21], DAY)) == 1


def test_windows_are_those_of_skfolio() -> None:
    for train, test, embargo in [(50, 10, 0), (30, 15, 4), (100, 20, 1)]:
        ours = WalkForwardPlan(train, test, embargo=embargo).windows(200 + embargo)
        theirs = WalkForward(test_size=test, train_size=train, purged_size=embargo)
        expected = [
            (first.tolist(), second.tolist())
            for first, second in theirs.split(np.zeros((200 + embargo, 1)))
        ]
        whole = [w for w in ours if len(w.test) == test]
        assert [(bars(w.train), bars(w.test)) for w in whole] == expected


@pytest.mark.parametrize(
    ("plan", "n_bars", "says"),
    [
        (WalkForwardPlan(900, 200), 1_000, None),
        (WalkForwardPlan(900, 201), 1_000, "No window fits 1,000 bars: train 900"),
        (WalkForwardPlan(5_000, 200), 1_000, "No window fits"),
        (WalkForwardPlan(500, 200, embargo=10_000), 1_000, "embargo of 10,000"),
        (WalkForwardPlan(500, 200, step=100), 1_000, "would overlap"),
        (WalkForwardPlan(0.5, 0.0001), 1_000, "is not one bar"),
        (WalkForwardPlan("30D", "10D"), 1_000, "has no times"),
        (WalkForwardPlan(10, 1), 20_000, "more than 10,000"),
        (WalkForwardPlan(10, 5), 0, "No window fits 0 bars"),
    ],
)
def test_windows_that_do_not_fit_are_refused(
    plan: WalkForwardPlan, n_bars: int, says: str | None
) -> None:
    if says is None:
        assert len(plan.windows(n_bars)) == 1
        return
    with pytest.raises(SplitError, match=says):
        plan.windows(n_bars)


@pytest.mark.parametrize(
    ("lengths", "name"),
    [
        ({"train": 0, "test": 10}, "train"),
        ({"train": 10, "test": 0}, "test"),
        ({"train": 10, "test": -5}, "test"),
        ({"train": 1.5, "test": 10}, "train"),
        ({"train": math.nan, "test": 10}, "train"),
        ({"train": "a year", "test": 10}, "train"),
        ({"train": "-3D", "test": 10}, "train"),
        ({"train": "NaT", "test": 10}, "train"),
        ({"train": True, "test": 10}, "train"),
        ({"train": None, "test": 10}, "train"),
        ({"train": 10, "test": 10, "step": 0}, "step"),
        ({"train": 10, "test": 10, "embargo": -1}, "embargo"),
    ],
)
def test_impossible_lengths_are_refused(lengths: dict[str, object], name: str) -> None:
    with pytest.raises(AmountError, match=f"^{name} is"):
        WalkForwardPlan(**lengths)  # type: ignore[arg-type]


def test_a_plan_is_read_from_what_it_says_of_itself() -> None:
    for plan in (
        WalkForwardPlan(500, 0.1, embargo=5),
        WalkForwardPlan("365D", "1D 12h", anchored=True, step="90D"),
    ):
        assert WalkForwardPlan(**plan.to_dict()) == plan


# --- purged groups ------------------------------------------------------------------


def test_six_groups_of_which_two_are_tested_make_five_paths() -> None:
    """The example of López de Prado (2018), figure 12.1: 15 splits, 5 paths."""
    plan = PurgedGroups(6, 2)
    assert (plan.n_splits, plan.n_paths) == (15, 5)
    splits = {split.number: split.test_groups for split in plan.splits(60)}
    assert splits[1] == (0, 1)
    assert splits[15] == (4, 5)
    named = [[splits[number] for number in path] for path in plan.paths()]
    assert named == path_splits(6, 2)
    assert named[0] == [(0, 1), (0, 1), (0, 2), (0, 3), (0, 4), (0, 5)]


def test_train_groups_are_cut_where_they_border_on_a_test_group() -> None:
    split = PurgedGroups(5, 2, purge=2, embargo=1).splits(50)[1]
    assert split.test_groups == (0, 2)
    assert split.train == (BarSpan(13, 18), BarSpan(33, 40), BarSpan(40, 50))


def test_groups_that_do_not_come_out_even_differ_by_one_bar() -> None:
    spans = PurgedGroups(4, 1).spans(10)
    assert [len(span) for span in spans] == [3, 3, 2, 2]
    assert spans[-1] == BarSpan(8, 10)


def test_splits_and_paths_are_those_of_skfolio() -> None:
    for groups, chosen, purge, embargo in [(6, 2, 0, 0), (5, 3, 2, 0), (8, 2, 3, 4)]:
        n_bars = 20 * groups
        plan = PurgedGroups(groups, chosen, purge, embargo)
        theirs = CombinatorialPurgedCV(groups, chosen, purge, embargo)
        pairs = list(theirs.split(np.zeros((n_bars, 1))))
        assert plan.n_splits == theirs.n_splits == len(pairs)
        assert plan.n_paths == theirs.n_test_paths
        for split, (train, _) in zip(plan.splits(n_bars), pairs, strict=True):
            ours = [bar for span in split.train for bar in bars(span)]
            assert ours == train.tolist()
        recombined = (theirs.recombined_paths + 1).T.tolist()
        assert [list(path) for path in plan.paths()] == recombined


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"groups": 1}, "groups"),
        ({"groups": 2.5}, "groups"),
        ({"test_groups": 0}, "test_groups"),
        ({"groups": 4, "test_groups": 4}, "test_groups"),
        ({"purge": -1}, "purge"),
        ({"embargo": 0.01}, "embargo"),
    ],
)
def test_impossible_groups_are_refused(given: dict[str, object], name: str) -> None:
    with pytest.raises(AmountError, match=f"^{name} is"):
        PurgedGroups(**given)  # type: ignore[arg-type]


def test_groups_that_the_data_cannot_hold_are_refused() -> None:
    with pytest.raises(SplitError, match="184,756 ways"):
        PurgedGroups(20, 10)
    with pytest.raises(SplitError, match="cannot be cut into 10 groups"):
        PurgedGroups(10).spans(9)
    with pytest.raises(SplitError, match="takes all of them"):
        PurgedGroups(10, purge=40, embargo=20).spans(1_000)
    with pytest.raises(SplitError, match="takes all of them"):
        PurgedGroups(10, embargo=10_000).spans(1_000)
