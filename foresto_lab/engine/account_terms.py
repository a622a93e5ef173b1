"""What an account walk works by: rule, charges and flows as arrays, and its books.

Money is in the base currency, rates are fractions, and n is the number of assets held.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from numba import types

from foresto_lab.types import (
    BoolArray1D,
    Float64Array1D,
    Float64Array2D,
    Int64Array1D,
)

COMMISSION: Final = 0
SPREAD: Final = 1
IMPACT: Final = 2
TRANSACTION_TAX: Final = 3
CURRENCY_CONVERSION: Final = 4
DISTRIBUTION_TAX: Final = 5
CAPITAL_GAINS_TAX: Final = 6
MANAGEMENT_FEE: Final = 7
N_COST_PARTS: Final = 8
"""Places of the cost parts; a proportional cost counts as commission."""
REALIZED_GAIN: Final = 8
N_LEDGER: Final = 9
"""Columns of a ledger: the cost parts, then what sales gained over their basis."""

NO_LOTS: Final = 0
FIFO: Final = 1
AVERAGE: Final = 2

SCHEDULE_FIRED: Final = 4
"""Beside DATE_FIRED and DRIFT_FIRED: a new row of targets came into force."""


class AccountRule(NamedTuple):
    """A rule as the plain walk takes it; its cost rate is among the charges."""

    due: BoolArray1D
    decision: int
    threshold: float
    relative: bool
    to_band_edge: bool
    at_next_close: bool


class AccountCharges(NamedTuple):
    """Every cost and tax; see ``foresto_lab.rebalancing.costs`` for what they mean.

    ``impact_scale`` and ``distribution_yield`` have no columns where there is none.
    """

    proportional_rate: float
    commission_rate: Float64Array1D  # (n,)
    commission_minimum: Float64Array1D  # (n,)
    spread_rate: Float64Array1D  # (n,)
    conversion_rate: Float64Array1D  # (n,)
    impact_coefficient: Float64Array1D  # (n,)
    impact_scale: Float64Array2D  # (n, n_sessions): volatility / sqrt(value a day)
    transaction_tax: Float64Array2D  # (n, n_periods)
    transaction_tax_period: Int64Array1D  # (n_sessions,)
    distribution_yield: Float64Array2D  # (n, n_sessions)
    distribution_tax: Float64Array1D  # (n,)
    gains_tax: Float64Array1D  # (n,)
    gains_allowance: float
    gains_method: int  # NO_LOTS, FIFO, AVERAGE
    gains_at_year_end: bool
    year_ends: BoolArray1D  # (n_sessions,)
    fee_rate: Float64Array1D  # (n_sessions,)


class AccountFlowArrays(NamedTuple):
    """Contributions and withdrawals; those of session 0 are not looked at."""

    amounts: Float64Array1D  # (n_sessions,): + into the account
    nav_rates: Float64Array1D  # (n_sessions,): of the value before the flow
    toward: BoolArray1D  # (n_sessions,)


class Settlement(NamedTuple):
    """How trades of an account are settled: what is one number for all of it."""

    proportional_rate: float
    gains_allowance: float
    gains_method: int
    tax_at_sale: bool
    whole_shares: bool


# Rows of the book, (N_BOOK, n + 1): the account while it is walked, cash last.
UNITS: Final = 0
VALUES: Final = 1
PLANNED_UNITS: Final = 2
PLANNED_VALUES: Final = 3
CLOSES: Final = 4
TRADE_COSTS: Final = 5
TRADE_GAINS: Final = 6
YEAR_GAINS: Final = 7
N_BOOK: Final = 8

# Rows of the rates, (N_RATES, n): those of the assets on the session at hand.
COMMISSION_RATE: Final = 0
COMMISSION_MINIMUM: Final = 1
SPREAD_RATE: Final = 2
CONVERSION_RATE: Final = 3
IMPACT_RATE: Final = 4
SALES_TAX_RATE: Final = 5
GAINS_TAX_RATE: Final = 6
N_RATES: Final = 7

# Layers of the lots, (2, n, room), and rows of their places, (3, n).
LOT_UNITS: Final = 0
LOT_BASIS: Final = 1
FIRST_LOT: Final = 0
END_OF_LOTS: Final = 1
LATEST_PURCHASE: Final = 2


_FLOATS: Final = types.float64[::1]
_TABLE: Final = types.float64[:, ::1]
_FLAGS: Final = types.boolean[::1]
_COUNTS: Final = types.int64[::1]

ACCOUNT_RULE: Final = types.NamedTuple(
    [
        _FLAGS,
        types.int64,
        types.float64,
        types.boolean,
        types.boolean,
        types.boolean,
    ],
    AccountRule,
)
ACCOUNT_CHARGES: Final = types.NamedTuple(
    [
        types.float64,
        _FLOATS,
        _FLOATS,
        _FLOATS,
        _FLOATS,
        _FLOATS,
        _TABLE,
        _TABLE,
        _COUNTS,
        _TABLE,
        _FLOATS,
        _FLOATS,
        types.float64,
        types.int64,
        types.boolean,
        _FLAGS,
        _FLOATS,
    ],
    AccountCharges,
)
ACCOUNT_FLOWS: Final = types.NamedTuple([_FLOATS, _FLOATS, _FLAGS], AccountFlowArrays)
