"""PSR, DSR, MinTRL and MinBTL against the figures printed in the papers, and laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from foresto_lab.errors import InputError
from foresto_lab.metrics.inference import (
    deflated_sharpe_ratio,
    expected_maximum_sharpe,
    minimum_backtest_length,
    minimum_track_record_length,
    probabilistic_sharpe_ratio,
    sharpe_standard_error,
)

RATIOS = st.floats(-0.5, 0.5)
LENGTHS = st.integers(2, 100_000)


class TestWorkedExamples:
    """What the papers print, to the digits they print."""

    def test_deflated_sharpe_ratio_of_a_hundred_trials(self) -> None:
        # Bailey & Lopez de Prado (2014), "A numerical example": an annual Sharpe ratio
        # of 2.5 on 1,250 daily bars, 100 trials with an annual variance of 1/2.
        daily = 2.5 / math.sqrt(250)
        variance = 0.5 / 250
        assert expected_maximum_sharpe(100, variance) == pytest.approx(0.1132, abs=5e-5)
        found = deflated_sharpe_ratio(daily, 1250, 100, variance, -3, 10)
        assert found == pytest.approx(0.9004, abs=5e-5)

    @pytest.mark.parametrize(
        ("trials", "skewness", "kurtosis"), [(46, -3, 10), (88, 0, 3)]
    )
    def test_deflated_sharpe_ratio_that_would_have_been_accepted(
        self, trials: int, skewness: float, kurtosis: float
    ) -> None:
        # The same example: 46 trials, or 88 of normal returns, would have left 0.9505.
        daily = 2.5 / math.sqrt(250)
        found = deflated_sharpe_ratio(
            daily, 1250, trials, 0.5 / 250, skewness, kurtosis
        )
        assert found == pytest.approx(0.9505, abs=5e-5)

    @pytest.mark.parametrize(
        ("skewness", "kurtosis", "printed"), [(0, 3, 0.982), (-2.448, 10.164, 0.913)]
    )
    def test_probabilistic_sharpe_ratio_of_a_fund(
        self, skewness: float, kurtosis: float, printed: float
    ) -> None:
        # Bailey & Lopez de Prado (2012): a monthly Sharpe ratio of 0.458 on two years.
        found = probabilistic_sharpe_ratio(0.458, 24, skewness, kurtosis)
        assert found == pytest.approx(printed, abs=5e-4)

    @pytest.mark.parametrize(
        ("per_year", "skewness", "kurtosis", "years"),
        [
            (250, 0, 3, 2.73),
            (52, 0, 3, 2.83),
            (12, 0, 3, 3.24),
            (12, -0.72, 5.78, 4.99),
        ],
    )
    def test_track_record_for_two_to_be_above_one(
        self, per_year: float, skewness: float, kurtosis: float, years: float
    ) -> None:
        # Bailey & Lopez de Prado (2012): the years an annual Sharpe ratio of 2 takes to
        # be above 1 with 95 % confidence, daily, weekly, monthly, and of hedge funds.
        scale = math.sqrt(per_year)
        bars = minimum_track_record_length(2 / scale, skewness, kurtosis, 1 / scale)
        assert bars / per_year == pytest.approx(years, abs=6e-3)

    def test_five_years_allow_forty_five_trials(self) -> None:
        # Bailey, Borwein, Lopez de Prado & Zhu (2014), figure 2.
        assert minimum_backtest_length(45) == pytest.approx(5.0, abs=0.01)
        assert minimum_backtest_length(7) == pytest.approx(2.0, abs=0.2)

    def test_ten_trials_are_expected_to_reach_one_and_a_half(self) -> None:
        # The same paper, proposition 1: E[max of 10] is 1.57.
        assert expected_maximum_sharpe(10, 1.0) == pytest.approx(1.57, abs=5e-3)


class TestAgainstOtherMethods:
    """The formulas against numerical integration and simulation."""

    @pytest.mark.parametrize("trials", [10, 100, 10_000])
    def test_expected_maximum_is_near_the_integral(self, trials: int) -> None:
        # E[max] = ∫ x·N·φ(x)·Φ(x)^(N-1) dx; the paper's formula is its limit.
        exact, _ = integrate.quad(
            lambda x: (
                x * trials * stats.norm.pdf(x) * stats.norm.cdf(x) ** (trials - 1)
            ),
            -8,
            8,
        )
        assert expected_maximum_sharpe(trials, 1.0) == pytest.approx(exact, rel=0.025)

    def test_a_billion_trials_keep_their_digits(self) -> None:
        g = 0.5772156649015329
        exact = (1 - g) * stats.norm.isf(1e-9) + g * stats.norm.isf(1e-9 / math.e)
        assert expected_maximum_sharpe(1e9, 1.0) == pytest.approx(exact, rel=1e-12)

    def test_standard_error_is_the_spread_of_many_samples(self) -> None:
        generator = np.random.default_rng(3)
        # A gamma of shape 4, mirrored: skewness -1, kurtosis 4.5, mean 0.3 deviations.
        draws = 2.3 - generator.gamma(4.0, 0.5, (20_000, 200))
        ratios = draws.mean(axis=1) / draws.std(axis=1, ddof=1)
        error = sharpe_standard_error(0.3, 200, -1.0, 4.5)
        assert ratios.std() == pytest.approx(error, rel=0.03)

    def test_normal_returns_give_the_error_of_lo(self) -> None:
        assert sharpe_standard_error(0.1, 101) == pytest.approx(
            math.sqrt((1 + 0.1**2 / 2) / 100)
        )


class TestLaws:
    """What must hold for any numbers."""

    @given(sharpe=RATIOS, n=LENGTHS, more=st.floats(0.001, 0.5))
    def test_a_better_ratio_is_never_less_probable(
        self, sharpe: float, n: int, more: float
    ) -> None:
        assert probabilistic_sharpe_ratio(
            sharpe, n, benchmark=0.1
        ) >= probabilistic_sharpe_ratio(sharpe, n, benchmark=0.1 + more)

    @given(sharpe=st.floats(0.01, 0.5), skewness=st.floats(-2, 0))
    def test_track_record_length_is_where_the_probability_is_the_confidence(
        self, sharpe: float, skewness: float
    ) -> None:
        bars = minimum_track_record_length(sharpe, skewness, 6.0, 0.0, 0.9)
        if bars < 2:
            return
        assert probabilistic_sharpe_ratio(sharpe, bars, skewness, 6.0) == pytest.approx(
            0.9, abs=1e-9
        )

    @given(trials=st.integers(1, 10**9), variance=st.floats(0, 4))
    def test_more_trials_never_lower_the_bar(
        self, trials: int, variance: float
    ) -> None:
        assert expected_maximum_sharpe(trials + 1, variance) >= expected_maximum_sharpe(
            trials, variance
        )

    @given(sharpe=RATIOS, n=LENGTHS)
    def test_one_trial_is_not_deflated(self, sharpe: float, n: int) -> None:
        assert deflated_sharpe_ratio(sharpe, n, 1, 0.3) == probabilistic_sharpe_ratio(
            sharpe, n
        )


class TestEdges:
    """What is undefined is NaN; what is nonsense is refused."""

    def test_nan_and_too_few_bars_are_nan(self) -> None:
        assert math.isnan(probabilistic_sharpe_ratio(math.nan, 100))
        assert math.isnan(probabilistic_sharpe_ratio(0.1, 1))
        assert math.isnan(minimum_track_record_length(math.nan))

    def test_a_ratio_not_above_the_benchmark_never_gets_there(self) -> None:
        assert minimum_track_record_length(0.1, benchmark=0.1) == math.inf

    def test_no_standard_error_leaves_no_doubt(self) -> None:
        # Skewness 1/SR·(1 + ...) empties the formula: 1 - 2·1 + (5-1)/4·1 = 0.
        assert probabilistic_sharpe_ratio(1.0, 10, 2.0, 5.0) == 1.0
        assert probabilistic_sharpe_ratio(1.0, 10, 2.0, 5.0, benchmark=1.0) == 0.5

    @pytest.mark.parametrize(
        ("call", "word"),
        [
            (lambda: expected_maximum_sharpe(0, 1.0), "trials"),
            (lambda: expected_maximum_sharpe(math.nan, 1.0), "trials"),
            (lambda: expected_maximum_sharpe(10, -1.0), "variance"),
            (lambda: minimum_track_record_length(0.1, confidence=1.0), "confidence"),
            (lambda: minimum_backtest_length(10, 0.0), "expected maximum"),
        ],
    )
    def test_nonsense_is_refused_by_name(self, call: object, word: str) -> None:
        with pytest.raises(InputError, match=word):
            call()  # type: ignore[operator]
