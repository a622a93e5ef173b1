"""How much may be asked of a forward simulation, checked before anything is drawn."""

from __future__ import annotations

import math
import os
from numbers import Integral, Real
from typing import Final

from foresto_lab.errors import AmountError, InputError
from foresto_lab.scenarios.forward.future_sessions import MONTHS

MOST_YEARS: Final = 200
MOST_PATHS: Final = 1_000_000
MOST_VALUES: Final = 100_000_000
"""Month-end values that are held in memory at once; 8 bytes each."""
LARGEST_SEED: Final = 2**53 - 1
MOST_THREADS: Final = 1024


def parse_months(years: object) -> int:
    """Return the horizon in whole months.

    Raises
    ------
    AmountError
        It is no number, not above 0, over 200 years, or no whole number of months.
    """
    allowed = (
        f"a number of years above 0, at most {MOST_YEARS}, that is a whole number of "
        "months, such as 20 or 0.5"
    )
    number = _real(years, "years", allowed)
    months = round(number * MONTHS) if math.isfinite(number) else 0
    whole = abs(number * MONTHS - months) < 1e-6
    if not (0.0 < number <= MOST_YEARS and whole and months >= 1):
        raise AmountError(parameter="years", given=years, allowed=allowed)
    return months


def parse_paths(paths: object, n_months: int) -> int:
    """Return the number of paths, if their months fit into memory.

    Raises
    ------
    AmountError
        It is no whole number from 1 to a million.
    InputError
        The paths have more month-ends than are held at once.
    """
    number = parse_count(paths, "paths", 1, MOST_PATHS)
    values = number * (n_months + 1)
    if values > MOST_VALUES:
        fitting = MOST_VALUES // (n_months + 1)
        raise InputError(
            message=f"{number:,} paths of {n_months:,} months are {values:,} values "
            f"({values * 8 / 1e9:.1f} GB); at most {MOST_VALUES:,} are held at once. "
            f"Ask for at most {fitting:,} paths, or for fewer years."
        )
    return number


def parse_seed(seed: object) -> int:
    """Return the seed, or raise AmountError."""
    return parse_count(seed, "seed", 0, LARGEST_SEED)


def parse_threads(threads: object) -> int:
    """Return the number of threads: as given, or one a core that may be used."""
    if threads is not None:
        return parse_count(threads, "threads", 1, MOST_THREADS)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def parse_goal(goal: object) -> float | None:
    """Return the amount to reach, or None.

    Raises
    ------
    AmountError
        It is no finite amount above 0.
    """
    if goal is None:
        return None
    allowed = "a finite amount above 0, or None"
    amount = _real(goal, "goal", allowed)
    if not 0.0 < amount < math.inf:
        raise AmountError(parameter="goal", given=goal, allowed=allowed)
    return amount


def parse_inflation(inflation: object) -> float:
    """Return the yearly inflation.

    Raises
    ------
    AmountError
        It is no number above -0.5 and below 1.
    """
    allowed = "a yearly rate above -0.5 and below 1, such as 0.02 for 2 %; 0 for none"
    rate = _real(inflation, "inflation", allowed)
    if not -0.5 < rate < 1.0:
        raise AmountError(parameter="inflation", given=inflation, allowed=allowed)
    return rate + 0.0


def parse_count(given: object, parameter: str, lowest: int, highest: int) -> int:
    """Return a whole number between two bounds, both allowed, or raise AmountError."""
    if isinstance(given, Integral) and not isinstance(given, bool):
        number = int(given)
        if lowest <= number <= highest:
            return number
    raise AmountError(
        parameter=parameter,
        given=given,
        allowed=f"a whole number from {lowest:,} to {highest:,}",
    )


def _real(given: object, parameter: str, allowed: str) -> float:
    if isinstance(given, Real) and not isinstance(given, bool):
        number = float(given)
        if not math.isnan(number):
            return number
    raise AmountError(parameter=parameter, given=given, allowed=allowed)
