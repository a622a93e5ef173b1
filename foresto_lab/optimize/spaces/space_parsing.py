"""The short ways to write what a parameter may be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np

from foresto_lab.errors import SpaceError, UnknownNameError
from foresto_lab.optimize.spaces.choices import Choice
from foresto_lab.optimize.spaces.domains import (
    Domain,
    FloatRange,
    IntRange,
    domain_from_dict,
)


def parse_parameters(given: Any) -> tuple[dict[str, Domain], tuple[str, ...]]:
    """Return the parameters and the constraints of a space that is written out.

    Raises
    ------
    SpaceError
        It is no mapping, or what a parameter may be cannot be read.
    """
    if not isinstance(given, Mapping):
        raise SpaceError(
            message=f"A space of type {type(given).__name__} cannot be read; give a "
            'mapping, as in {"rsi_period": fl.IntRange(5, 30)}.'
        )
    constraints: tuple[str, ...] = ()
    if isinstance(given.get("parameters"), list):  # as Space.to_dict writes it
        constraints = tuple(given.get("constraints", ()))
        given = {
            one["name"]: {key: one[key] for key in one if key != "name"}
            for one in map(_require_named, given["parameters"])
        }
    return {name: _named_domain(name, one) for name, one in given.items()}, constraints


def parse_domain(given: Any) -> Domain:
    """Return what a parameter may be.

    Raises
    ------
    SpaceError
        It cannot be read as a range or a choice.
    """
    if isinstance(given, IntRange | FloatRange | Choice):
        return given
    if isinstance(given, Mapping):
        return domain_from_dict(given)
    if isinstance(given, range):
        return _of_range(given)
    if isinstance(given, tuple):
        return _of_tuple(given)
    if isinstance(given, list | np.ndarray):
        return Choice(tuple(given))
    if given is None or isinstance(given, str | Real | np.bool_):
        return Choice((given,))
    raise SpaceError(
        message=f"{given!r} is neither a range nor a choice; write (low, high, step), "
        "range(low, end, step) or a list of options."
    )


def require_known(names: Iterable[str], known: Iterable[str]) -> None:
    """Refuse a parameter that is not one of those known, where any are.

    Raises
    ------
    UnknownNameError
        It is not.
    """
    known = tuple(known)
    for name in names if known else ():
        if name not in known:
            raise UnknownNameError(kind="parameter", given=name, allowed=known)


def _require_named(given: Any) -> Mapping[str, Any]:
    if isinstance(given, Mapping) and isinstance(given.get("name"), str):
        return given
    raise SpaceError(message=f"{given!r} describes no parameter: it has no name.")


def _named_domain(name: str, given: Any) -> Domain:
    try:
        return parse_domain(given)
    except SpaceError as error:
        raise SpaceError(message=f"{name}: {error}", parameter=name) from None


def _of_range(given: range) -> IntRange:
    if len(given) == 0:
        raise SpaceError(message=f"{given!r} holds no numbers.")
    low, high = sorted((given[0], given[-1]))
    return IntRange(low, high, abs(given.step))


def _of_tuple(given: tuple[Any, ...]) -> Domain:
    if len(given) not in (2, 3):
        raise SpaceError(
            message=f"{given!r} has {len(given)} entries; a tuple is (low, high) or "
            "(low, high, step). For options write a list."
        )
    if all(isinstance(n, Integral) and not isinstance(n, bool) for n in given):
        return IntRange(*given)
    return FloatRange(*given)
