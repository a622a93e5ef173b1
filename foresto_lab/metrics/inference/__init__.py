"""Inference: how far measured figures may be believed, given length and selection."""

from foresto_lab.metrics.inference.data_snooping import (
    DataSnoopingTest,
    superior_predictive_ability,
)
from foresto_lab.metrics.inference.overfitting import (
    OverfittingProbability,
    block_sums_of,
    overfitting_from_block_sums,
    probability_of_backtest_overfitting,
)
from foresto_lab.metrics.inference.sharpe import (
    deflated_sharpe_ratio,
    expected_maximum_sharpe,
    minimum_backtest_length,
    minimum_track_record_length,
    probabilistic_sharpe_ratio,
    sharpe_standard_error,
)

__all__ = [
    "DataSnoopingTest",
    "OverfittingProbability",
    "block_sums_of",
    "deflated_sharpe_ratio",
    "expected_maximum_sharpe",
    "minimum_backtest_length",
    "minimum_track_record_length",
    "overfitting_from_block_sums",
    "probabilistic_sharpe_ratio",
    "probability_of_backtest_overfitting",
    "sharpe_standard_error",
    "superior_predictive_ability",
]
