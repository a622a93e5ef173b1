"""The costs of an account as arrays: what the engine's account walk reads."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any, Final

import numpy as np

from foresto_lab.errors import AmountError, InputError
from foresto_lab.findings import Finding
from foresto_lab.types import (
    BoolArray1D,
    Float64Array1D,
    Float64Array2D,
    Int64Array1D,
)

COST_PARTS: Final = (
    "commission",
    "spread",
    "impact",
    "transaction_tax",
    "currency_conversion",
    "distribution_tax",
    "capital_gains_tax",
    "management_fee",
)
"""The parts a cost is shown in, in this order: ``cost_<part>`` of the events."""


class GainsMethod(IntEnum):
    """Which lots a sale sells, for the tax on its gain."""

    NONE = 0
    FIFO = 1
    AVERAGE = 2


@dataclass(frozen=True, eq=False, kw_only=True)
class AccountCosts:
    """Every cost of an account on the sessions and held assets of one simulation.

    Rates are fractions, money is base currency, assets are in the engine's order. The
    arrays are read-only and C-contiguous. An array over sessions that is all zero may
    have the shape ``(n_assets, 0)``.

    Parameters
    ----------
    proportional_rate : float
        Of the value turned over (turnover * NAV), counted as commission.
    commission_rate : (n_assets,)
        Of the traded value, bought or sold.
    commission_minimum : (n_assets,), base currency
        The least that a trade in the asset pays; an asset not traded pays nothing.
    spread_rate : (n_assets,)
        Half the quoted spread, of the traded value.
    conversion_rate : (n_assets,)
        Of the traded value, for changing money into the asset's currency and back.
    impact_coefficient : (n_assets,)
    impact_scale : (n_assets, n_sessions) or (n_assets, 0), 1 / sqrt(base currency)
        Daily volatility / sqrt(average daily traded value), known before the session's
        trade. The impact of trading a value v is coefficient * scale * v ** 1.5.
    transaction_tax : (n_assets, n_periods)
        Of the value sold.
    transaction_tax_period : (n_sessions,)
        The column of ``transaction_tax`` in force on each session.
    distribution_yield : (n_assets, n_sessions) or (n_assets, 0)
        Gross distribution / price of the ex session; reinvested at that close.
    distribution_tax : (n_assets,)
        Of the gross distribution.
    gains_tax : (n_assets,)
        Of the realised gain, after losses of the year and the allowance.
    gains_allowance : float, base currency a calendar year, of the whole account
    gains_method : GainsMethod
        ``NONE`` when no asset's gains are taxed.
    gains_at_year_end : bool
        True: a year's net gain is settled at its last session, losses against gains.
        False: each sale settles what is due on the year's net gain so far.
    year_ends : (n_sessions,)
        The last session of each calendar year, and the last of all.
    fee_rate : (n_sessions,)
        Fraction of NAV taken that session, pro rata.
    findings : tuple of Finding
        What a reader should know about the costs.

    Raises
    ------
    AmountError
        A rate is negative, not finite, or (fee, tax) 1 or more.
    InputError
        Shapes that do not belong together.
    """

    commission_rate: Float64Array1D
    commission_minimum: Float64Array1D
    spread_rate: Float64Array1D
    conversion_rate: Float64Array1D
    impact_coefficient: Float64Array1D
    impact_scale: Float64Array2D
    transaction_tax: Float64Array2D
    transaction_tax_period: Int64Array1D
    distribution_yield: Float64Array2D
    distribution_tax: Float64Array1D
    gains_tax: Float64Array1D
    gains_allowance: float
    gains_method: GainsMethod
    gains_at_year_end: bool
    year_ends: BoolArray1D
    fee_rate: Float64Array1D
    proportional_rate: float = 0.0
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, np.ndarray):
                fixed = np.array(value, order="C")
                fixed.setflags(write=False)
                object.__setattr__(self, item.name, fixed)
        object.__setattr__(self, "gains_method", GainsMethod(self.gains_method))
        self._require_shapes()
        self._require_values()

    @property
    def n_assets(self) -> int:
        """The number of held assets."""
        return len(self.commission_rate)

    @property
    def n_sessions(self) -> int:
        """The number of sessions, day 0 included."""
        return len(self.transaction_tax_period)

    @classmethod
    def none(cls, n_assets: int, n_sessions: int, **given: Any) -> AccountCosts:
        """Return no costs at all, but for the fields given."""
        zero = np.zeros(n_assets)
        empty: dict[str, Any] = {
            "commission_rate": zero,
            "commission_minimum": zero,
            "spread_rate": zero,
            "conversion_rate": zero,
            "impact_coefficient": zero,
            "impact_scale": np.zeros((n_assets, 0)),
            "transaction_tax": np.zeros((n_assets, 1)),
            "transaction_tax_period": np.zeros(n_sessions, dtype=np.int64),
            "distribution_yield": np.zeros((n_assets, 0)),
            "distribution_tax": zero,
            "gains_tax": zero,
            "gains_allowance": 0.0,
            "gains_method": GainsMethod.NONE,
            "gains_at_year_end": False,
            "year_ends": np.zeros(n_sessions, dtype=np.bool_),
            "fee_rate": np.zeros(n_sessions),
        }
        return cls(**{**empty, **given})

    def _require_shapes(self) -> None:
        n_assets, n_sessions = self.n_assets, self.n_sessions
        n_periods = self.transaction_tax.shape[-1]
        by_session = ((n_assets, n_sessions), (n_assets, 0))
        allowed: dict[str, tuple[tuple[int, ...], ...]] = {
            "impact_scale": by_session,
            "distribution_yield": by_session,
            "transaction_tax": ((n_assets, n_periods),),
            "transaction_tax_period": ((n_sessions,),),
            "year_ends": ((n_sessions,),),
            "fee_rate": ((n_sessions,),),
        }
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, np.ndarray):
                shapes = allowed.get(item.name, ((n_assets,),))
                if value.shape not in shapes:
                    raise InputError(
                        message=f"{item.name} has the shape {value.shape}; with "
                        f"{n_assets} assets on {n_sessions} sessions it must be "
                        f"{' or '.join(map(str, shapes))}."
                    )
        period = self.transaction_tax_period
        if period.size and not 0 <= period.min() <= period.max() < n_periods:
            raise InputError(
                message=f"transaction_tax_period goes from {period.min()} to "
                f"{period.max()}; transaction_tax has the columns 0 to {n_periods - 1}."
            )

    def _require_values(self) -> None:
        below_one = {
            "proportional_rate",
            "commission_rate",
            "spread_rate",
            "conversion_rate",
            "transaction_tax",
            "distribution_tax",
            "gains_tax",
            "fee_rate",
        }
        at_least_zero = {
            "commission_minimum",
            "impact_coefficient",
            "impact_scale",
            "distribution_yield",
            "gains_allowance",
        }
        for name in (*below_one, *at_least_zero):
            value = np.asarray(getattr(self, name), dtype=np.float64)
            right = np.isfinite(value) & (value >= 0.0)
            if name in below_one:
                right &= value < 1.0
            if not right.all():
                bound = " and below 1" if name in below_one else ""
                raise AmountError(
                    parameter=name,
                    given=float(value[~right].flat[0]),
                    allowed=f"0 or more{bound}, and finite",
                )
