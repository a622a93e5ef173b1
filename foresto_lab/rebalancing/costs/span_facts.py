"""What costs must know of a simulation: its sessions, assets and their markets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foresto_lab.findings import Finding
from foresto_lab.market.dated_series import DatedSeries
from foresto_lab.types import Float64Array2D, SessionArray


@dataclass(frozen=True, eq=False, kw_only=True)
class SpanFacts:
    """One simulation as the costs see it; ``MarketFacts.on`` makes it.

    Parameters
    ----------
    sessions : (n_sessions,)
        Day 0 first.
    assets : tuple of str
        The held assets, in the engine's order.
    markets : tuple of str
        The market of each asset; ``""`` where it is not known.
    currencies : tuple of str
        ISO 4217, of each asset.
    base_currency : str
    own_prices : tuple of DatedSeries, or empty
        Of each asset, in its own currency, on its own sessions, those before day 0 too.
    traded_value : tuple of DatedSeries or None, or empty
        Of each asset, in base currency, on its own sessions.
    distribution_yield : (n_assets, n_sessions) or (n_assets, 0)
        Gross distribution / price of the ex session.
    findings : tuple of Finding
    """

    sessions: SessionArray
    assets: tuple[str, ...]
    markets: tuple[str, ...]
    currencies: tuple[str, ...]
    base_currency: str
    own_prices: tuple[DatedSeries, ...]
    traded_value: tuple[DatedSeries | None, ...]
    distribution_yield: Float64Array2D
    findings: tuple[Finding, ...] = ()

    @classmethod
    def plain(
        cls,
        sessions: SessionArray,
        assets: tuple[str, ...],
        *,
        markets: tuple[str, ...] = (),
        currencies: tuple[str, ...] = (),
        base_currency: str = "KRW",
    ) -> SpanFacts:
        """Return the facts of assets of which little is known."""
        n_assets = len(assets)
        return cls(
            sessions=sessions,
            assets=assets,
            markets=markets or ("",) * n_assets,
            currencies=currencies or (base_currency,) * n_assets,
            base_currency=base_currency,
            own_prices=(),
            traded_value=(),
            distribution_yield=np.empty((n_assets, 0)),
        )
