"""A space as Optuna sees it, and the trials of a study of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from foresto_lab.optimize.combinations import Combinations, ParameterColumn
from foresto_lab.optimize.spaces.choices import Choice
from foresto_lab.optimize.spaces.domains import Domain, FloatRange, IntRange
from foresto_lab.optimize.spaces.space import Space
from foresto_lab.types import BoolArray1D, Float64Array2D

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial

Suggestion: TypeAlias = Callable[[int], Combinations]
"""Gives about so many combinations, whether or not constraints allow them."""

_FARTHEST = 1e100
"""What an infinite value counts as: distances to it must stay finite."""


class StudyCoding:
    """Combinations of a space as parameters of Optuna, and back.

    What has steps is coded as the number of its level, so that neighbours are as far
    apart as levels are; so are choices of numbers that rise. Other choices have no
    neighbours. Whole numbers on a log scale and ranges without a step are coded as
    themselves.

    Parameters
    ----------
    space : Space
    maximize : tuple of bool
        For each objective whether more is better.
    smooth : bool
        Let Optuna take whole numbers for any numbers, which are rounded here: it
        estimates densities of those many times faster.
    """

    def __init__(
        self, space: Space, maximize: tuple[bool, ...], *, smooth: bool = False
    ) -> None:
        self.space = space
        self.maximize = maximize
        self.distributions: dict[str, BaseDistribution] = {
            name: _distribution(domain, smooth=smooth)
            for name, domain in space.parameters.items()
        }

    def encode(self, combinations: Combinations) -> list[dict[str, Any]]:
        """Return the parameters of each combination as Optuna stores them."""
        coded = {
            name: _encoded(domain, combinations.columns[name]).tolist()
            for name, domain in self.space.parameters.items()
        }
        rows = zip(*coded.values(), strict=True)
        return [dict(zip(coded, row, strict=True)) for row in rows]

    def decode(self, columns: Mapping[str, Any]) -> Combinations:
        """Return the combinations whose parameters Optuna codes so, each (n,)."""
        return Combinations(
            {
                name: _decoded(domain, np.asarray(columns[name]))
                for name, domain in self.space.parameters.items()
            }
        )

    def decode_rows(self, rows: Sequence[Mapping[str, Any]]) -> Combinations:
        """Return the combinations that Optuna asks for one by one."""
        return self.decode(
            {name: [row[name] for row in rows] for name in self.space.names}
        )

    def fixed(self) -> dict[str, Any]:
        """Return the parameters that can be one value only, as Optuna codes it."""
        return {
            name: _encoded(domain, domain.sample(np.random.default_rng(0), 1)).item()
            for name, domain in self.space.parameters.items()
            if domain.count == 1
        }

    def trials(
        self,
        combinations: Combinations,
        values: Float64Array2D,
        feasible: BoolArray1D,
        *,
        first: int = 0,
    ) -> list[FrozenTrial]:
        """Return evaluated combinations as finished trials.

        What breaks a constraint is worse than anything that keeps it, and what has no
        value (NaN) is worse still. Trials are numbered from ``first``.
        """
        from optuna.trial import create_trial

        has_value = ~np.isnan(values).any(axis=1)
        broken = np.where(has_value, np.where(feasible, 0.0, 1.0), 2.0)
        shown = np.clip(np.nan_to_num(values, nan=0.0), -_FARTHEST, _FARTHEST)
        coded = zip(
            self.encode(combinations), shown.tolist(), broken.tolist(), strict=True
        )
        trials = [
            create_trial(
                params=parameters,
                distributions=self.distributions,
                values=row,
                constraints={"broken": breach},
            )
            for parameters, row, breach in coded
        ]
        for number, trial in enumerate(trials, start=first):
            trial.number = number
        return trials

    def ask(
        self, suggest: Suggestion, n: int, generator: np.random.Generator
    ) -> Combinations:
        """Return ``n`` combinations that are suggested and that constraints allow.

        Those that are not allowed are asked again, a few times, then drawn at random.
        """
        found = self._suggested(suggest, n)
        for _ in range(_ROUNDS):
            if len(found) >= n:
                return found.take(slice(n))
            found = found.then(self._suggested(suggest, n - len(found)))
        missing = n - len(found)
        if missing > 0:
            found = found.then(self.space.sample(generator, missing))
        return found.take(slice(n))

    def _suggested(self, suggest: Suggestion, n: int) -> Combinations:
        combinations = suggest(n)
        return combinations.take(self.space.allows(combinations))


_ROUNDS = 10


def _is_coded_by_itself(domain: Domain) -> bool:
    if isinstance(domain, FloatRange):
        return domain.count is None
    return isinstance(domain, IntRange) and domain.log and domain.step == 1


def _distribution(domain: Domain, *, smooth: bool) -> BaseDistribution:
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    if isinstance(domain, FloatRange) and domain.count is None:
        return FloatDistribution(domain.low, domain.high, log=domain.log)
    if isinstance(domain, Choice) and not domain.ordered:
        return CategoricalDistribution(tuple(range(domain.count)))
    low, high, log = 0, (domain.count or 1) - 1, False
    if isinstance(domain, IntRange) and _is_coded_by_itself(domain):
        low, high, log = domain.low, domain.high, True
    if smooth:
        return FloatDistribution(low - 0.5, high + 0.5, log=log)
    return IntDistribution(low, high, log=log)


def _encoded(domain: Domain, column: ParameterColumn) -> ParameterColumn:
    return column if _is_coded_by_itself(domain) else domain.levels(column)


def _decoded(domain: Domain, coded: ParameterColumn) -> ParameterColumn:
    """Return the values that are coded; numbers between levels go to the nearest."""
    if isinstance(domain, FloatRange) and domain.count is None:
        return coded.astype(np.float64)
    whole = np.rint(coded).astype(np.int64)
    if isinstance(domain, IntRange) and _is_coded_by_itself(domain):
        return np.clip(whole, domain.low, domain.high)
    return domain.values(np.clip(whole, 0, (domain.count or 1) - 1))
