"""Tallies of trials, and what names a strategy and its data in the ledger."""

from __future__ import annotations

import math

import numpy as np
import pytest

from foresto_lab.runs.trials import (
    TrialTally,
    data_key,
    data_text,
    family_of,
    shares_symbol,
)
from foresto_lab.strategies import parse_strategy
from foresto_lab.strategies.library.hyperrsi import HyperRsi


def test_a_tally_counts_all_and_measures_what_has_a_sharpe() -> None:
    tally = TrialTally.of([1.0, math.nan, 3.0, math.inf])
    assert tally == TrialTally(4, 2, 2.0, 2.0)
    assert tally.sharpe_variance == 2.0
    assert math.isnan(TrialTally.of([math.nan, 1.0]).sharpe_variance)
    assert TrialTally.of([]) == TrialTally(0, 0, 0.0, 0.0)


def test_merging_tallies_is_tallying_all() -> None:
    draws = np.random.default_rng(3).normal(0.02, 0.05, 500)
    draws[::7] = np.nan
    whole = TrialTally.of(draws)
    merged = TrialTally()
    for part in np.array_split(draws, 13):
        merged = merged.merge(TrialTally.of(part))
    assert (merged.evaluated, merged.measured) == (500, int(np.isfinite(draws).sum()))
    assert merged.sharpe_mean == pytest.approx(whole.sharpe_mean, rel=1e-12)
    assert merged.sharpe_squares == pytest.approx(whole.sharpe_squares, rel=1e-12)
    assert merged.sharpe_variance == pytest.approx(np.nanvar(draws, ddof=1), rel=1e-12)


def test_a_family_is_the_strategy_whatever_its_parameters() -> None:
    assert family_of(HyperRsi(rsi_period=7)) == family_of(HyperRsi()) == "hyperrsi"


def conditions(period: int, limit: float, side: str = "<") -> dict[str, object]:
    return {
        "name": "Dip",
        "indicators": [{"name": "rsi", "params": {"timeperiod": period}}],
        "buyConditions": [{"left": "rsi", "operator": side, "right": limit}],
        "sellConditions": [{"left": "rsi", "operator": ">", "right": 70}],
    }


def test_a_json_strategy_is_known_by_its_name_and_conditions() -> None:
    first = family_of(parse_strategy(conditions(14, 30)))
    assert first.startswith("dip:")
    assert family_of(parse_strategy(conditions(21, 25.5))) == first
    assert family_of(parse_strategy(conditions(14, 30, ">"))) != first


class Ranks:
    """A strategy that ranks symbols."""

    name = "Best"

    def ranking(self) -> None:
        """Stand for one."""


def test_a_strategy_that_ranks_symbols_has_a_family_too() -> None:
    assert family_of(Ranks()).startswith("best:")
    assert family_of(Ranks()) == family_of(Ranks())


def test_data_is_named_by_table_timeframe_and_symbols() -> None:
    key = data_key(["B", "A"], "1d", ["daily_price", "daily_price"])
    assert data_text(key) == "daily_price 1d A, B"
    assert shares_symbol(key, data_key(["B", "C"], "1d", ["daily_price"]))
    assert not shares_symbol(key, data_key(["C"], "1d", ["daily_price"]))
    assert not shares_symbol(key, data_key(["A"], "1d", ["candles_history"]))
