"""Bounds and steps of ranges: what they may be, and the numbers they reach."""

from __future__ import annotations

import math
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

import numpy as np

from foresto_lab.errors import SpaceError
from foresto_lab.types import Float64Array1D, Int64Array1D

FARTHEST = 10**15
"""Up to here a float tells whole numbers apart, with room for a step more."""

_MOST_DECIMALS = 12


def require_integer(where: str, field: str, given: object) -> int:
    """Return a whole number.

    Raises
    ------
    SpaceError
        It is none.
    """
    is_number = isinstance(given, int | float | np.integer | np.floating)
    number: Any = given
    if is_number and not isinstance(given, bool) and math.isfinite(number):
        whole = int(number)
        if whole == number:
            return whole
    raise SpaceError(
        message=f"{where} has {field} {given!r}, which is no whole number; take one, "
        "or a FloatRange."
    )


def require_bounds(where: str, low: Any, high: Any, step: Any, log: bool) -> None:
    """Refuse a range that holds no numbers, or more than can be told apart.

    Raises
    ------
    SpaceError
        Bounds or the step are no finite numbers, ``low`` is above ``high``, the step
        is not above 0, or a log scale does not begin above 0.
    """
    spelled = f"{where}({low!r}, {high!r})"
    for field, value in (("low", low), ("high", high), ("step", step)):
        if value is not None or field != "step":
            _require_number(spelled, field, value)
    if low > high:
        raise SpaceError(message=f"{spelled} has its low above its high; swap them.")
    if step is not None and step <= 0:
        raise SpaceError(
            message=f"{spelled} has step {step!r}; a step must be above 0."
        )
    if log and low <= 0:
        raise SpaceError(
            message=f"{spelled} is on a log scale and begins at {low!r}; a log scale "
            "must begin above 0."
        )


def _require_number(spelled: str, field: str, value: object) -> None:
    is_number = isinstance(value, Real) and not isinstance(value, bool | np.bool_)
    if not is_number or not math.isfinite(value):  # type: ignore[arg-type]
        raise SpaceError(
            message=f"{spelled} has {field} {value!r}; it must be a finite number."
        )
    if abs(value) > FARTHEST:  # type: ignore[arg-type]
        raise SpaceError(
            message=f"{spelled} has {field} {value!r}; ranges end at "
            f"{FARTHEST:.0e}: count in a larger unit."
        )


def factor_levels(low: float, high: float, factor: float) -> int:
    """Return how many numbers low, low × factor, low × factor² ... do not pass high."""
    return math.floor(math.log(high / low) / math.log(factor) + 1e-9) + 1


def decimal_steps(low: float, step: float, levels: Int64Array1D) -> Float64Array1D:
    """Return low + step × levels as the decimal numbers that a person would write.

    0.1 + 2 × 0.1 is 0.3 here, not 0.30000000000000004: whole numbers of the last
    decimal place are added, and divided once.
    """
    decimals = max(_decimals(low), _decimals(step))
    scale = 10**decimals
    farthest = (abs(low) + step * int(levels.max(initial=0))) * scale
    if decimals > _MOST_DECIMALS or farthest > FARTHEST:
        return np.asarray(low + step * levels, dtype=np.float64)
    first, stride = (
        round(Decimal(repr(low)) * scale),
        round(Decimal(repr(step)) * scale),
    )
    counted: Float64Array1D = (first + stride * levels) / scale
    return counted


def _decimals(number: float) -> int:
    exponent = Decimal(repr(number)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, Integral | int) else 0
