"""What a search goes through: parameters, what each may be, what must hold between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from types import MappingProxyType
from typing import Any

import numpy as np

from foresto_lab.errors import SpaceError
from foresto_lab.optimize.combinations import Combinations, ParameterColumn
from foresto_lab.optimize.spaces.choices import Choice
from foresto_lab.optimize.spaces.domains import Domain, FloatRange, IntRange
from foresto_lab.optimize.spaces.parameter_constraints import (
    ParameterConstraint,
    parse_constraints,
)
from foresto_lab.types import BoolArray1D, Float64Array2D, Int64Array1D, Int64Array2D

__all__ = ["GRID_LIMIT", "Choice", "FloatRange", "IntRange", "Space", "parse_space"]

GRID_LIMIT = 10**8
"""Points of the largest grid that is gone through."""

_LISTED = 10**6
"""Points of the largest grid that is listed to find the few that are allowed."""

_MOST_DRAWS = 4 * 10**6
"""Draws after which points are looked for at the ends of ranges alone."""

_AT_ONCE = 2**18


@dataclass(frozen=True)
class Space:
    """Parameters, what each may be, and the constraints between them.

    A point is a combination of one value for each parameter. Points of a space
    without continuous ranges are numbered from 0, the last parameter changing
    fastest; a number is that of a point whether or not constraints allow it.

    Parameters
    ----------
    parameters : mapping of name to IntRange, FloatRange or Choice
        Names are fields of a strategy's ``Config``, or paths into the JSON of one.
    constraints : tuple of str
        Each as ``ParameterConstraint`` reads it.

    Raises
    ------
    SpaceError
        There is no parameter, a constraint cannot be read, or none is allowed by all.
    UnknownNameError
        A constraint names a parameter that is not there.
    """

    parameters: Mapping[str, Domain]
    constraints: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _require_parameters(self.parameters)
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))
        read = parse_constraints(self.constraints, self.parameters)
        object.__setattr__(self, "constraints", tuple(one.text for one in read))
        if self.constraints:
            self.sample(np.random.default_rng(0), 1)

    @classmethod
    def of_strategy(cls, strategy: Any, names: Iterable[str] | None = None) -> Space:
        """Return the space that a strategy's own limits describe.

        Parameters
        ----------
        strategy : TradingStrategy, its class, or a JSON strategy
        names : iterable of str, optional
            The parameters to vary; by default each that has limits.

        Raises
        ------
        UnknownNameError
            It has no such parameter.
        SpaceError
            A parameter named has no limits.
        """
        from foresto_lab.optimize.spaces.strategy_space import domains_of

        return cls(domains_of(strategy, names))

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters."""
        return tuple(self.parameters)

    @property
    def size(self) -> int | None:
        """Points, before constraints; None where a range is continuous."""
        counts = [domain.count for domain in self.parameters.values()]
        known = [count for count in counts if count is not None]
        return prod(known) if len(known) == len(counts) else None

    @cached_property
    def _read(self) -> tuple[ParameterConstraint, ...]:
        return parse_constraints(self.constraints, self.parameters)

    @cached_property
    def _counts(self) -> tuple[int, ...]:
        return tuple(domain.count or 0 for domain in self.parameters.values())

    def allows(self, combinations: Combinations) -> BoolArray1D:
        """Return which combinations the constraints allow, (n,)."""
        allowed = np.ones(len(combinations), dtype=np.bool_)
        for constraint in self._read:
            allowed &= constraint.allows(combinations)
        return allowed

    def contains(self, combinations: Combinations) -> BoolArray1D:
        """Return which combinations are points of this space that are allowed, (n,)."""
        inside = self.allows(combinations)
        for name, domain in self.parameters.items():
            inside &= domain.allows(combinations.columns[name])
        return inside

    def require_grid(self) -> int:
        """Return the number of points of a grid that can be gone through.

        Raises
        ------
        SpaceError
            A range is continuous, or there are more than ``GRID_LIMIT`` points.
        """
        size = self.size
        if size is None:
            name = next(n for n, d in self.parameters.items() if d.count is None)
            raise SpaceError(
                parameter=name,
                message=f"{name} is {self.parameters[name]}, which has no step: there "
                "is no grid of it. Give it a step, or search by random or tpe.",
            )
        if size > GRID_LIMIT:
            raise SpaceError(message=self._too_many(size))
        return size

    def _too_many(self, size: int) -> str:
        counts = dict(zip(self.names, self._counts, strict=True))
        widest = max(counts, key=lambda name: counts[name])
        return (
            f"The space has {size:,} combinations; a grid goes through at most "
            f"{GRID_LIMIT:,}. Take coarser steps ({widest} alone has "
            f"{counts[widest]:,} values), or search a part of it: method='genetic', "
            "or method='random' or 'tpe' with trials=1000."
        )

    def points(self, numbers: Int64Array1D) -> Combinations:
        """Return the points of these numbers, allowed or not."""
        columns, rest = {}, np.asarray(numbers, dtype=np.int64)
        for name in reversed(self.names):
            domain = self.parameters[name]
            rest, levels = np.divmod(rest, domain.count or 1)
            columns[name] = domain.values(levels)
        return Combinations({name: columns[name] for name in self.names})

    def numbers_of(self, combinations: Combinations) -> Int64Array1D:
        """Return the number of each point of a grid; -1 for what is no point of it."""
        numbers = np.zeros(len(combinations), dtype=np.int64)
        is_point = np.ones(len(combinations), dtype=np.bool_)
        for name, count in zip(self.names, self._counts, strict=True):
            levels = self.parameters[name].levels(combinations.columns[name])
            numbers = numbers * count + levels
            is_point &= levels >= 0
        return np.where(is_point, numbers, -1)

    def grid(self, first: int, last: int) -> Combinations:
        """Return the allowed points from number ``first`` up to, not with, ``last``."""
        points = self.points(np.arange(first, min(last, self.require_grid())))
        return points.take(self.allows(points)) if self.constraints else points

    def sample(self, generator: np.random.Generator, n: int) -> Combinations:
        """Return ``n`` allowed points drawn at random; a point may come again.

        Raises
        ------
        SpaceError
            The constraints exclude all: each point of a grid up to a million, or each
            of five million draws, a million of them at the ends of ranges.
        """
        found = self._draw(generator, n)
        drawn = n
        while len(found) < n:
            if drawn >= _MOST_DRAWS or (len(found) == 0 and drawn > _LISTED // 16):
                return self._sample_rare(generator, n, found, drawn)
            share = max(len(found), 1) / max(drawn, 1)
            size = int(min(max((n - len(found)) / share * 1.2, 1_024), _AT_ONCE))
            found = found.then(self._draw(generator, size))
            drawn += size
        return found.take(slice(n))

    def _draw(self, generator: np.random.Generator, n: int) -> Combinations:
        drawn = Combinations(
            {name: d.sample(generator, n) for name, d in self.parameters.items()}
        )
        return drawn.take(self.allows(drawn)) if self.constraints else drawn

    def _sample_rare(
        self, generator: np.random.Generator, n: int, found: Combinations, drawn: int
    ) -> Combinations:
        """Return points of a space of which next to nothing is allowed."""
        if (self.size or _LISTED + 1) <= _LISTED:
            allowed = self.grid(0, _LISTED)
            if len(allowed):
                return allowed.take(generator.integers(0, len(allowed), n))
        for draw, draws in ((self._draw, _MOST_DRAWS), (self._draw_edges, _LISTED)):
            for _ in range(0, draws - drawn, _AT_ONCE):
                found = found.then(draw(generator, _AT_ONCE))
                if len(found) >= n:
                    return found.take(slice(n))
            drawn = 0
        if not len(found):
            raise SpaceError(message=self._excluded())
        return found.take(generator.integers(0, len(found), n))

    def _draw_edges(self, generator: np.random.Generator, n: int) -> Combinations:
        """Return allowed points with most parameters at the ends of their ranges."""
        columns = {
            name: domain.sample(generator, n)
            if isinstance(domain, Choice)
            else _at_ends(domain, generator, n)
            for name, domain in self.parameters.items()
        }
        drawn = Combinations(columns)
        return drawn.take(self.allows(drawn))

    def _excluded(self) -> str:
        size = self.size
        searched = (
            f"none of the {size:,} combinations"
            if size is not None and size <= _LISTED
            else f"none of {_MOST_DRAWS:,} combinations drawn at random"
        )
        return (
            f"The constraints {', '.join(map(repr, self.constraints))} exclude all: "
            f"{searched} meets them. Widen the ranges, or drop a constraint."
        )

    def levels_of(self, combinations: Combinations) -> Int64Array2D:
        """Return the level of each parameter, (n, n_parameters), for neighbours.

        -1 where a value is none of the parameter's. A range without a step is cut
        into ``CONTINUOUS_LEVELS`` parts.
        """
        levels = [
            self.parameters[name].levels(combinations.columns[name])
            for name in self.names
        ]
        stacked: Int64Array2D = np.stack(levels, axis=1)
        return stacked

    def positions_of(self, combinations: Combinations) -> Float64Array2D:
        """Return where in its range each value lies, 0 to 1, (n, n_parameters)."""
        positions = [
            self.parameters[name].positions(combinations.columns[name])
            for name in self.names
        ]
        stacked: Float64Array2D = np.stack(positions, axis=1)
        return stacked

    def to_dict(self) -> dict[str, Any]:
        """Return the space as JSON-ready values; ``parse_space`` reads them.

        Parameters are a list: their order numbers the points, and keys have none.
        """
        return {
            "parameters": [
                {"name": name, **domain.to_dict()}
                for name, domain in self.parameters.items()
            ],
            "constraints": list(self.constraints),
        }

    def __repr__(self) -> str:
        """Return the space as it would be made."""
        constraints = f", {self.constraints!r}" if self.constraints else ""
        return f"Space({dict(self.parameters)!r}{constraints})"

    def __hash__(self) -> int:
        return hash((tuple(self.parameters.items()), self.constraints))

    def __reduce__(self) -> tuple[Any, ...]:
        """Let spaces cross process borders; a mapping proxy alone would not."""
        return (type(self), (dict(self.parameters), self.constraints))


def parse_space(
    given: Any, constraints: Iterable[str] | str = (), known: Iterable[str] = ()
) -> Space:
    """Return the space that is given in one of the short ways to write it.

    Parameters
    ----------
    given : Space, or mapping of name to what it may be
        ``range(5, 50, 5)``, ``(low, high)`` or ``(low, high, step)``, a list of
        options, one value, or an ``IntRange``, ``FloatRange`` or ``Choice``; also what
        ``Space.to_dict`` has written.
    constraints : iterable of str, or str
        Added to those that the space has.
    known : iterable of str, optional
        The parameters that there are; any if empty.

    Raises
    ------
    SpaceError
        It is no space.
    UnknownNameError
        A parameter is not one of those known, or a constraint names one that is not
        of the space.
    """
    from foresto_lab.optimize.spaces.space_parsing import (
        parse_parameters,
        require_known,
    )

    added = (constraints,) if isinstance(constraints, str) else tuple(constraints)
    if isinstance(given, Space):
        space = Space(given.parameters, given.constraints + added) if added else given
    else:
        parameters, own = parse_parameters(given)
        space = Space(parameters, own + added)
    require_known(space.names, known)
    return space


def _at_ends(
    domain: IntRange | FloatRange, generator: np.random.Generator, n: int
) -> ParameterColumn:
    ends: Any = (domain.low, domain.high)
    if domain.count is not None:
        ends = domain.values(np.array([0, domain.count - 1]))
    drawn = domain.sample(generator, n)
    which = generator.integers(0, 3, n)
    return np.where(which == 0, ends[0], np.where(which == 1, ends[1], drawn))


def _require_parameters(parameters: Mapping[str, Domain]) -> None:
    if not parameters:
        raise SpaceError(
            message="The space is empty; name at least one parameter, as in "
            '{"rsi_period": fl.IntRange(5, 30)}.'
        )
    for name, domain in parameters.items():
        if not isinstance(name, str) or not name:
            raise SpaceError(message=f"{name!r} is no name of a parameter.")
        if not isinstance(domain, IntRange | FloatRange | Choice):
            raise SpaceError(
                parameter=name,
                message=f"{name} is {domain!r}; a Space takes IntRange, FloatRange or "
                "Choice, parse_space what is short for them.",
            )
