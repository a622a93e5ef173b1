"""What a forward simulation was asked: a portfolio, and how its futures are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Final, Self

from foresto_lab.errors import InputError
from foresto_lab.runs.request import SimulationRequest
from foresto_lab.scenarios.forward import Method, parse_method
from foresto_lab.scenarios.forward.limits import (
    parse_goal,
    parse_inflation,
    parse_months,
    parse_paths,
    parse_seed,
)

MONTHS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardRequest:
    """Everything that decides the numbers of futures, but for data and versions.

    Parameters
    ----------
    simulation : SimulationRequest
        The portfolio, its rule, costs and flows; start and end are those of history.
    months : int
        The horizon.
    paths, seed : int
    method : mapping
        As the method's ``to_dict`` gives it.
    goal : base currency, optional
    inflation : float

    Raises
    ------
    InputError
        A number is out of range; the paths are more than memory holds.
    """

    simulation: SimulationRequest
    months: int = 240
    paths: int = 10_000
    method: Mapping[str, Any]
    seed: int = 0
    goal: float | None = None
    inflation: float = 0.0

    def __post_init__(self) -> None:
        months = parse_months(self.months / MONTHS)
        checked = {
            "months": months,
            "paths": parse_paths(self.paths, months),
            "seed": parse_seed(self.seed),
            "goal": parse_goal(self.goal),
            "inflation": parse_inflation(self.inflation),
            "method": MappingProxyType(parse_method(self.method).to_dict()),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @property
    def years(self) -> float:
        """The horizon in years."""
        return self.months / MONTHS

    @property
    def parsed_method(self) -> Method:
        """The method itself."""
        return parse_method(self.method)

    def to_dict(self) -> dict[str, Any]:
        """Return the request as plain JSON-ready values."""
        own = {
            item.name: getattr(self, item.name)
            for item in fields(self)
            if item.name != "simulation"
        }
        return {**self.simulation.to_dict(), **own, "method": dict(self.method)}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """Return the request that ``to_dict`` described.

        Raises
        ------
        UnknownNameError
            A field that no request has: it was written by a newer version.
        InputError
            A field is missing.
        """
        values = dict(given)
        own = [item.name for item in fields(cls) if item.name != "simulation"]
        missing = [name for name in own if name not in values]
        if missing:
            raise InputError(
                message=f"The request of a forward simulation has no {missing[0]!r}; "
                "it is another's."
            )
        asked: dict[str, Any] = {name: values.pop(name) for name in own}
        return cls(simulation=SimulationRequest.from_dict(values), **asked)
