"""What the optimizer searches: a strategy, candles, ranges, a method, an objective."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from foresto_lab.errors import AmountError, SpaceError, UnknownNameError
from foresto_lab.optimize.methods import METHODS, parse_method
from foresto_lab.optimize.spaces.choices import Choice
from foresto_lab.optimize.spaces.domains import Domain, FloatRange, IntRange
from foresto_lab.optimize.spaces.parameter_constraints import ParameterConstraint
from foresto_lab.optimize.spaces.space import Space
from foresto_lab.optimize.spaces.space_texts import read_space
from foresto_lab.strategies import BUILT_IN_STRATEGIES
from foresto_lab.widgets.strategy_candles import Series
from foresto_lab.widgets.strategy_parameters import (
    Control,
    controls_of,
    strategy_names,
)

METHOD_NAMES: Final = ("grid", "random", "genetic", "tpe")
OBJECTIVES: Final = (
    "sharpe",
    "sortino",
    "calmar",
    "total_return",
    "cagr",
    "max_drawdown",
    "profit_factor",
    "expectancy",
    "sqn",
)
_CONSTRAINTS: Final = {
    "sma_cross": "fast_period < slow_period",
    "macd_cross": "fast_period < slow_period",
    "donchian_turtle": "exit_period <= entry_period",
}
_LEVELS: Final = 8
_VARIED: Final = 2


@dataclass(frozen=True, slots=True)
class Range:
    """What one parameter may be in the search.

    ``text`` is as ``read_space`` takes it, ``5:50:5``; only what is ``varied`` counts.
    """

    control: Control
    text: str
    varied: bool = False

    def domain(self) -> Domain:
        """Return the range or the choice that the text means.

        Raises
        ------
        SpaceError
            It means none.
        """
        return read_space({self.control.name: self.text})[self.control.name]


@dataclass(frozen=True, slots=True)
class OptimizerSetting:
    """A search that can be started.

    Parameters
    ----------
    series : Series
    strategy : str
        A built-in one's name.
    ranges : mapping of parameter to Range
    constraints : str
        Between parameters, and bounds on figures; one a line, or apart by semicolons.
    method : str
    trials : int
        Combinations at most, of methods that have such a number.
    objective : str
    initial_capital : float
    fee_rate : float
        A fraction.
    seed : int
    """

    series: Series
    strategy: str = "sma_cross"
    ranges: Mapping[str, Range] = field(default_factory=dict)
    constraints: str = ""
    method: str = "grid"
    trials: int = 500
    objective: str = "sharpe"
    initial_capital: float = 10_000_000.0
    fee_rate: float = 0.0004
    seed: int = 0

    def with_strategy(self, name: str) -> OptimizerSetting:
        """Return the setting with another strategy and ranges around its defaults."""
        if name not in strategy_names():
            raise UnknownNameError(
                kind="strategy", given=name, allowed=strategy_names()
            )
        return replace(
            self,
            strategy=name,
            ranges=suggested_ranges(name),
            constraints=_CONSTRAINTS.get(name, ""),
        )

    def with_series(self, series: Series) -> OptimizerSetting:
        """Return the setting on other candles."""
        return replace(self, series=series)

    def with_range(self, name: str, **changes: Any) -> OptimizerSetting:
        """Return the setting with another text of a range, or varied or not."""
        if name not in self.ranges:
            raise UnknownNameError(
                kind="parameter", given=name, allowed=tuple(self.ranges)
            )
        changed = replace(self.ranges[name], **changes)
        return replace(self, ranges={**self.ranges, name: changed})

    def with_values(self, given: Mapping[str, Any]) -> OptimizerSetting:
        """Return the setting with other plain values.

        Raises
        ------
        AmountError, UnknownNameError
            One is no number, or none of what there is.
        """
        parsed = {name: _parse(name, value) for name, value in given.items()}
        return replace(self, **parsed)

    @property
    def definition(self) -> Any:
        """The strategy with its defaults."""
        return BUILT_IN_STRATEGIES[self.strategy]()

    @property
    def constraint_list(self) -> list[str]:
        """The constraints, one by one."""
        parts = re.split(r"[;\n]", self.constraints)
        return [part.strip() for part in parts if part.strip()]

    def space(self) -> Space:
        """Return the space of what is varied, with the constraints between parameters.

        A parameter that a constraint names and that is not varied is its own value.

        Raises
        ------
        SpaceError
            Nothing is varied, a range cannot be read, or constraints exclude all.
        """
        varied = {name: one for name, one in self.ranges.items() if one.varied}
        if not varied:
            raise SpaceError(
                message="Nothing is searched: tick at least one parameter."
            )
        parameters = {name: one.domain() for name, one in varied.items()}
        between = self._between()
        for name in {name for one in between for name in one.names} - set(varied):
            parameters[name] = Choice((self.ranges[name].control.default,))
        return Space(parameters, tuple(one.text for one in between))

    def _between(self) -> list[ParameterConstraint]:
        """Return the constraints that are between parameters, not on figures."""
        read = [ParameterConstraint(text) for text in self.constraint_list]
        return [one for one in read if self.ranges.keys() >= set(one.names)]

    def planned(self) -> int | None:
        """Return how many combinations will be tried at most; None if not known.

        Raises
        ------
        SpaceError
            There are too many for a grid.
        """
        space = self.space()
        if self.method == "grid":
            return space.require_grid()
        space_size = space.size
        return self.trials if space_size is None else min(self.trials, space_size)

    def way(self) -> Any:
        """Return the method with its number of trials."""
        trials = None if self.method == "grid" else self.trials
        return parse_method(self.method, trials=trials)


def suggested_ranges(strategy: str) -> dict[str, Range]:
    """Return a range around each default, the first two whole numbers varied."""
    controls = controls_of(strategy)
    numbers = [one.name for one in controls if one.kind == "integer"]
    others = [one.name for one in controls if one.kind == "number"]
    varied = (numbers + others)[:_VARIED]
    return {
        control.name: Range(control, _suggested(control), control.name in varied)
        for control in controls
    }


def _suggested(control: Control) -> str:
    if control.kind == "boolean":
        return "false,true"
    if control.kind == "choice":
        return ",".join(control.choices)
    middle = control.default if control.default is not None else 5.0
    low = max(control.low, middle / 2)
    high = min(control.high, middle * 2)
    step = _even((high - low) / _LEVELS)
    if control.kind == "integer":
        whole = IntRange(max(round(low), 1), round(high), max(1, round(step)))
        return text_of(whole)
    return text_of(FloatRange(round(low, 2), round(high, 2), step))


def _even(step: float) -> float:
    """Return 1, 2 or 5 times a power of ten: the nearest below about this step."""
    power = 10.0 ** math.floor(math.log10(step))
    return round(max(n for n in (1, 2, 5) if n <= step / power + 1e-9) * power, 6)


def text_of(domain: Domain) -> str:
    """Return a domain as ``read_space`` reads it."""
    if isinstance(domain, Choice):
        return ",".join(
            option if isinstance(option, str) else json.dumps(option)
            for option in domain.options
        )
    parts = [repr(domain.low), repr(domain.high)]
    if domain.step is not None and (domain.kind == "float" or domain.step != 1):
        parts.append(repr(domain.step))
    return ":".join(parts + ["log"] * domain.log)


def _parse(name: str, value: Any) -> Any:
    if name in ("method", "objective"):
        allowed = tuple(METHODS) if name == "method" else OBJECTIVES
        if value not in allowed:
            raise UnknownNameError(kind=name, given=value, allowed=allowed)
        return value
    if name == "constraints":
        return str(value)
    kinds = {"trials": int, "seed": int, "initial_capital": float, "fee_rate": float}
    if name not in kinds:
        known = ("method", "objective", "constraints", *kinds)
        raise UnknownNameError(kind="setting", given=name, allowed=known)
    try:
        number = kinds[name](str(value).replace(",", "").replace("_", "").strip())
    except ValueError:
        raise AmountError(parameter=name, given=value, allowed="a number") from None
    if number < (1 if name == "trials" else 0):
        raise AmountError(parameter=name, given=value, allowed="a number above 0")
    return number
