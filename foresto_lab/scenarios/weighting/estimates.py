"""What a window of returns says: volatilities, covariance, and what it cannot say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

import numpy as np

from foresto_lab.errors import WeightError
from foresto_lab.types import Float64Array1D, Float64Array2D

STILL: Final = 1e-12
"""A standard deviation of daily returns up to which a price does not move."""

SINGULAR: Final = 1e-10
"""Smallest eigenvalue of a correlation matrix, up to which it has no inverse."""


class CovarianceMethod(StrEnum):
    """How covariance is estimated from the window's simple daily returns.

    ``EMPIRICAL``: the sample covariance, divided by n - 1; unbiased, and singular when
    there are as many assets as returns. ``LEDOIT_WOLF``: shrunk towards a multiple of
    the identity by the intensity of Ledoit and Wolf, "A well-conditioned estimator for
    large-dimensional covariance matrices", Journal of Multivariate Analysis 88 (2004),
    https://doi.org/10.1016/S0047-259X(03)00096-4, by scikit-learn as skfolio has it.
    """

    EMPIRICAL = "EMPIRICAL"
    LEDOIT_WOLF = "LEDOIT_WOLF"


@dataclass(frozen=True, eq=False)
class Window:
    """The returns that one decision may know.

    Parameters
    ----------
    returns : (lookback, n_assets)
        Simple daily returns, the last one ending with the decision's close.
    assets : (n_assets,)
    decided_on : str
        The decision's session, for errors.
    method : CovarianceMethod
    """

    returns: Float64Array2D
    assets: tuple[str, ...]
    decided_on: str
    method: CovarianceMethod = CovarianceMethod.EMPIRICAL

    @property
    def n_assets(self) -> int:
        """How many assets there are."""
        return len(self.assets)

    @cached_property
    def covariance(self) -> Float64Array2D:
        """The covariance (n_assets, n_assets) of daily returns."""
        if self.method is CovarianceMethod.LEDOIT_WOLF:
            from skfolio.moments import LedoitWolf

            fitted = LedoitWolf(nearest=False).fit(self.returns)
            return np.asarray(fitted.covariance_)
        centred = self.returns - self.returns.mean(axis=0)
        estimate: Float64Array2D = centred.T @ centred / (len(self.returns) - 1)
        return estimate

    @cached_property
    def volatilities(self) -> Float64Array1D:
        """The standard deviation (n_assets,) of daily returns."""
        return np.sqrt(np.diag(self.covariance))

    @cached_property
    def correlation(self) -> Float64Array2D:
        """The correlation (n_assets, n_assets), ones on its diagonal."""
        scaled = self.covariance / np.outer(self.volatilities, self.volatilities)
        np.fill_diagonal(scaled, 1.0)
        return scaled

    def require_movement(self, purpose: str) -> None:
        """Raise for an asset whose price did not move: it has no risk to weigh by.

        Raises
        ------
        WeightError
            Names the asset, the window and its end.
        """
        deviations = self.returns.std(axis=0)
        for asset, deviation in zip(self.assets, deviations, strict=True):
            if not deviation > STILL:
                raise WeightError(
                    message=f"{asset} did not move in the {len(self.returns)} sessions "
                    f"up to {self.decided_on}: its volatility is 0, so {purpose} has "
                    "no weight for it. Leave it out, or hold it in a sleeve of its own "
                    "with a weight you choose.",
                    asset=asset,
                    session=self.decided_on,
                )

    def require_inverse(self, purpose: str) -> None:
        """Raise when the covariance is singular, so that weights are not decided.

        Raises
        ------
        WeightError
            Names the pair that moves most alike, the window and its end.
        """
        smallest = float(np.linalg.eigvalsh(self.correlation)[0])
        if smallest > SINGULAR:
            return
        raise WeightError(
            message=f"The covariance of {self.n_assets} assets over the "
            f"{len(self.returns)} sessions up to {self.decided_on} is singular, so "
            f"{purpose} has no single answer: {self._reason()} Leave one out, take a "
            "longer lookback, or covariance='LEDOIT_WOLF'.",
            session=self.decided_on,
        )

    def _reason(self) -> str:
        if len(self.returns) <= self.n_assets:
            return "there are no more returns than assets."
        apart = np.abs(self.correlation - np.eye(self.n_assets))
        first, second = np.unravel_index(int(np.argmax(apart)), apart.shape)
        return (
            f"{self.assets[first]} and {self.assets[second]} move as one, correlation "
            f"{self.correlation[first, second]:.6f}."
        )


def risk_contributions(
    weights: Float64Array1D, covariance: Float64Array2D
) -> Float64Array1D:
    """Return the part (n_assets,) that each weight has in the variance; they sum to 1.

    ``w_i (Σw)_i / w'Σw``, which is Euler's decomposition of a homogeneous function.
    """
    product = weights * (covariance @ weights)
    parts: Float64Array1D = product / product.sum()
    return parts


def normalised(weights: Float64Array1D) -> Float64Array1D:
    """Return weights in their proportion, summing to 1."""
    shares: Float64Array1D = weights / weights.sum()
    return shares


def as_array(given: Any) -> Float64Array1D:
    """Return weights of another library as a plain array of floats."""
    return np.asarray(given, dtype=np.float64).ravel().copy()
