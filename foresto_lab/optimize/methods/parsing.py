"""The short way to name a way to search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foresto_lab.errors import SpaceError, UnknownNameError
from foresto_lab.optimize.method import Method
from foresto_lab.optimize.methods.genetic import Genetic
from foresto_lab.optimize.methods.grid import Grid
from foresto_lab.optimize.methods.nsga2 import Nsga2
from foresto_lab.optimize.methods.random import Random
from foresto_lab.optimize.methods.tpe import Tpe

METHODS: Final[Mapping[str, type[Any]]] = {
    kind.name: kind for kind in (Grid, Random, Genetic, Nsga2, Tpe)
}
"""The ways to search, by name."""


def parse_method(given: Any, *, trials: int | None = None) -> Method:
    """Return the way to search that is named.

    Parameters
    ----------
    given : str, Method, or what ``Method.to_dict`` has written
    trials : int, optional
        How many combinations at most, for the ways that have such a number: random,
        tpe, and whole generations of genetic and nsga2. A grid has its own.

    Raises
    ------
    UnknownNameError
        There is no such way.
    SpaceError
        It takes no such setting, or has a number of trials already.
    """
    if isinstance(given, str):
        return _named(given, {}, trials)
    if isinstance(given, Mapping):
        rest = {key: value for key, value in given.items() if key != "name"}
        return _named(given.get("name"), rest, trials)
    if not callable(getattr(given, "start", None)) or isinstance(given, type):
        raise UnknownNameError(kind="method", given=given, allowed=tuple(METHODS))
    method: Method = given
    if trials is None or method.name not in METHODS:
        return method
    settings = method.to_dict()
    return _named(settings.pop("name"), settings, trials)


def _named(name: Any, settings: Mapping[str, Any], trials: int | None) -> Method:
    kind = METHODS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise UnknownNameError(kind="method", given=name, allowed=tuple(METHODS))
    settings = dict(settings)
    if trials is not None:
        settings |= _for_trials(name, settings, trials)
    try:
        method: Method = kind(**settings)
    except TypeError:
        raise SpaceError(
            message=f"Method {name} takes no such settings: {settings!r}."
        ) from None
    return method


def _for_trials(name: str, settings: Mapping[str, Any], trials: int) -> dict[str, Any]:
    if trials < 1:
        raise SpaceError(message=f"trials is {trials}; it must be 1 or more.")
    if name == "grid":
        raise SpaceError(
            message="A grid goes through all combinations; trials is for random, "
            "genetic, nsga2 and tpe."
        )
    if name in ("random", "tpe"):
        return {"trials": trials}
    kind = METHODS[name]
    population = min(settings.get("population", kind().population), max(trials, 2))
    return {"population": population, "generations": max(trials // population, 1)}
