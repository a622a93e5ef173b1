"""The difference between a path and the same path without a rule, in its parts.

Between two trades of the rule, three portfolios are compared: the one that traded, the
one that would have kept the weights it had just before, with the same money, and the
one that never rebalances. The first less the second is what the trade did (return
effect); the second less the third is what earlier trades still do (carried effect);
what was paid is the cost. Their sum is the difference of the two paths, at each close.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from foresto_lab.errors import InputError
from foresto_lab.types import Float64Array1D, Float64Array2D, Int64Array1D

if TYPE_CHECKING:
    from foresto_lab.scenarios.result import SimulationResult

WEIGHT_PREFIX: Final = "weight_"
CASH_FLOW: Final = "cash_flow"
PARTS: Final = ("return_effect", "carried_effect", "cost_effect", "flow_effect")
"""What a difference is made of; without cash flows, the last is 0 throughout."""
CARRIED: Final = ("earlier_trades_effect", "compounding_effect")
"""What the carried effect is made of."""
COLUMNS: Final = (*PARTS, *CARRIED)
_NOISE: Final = 1e-11
"""Change of value, as a fraction, below which it is rounding and not a charge."""


@dataclass(frozen=True, eq=False)
class WalkedPath:
    """What the decomposition reads of a path; n sessions, k trades, m assets.

    ``charges`` are money that came in or went out other than by the assets' returns,
    before the session's trade: flows, less fees. ``before`` are a trade's weights.
    """

    nav: Float64Array1D
    flows: Float64Array1D
    charges: Float64Array1D
    trades: Int64Array1D
    before: Float64Array2D
    nav_before: Float64Array1D

    @property
    def paid(self) -> Float64Array1D:
        """What each trade cost, with anything taken after it at the same close."""
        paid: Float64Array1D = self.nav_before - self.nav[self.trades]
        return paid

    @property
    def growth(self) -> Float64Array1D:
        """Each session's gain by the assets' returns alone; the first has none."""
        gained = np.zeros(len(self.nav))
        gained[1:] = np.diff(self.nav) - self.charges[1:]
        gained[self.trades] += self.paid
        return gained

    @property
    def costs(self) -> Float64Array1D:
        """What each session took: trades, fees and taxes, whatever flowed."""
        taken: Float64Array1D = self.flows - self.charges
        taken[self.trades] += self.paid
        return taken


@dataclass(frozen=True, eq=False)
class Decomposition:
    """The parts of a difference, cumulative by session and each trade's own.

    Parameters
    ----------
    by_session : (n_sessions, 6)
        ``COLUMNS``, from the start to each close.
    by_trade : (n_trades + 1, 6)
        The same between two trades; the first row is what came before any.
    """

    by_session: Float64Array2D
    by_trade: Float64Array2D


def walked_path(result: SimulationResult, prices: pd.DataFrame) -> WalkedPath:
    """Return what a result says of its path.

    Parameters
    ----------
    result : SimulationResult
    prices : DataFrame (n_sessions, n_assets)
        In base currency, one row a session of the path, one column an asset of it.

    Raises
    ------
    InputError
        The value came to nothing, so that nothing can be told of what followed.
    """
    path, events = result.path, result.events
    nav = path["nav"].to_numpy(dtype=np.float64)
    if not (nav > 0.0).all():
        ruined = path.index[int(np.argmax(nav <= 0.0))]
        raise InputError(
            message=f"The portfolio was used up on {ruined:%Y-%m-%d}; what a rule did "
            "cannot be told of money that is gone. End the study before, or withdraw "
            "less."
        )
    assets = list(prices.columns)
    weights = path[[WEIGHT_PREFIX + name for name in assets]].to_numpy(dtype=np.float64)
    relatives = _relatives(prices.to_numpy(dtype=np.float64))
    gross = 1.0 + (weights[:-1] * (relatives - 1.0)).sum(axis=1)
    trades = path.index.get_indexer(pd.DatetimeIndex(events["event_date"])).astype(
        np.int64
    )
    nav_before = events["nav_before"].to_numpy(dtype=np.float64)
    reached = nav.copy()
    reached[trades] = nav_before
    charges = np.zeros(len(nav))
    charges[1:] = reached[1:] - nav[:-1] * gross
    charges[np.abs(charges) <= _NOISE * reached] = 0.0
    flows = (
        path[CASH_FLOW].to_numpy(dtype=np.float64)
        if CASH_FLOW in path.columns
        else np.zeros(len(nav))
    )
    rows = [
        [mapping.get(a, 0.0) for a in assets] for mapping in events["before_weights"]
    ]
    before = np.array(rows, dtype=np.float64).reshape(len(rows), len(assets))
    return WalkedPath(nav, flows, charges, trades, before, nav_before)


def decompose(
    rule: WalkedPath, none: WalkedPath, prices: Float64Array2D
) -> Decomposition:
    """Return the parts of the difference between a rule's path and the one without.

    Parameters
    ----------
    prices : (n_sessions, n_assets)
        In base currency; NaN where an asset is not held.
    """
    n_sessions = len(rule.nav)
    bounds = [0, *rule.trades.tolist(), n_sessions - 1]
    by_session = np.zeros((n_sessions, len(COLUMNS)))
    by_trade = np.zeros((len(rule.trades) + 1, len(COLUMNS)))
    none_growth, none_costs = none.growth, none.costs
    so_far = np.zeros(len(COLUMNS))
    for number in range(len(rule.trades) + 1):
        first, last = bounds[number], bounds[number + 1]
        stretch = slice(first + 1, last + 1)
        paid = rule.paid[number - 1] if number else 0.0
        parts = np.zeros((last - first + 1, len(COLUMNS)))
        if last > first:
            reached = rule.nav[stretch].copy()
            if number < len(rule.trades):
                reached[-1] = rule.nav_before[number]
            base = rule.nav[first]
            charges = rule.charges[stretch]
            grown = reached - base - np.cumsum(charges)
            drifted = grown
            if number:
                kept = _drifted(
                    rule.before[number - 1], prices[first : last + 1], base, charges
                )
                drifted = kept - base - np.cumsum(charges)
            idle = np.cumsum(none_growth[stretch])
            lead = base - none.nav[first]
            steps = none_growth[stretch] / none.nav[first:last]
            compounding = lead * (np.cumprod(1.0 + steps) - 1.0)
            flows = rule.flows[stretch] - none.flows[stretch]
            costs = rule.flows[stretch] - charges - none_costs[stretch]
            parts[1:, 0] = grown - drifted
            parts[1:, 1] = drifted - idle
            parts[1:, 2] = -np.cumsum(costs)
            parts[1:, 3] = np.cumsum(flows)
            parts[1:, 4] = parts[1:, 1] - compounding
            parts[1:, 5] = compounding
        parts[:, 2] -= paid
        by_session[first : last + 1] = so_far + parts
        by_trade[number] = parts[-1]
        so_far = so_far + parts[-1]
    return Decomposition(by_session, by_trade)


def _drifted(
    weights: Float64Array1D,
    prices: Float64Array2D,
    base: float,
    charges: Float64Array1D,
) -> Float64Array1D:
    """Return what money left at the weights before a trade would be worth.

    Charges of the stretch are borne by every holding alike.

    Parameters
    ----------
    prices : (n + 1, n_assets)
        From the trade's close on.
    charges : (n,)
        After the trade.
    """
    held = weights != 0.0
    grown = prices[1:, held] / prices[0, held]
    growth = grown @ weights[held] + (1.0 - weights.sum())
    value: Float64Array1D = base * growth
    factor = 1.0
    for place in np.flatnonzero(charges):
        before = value[place]
        after = before + charges[place]
        if after <= 0.0:
            raise InputError(
                message="A withdrawal is larger than what the portfolio would have "
                "been worth without its last trade, so its parts cannot be told. "
                "Withdraw less, or end the study before."
            )
        factor = after / before
        value[place:] *= factor
    return value


def _relatives(prices: Float64Array2D) -> Float64Array2D:
    """Return each session's price as a multiple of the one before; 1 where unknown."""
    relatives: Float64Array2D = prices[1:] / prices[:-1]
    return np.where(np.isfinite(relatives), relatives, 1.0)
