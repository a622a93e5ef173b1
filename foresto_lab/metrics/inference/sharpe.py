"""How far a Sharpe ratio may be believed: its length, its tails, and how it was chosen.

Sharpe ratios are per bar here, mean over standard deviation, never annualised; the
kurtosis is the plain fourth moment, 3 for a normal law, not the excess over it.

References
----------
.. [1] Lo, A. W. (2002). The statistics of Sharpe ratios. Financial Analysts Journal
   58(4).
.. [2] Mertens, E. (2002). Comments on variance of the IID estimator in Lo (2002).
.. [3] Bailey, D. H. and Lopez de Prado, M. (2012). The Sharpe ratio efficient frontier.
   Journal of Risk 15(2).
.. [4] Bailey, D. H., Borwein, J. M., Lopez de Prado, M. and Zhu, Q. J. (2014).
   Pseudo-mathematics and financial charlatanism. Notices of the AMS 61(5).
.. [5] Bailey, D. H. and Lopez de Prado, M. (2014). The deflated Sharpe ratio. Journal
   of Portfolio Management 40(5).
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final

from foresto_lab.errors import InputError

EULER: Final = 0.577215664901532860606512090082
"""The Euler-Mascheroni constant."""
_NORMAL: Final = NormalDist()


def sharpe_standard_error(
    sharpe: float, n: float, skewness: float = 0.0, kurtosis: float = 3.0
) -> float:
    """Return the standard error of a Sharpe ratio per bar.

    ``sqrt((1 - skewness·SR + (kurtosis - 1)/4·SR²) / (n - 1))``, from Mertens [2]_;
    with skewness 0 and kurtosis 3 that of Lo [1]_.

    Parameters
    ----------
    sharpe : float
        Per bar. NaN gives NaN.
    n : float
        Bars; NaN below two.
    skewness : float
        Of the returns.
    kurtosis : float
        Of the returns, not in excess of 3.
    """
    if not n >= 2.0:
        return math.nan
    spread = 1.0 - skewness * sharpe + (kurtosis - 1.0) / 4.0 * sharpe * sharpe
    # Moments of one sample keep it at zero or above; those of two may not.
    return math.sqrt(max(spread, 0.0) / (n - 1.0)) if spread == spread else math.nan


def probabilistic_sharpe_ratio(
    sharpe: float,
    n: float,
    skewness: float = 0.0,
    kurtosis: float = 3.0,
    benchmark: float = 0.0,
) -> float:
    """Return the probability that the true Sharpe ratio is above a benchmark's.

    ``Φ((SR - SR*) / standard error)`` [3]_, equation 9.

    Parameters
    ----------
    sharpe, benchmark : float
        Per bar. NaN gives NaN.
    n : float
        Bars; NaN below two.
    skewness, kurtosis : float
        Of the returns; the kurtosis is 3 for a normal law.

    Examples
    --------
    >>> round(probabilistic_sharpe_ratio(0.458, 24, -2.448, 10.164), 3)
    0.913
    """
    error = sharpe_standard_error(sharpe, n, skewness, kurtosis)
    distance = sharpe - benchmark
    if math.isnan(error) or math.isnan(distance):
        return math.nan
    if error == 0.0:
        return 0.5 if distance == 0.0 else float(distance > 0.0)
    return _NORMAL.cdf(distance / error)


def expected_maximum_sharpe(trials: float, variance: float) -> float:
    """Return the Sharpe ratio that the best of so many trials has by luck alone.

    ``sqrt(V)·((1 - g)·Φ⁻¹(1 - 1/N) + g·Φ⁻¹(1 - 1/(N·e)))`` with Euler's g [5]_: the
    expected maximum of N independent normal numbers of mean 0 and variance V.

    Parameters
    ----------
    trials : float
        N; one trial has no maximum to expect, and gives 0.
    variance : float
        V of the trials' Sharpe ratios; the answer has their units.

    Raises
    ------
    InputError
        Fewer than one trial, or a variance below 0.
    """
    _require_trials(trials)
    if variance < 0.0:
        raise InputError(
            message=f"The variance of Sharpe ratios is {variance}; it must be 0 or "
            "more."
        )
    return math.sqrt(variance) * _expected_maximum(trials)


def _require_trials(trials: float) -> None:
    if not trials >= 1.0:
        raise InputError(
            message=f"The number of trials is {trials}; it must be 1 or more."
        )


def _expected_maximum(trials: float) -> float:
    if trials <= 1.0:
        return 0.0
    # By symmetry -Φ⁻¹(1/N), which keeps its digits where 1 - 1/N has lost them.
    first, second = 1.0 / trials, 1.0 / (trials * math.e)
    return (EULER - 1.0) * _NORMAL.inv_cdf(first) - EULER * _NORMAL.inv_cdf(second)


def deflated_sharpe_ratio(
    sharpe: float,
    n: float,
    trials: float,
    variance: float,
    skewness: float = 0.0,
    kurtosis: float = 3.0,
) -> float:
    """Return the probabilistic Sharpe ratio against the best that luck would find.

    The benchmark is :func:`expected_maximum_sharpe` of the trials [5]_.

    Parameters
    ----------
    sharpe : float
        Of the trial that was chosen, per bar.
    n : float
        Bars.
    trials : float
        Independent trials that it was chosen from.
    variance : float
        Of the trials' Sharpe ratios per bar.
    skewness, kurtosis : float
        Of the chosen trial's returns; the kurtosis is 3 for a normal law.

    Notes
    -----
    Where an edge is real, it widens the trials' Sharpe ratios, and with them the
    benchmark: the number says how far the best stands out among its like.

    Examples
    --------
    >>> round(deflated_sharpe_ratio(2.5 / 250**0.5, 1250, 100, 0.5 / 250, -3, 10), 4)
    0.9004
    """
    benchmark = expected_maximum_sharpe(trials, variance)
    return probabilistic_sharpe_ratio(sharpe, n, skewness, kurtosis, benchmark)


def minimum_track_record_length(
    sharpe: float,
    skewness: float = 0.0,
    kurtosis: float = 3.0,
    benchmark: float = 0.0,
    confidence: float = 0.95,
) -> float:
    """Return the bars it takes to say that a Sharpe ratio is above a benchmark's.

    ``1 + (1 - skewness·SR + (kurtosis - 1)/4·SR²)·(Φ⁻¹(confidence)/(SR - SR*))²`` [3]_,
    equation 11.

    Parameters
    ----------
    sharpe, benchmark : float
        Per bar. Infinite where the ratio is not above the benchmark.
    skewness, kurtosis : float
        Of the returns; the kurtosis is 3 for a normal law.
    confidence : float
        Above 0 and below 1.

    Raises
    ------
    InputError
        The confidence is none.
    """
    if not 0.0 < confidence < 1.0:
        raise InputError(
            message=f"The confidence is {confidence}; it must be above 0 and below 1, "
            "such as 0.95."
        )
    if math.isnan(sharpe) or math.isnan(benchmark):
        return math.nan
    if sharpe <= benchmark:
        return math.inf
    spread = 1.0 - skewness * sharpe + (kurtosis - 1.0) / 4.0 * sharpe * sharpe
    quantile = _NORMAL.inv_cdf(confidence) / (sharpe - benchmark)
    return 1.0 + max(spread, 0.0) * quantile * quantile


def minimum_backtest_length(trials: float, expected_maximum: float = 1.0) -> float:
    """Return the years below which the best of so many trials is expected by luck.

    ``(E[max of N] / expected_maximum)²`` years [4]_, theorem 2: on fewer years the best
    of N trials without any edge has an annual Sharpe ratio of ``expected_maximum``.

    Parameters
    ----------
    trials : float
        N independent trials.
    expected_maximum : float
        An annual Sharpe ratio.

    Raises
    ------
    InputError
        Fewer than one trial, or a ratio of 0 or below.

    Examples
    --------
    >>> round(minimum_backtest_length(45), 1)
    5.0
    """
    _require_trials(trials)
    if not expected_maximum > 0.0:
        raise InputError(
            message=f"The expected maximum is an annual Sharpe ratio of "
            f"{expected_maximum}; it must be above 0, such as 1."
        )
    return (_expected_maximum(trials) / expected_maximum) ** 2
