"""The numbers an indicator takes: their kinds, ranges, defaults and other names."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Literal, TypeAlias

from foresto_lab.errors import AmountError, InputError, UnknownNameError

ParameterValue: TypeAlias = float | int | str
ParameterKind: TypeAlias = Literal["int", "float", "choice"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number, or one word, that an indicator takes.

    Parameters
    ----------
    name : str
        Lower case.
    kind : {"int", "float", "choice"}
    default : int, float or str
    low, high : float, optional
        Bounds, both allowed; None for a choice.
    aliases : tuple of str
        Other names that are understood: ``period`` for ``timeperiod``.
    choices : tuple of str
        The words of a choice, compared without case.
    """

    name: str
    kind: ParameterKind
    default: ParameterValue
    low: float | None = None
    high: float | None = None
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """What a value may be, to read."""
        if self.kind == "choice":
            return f"one of {', '.join(self.choices)}"
        noun = "a whole number" if self.kind == "int" else "a number"
        return f"{noun}{_range_text(self.low, self.high)}"

    def parse(self, given: object) -> ParameterValue:
        """Return a value as the indicator takes it.

        Raises
        ------
        AmountError
            It is of another kind, or outside the range.
        """
        value = self._as_kind(given)
        if value is None:
            raise AmountError(parameter=self.name, given=given, allowed=self.allowed)
        return value

    def problem_of(self, given: object) -> str:
        """Return what a value must be if it is not that, else nothing."""
        return "" if self._as_kind(given) is not None else self.allowed

    def to_dict(self) -> dict[str, Any]:
        """Return the parameter as plain JSON-ready values."""
        return {
            "name": self.name,
            "kind": self.kind,
            "default": self.default,
            "low": self.low,
            "high": self.high,
            "aliases": list(self.aliases),
            "choices": list(self.choices),
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Parameter:
        """Return the parameter that ``to_dict`` described."""
        return cls(
            **{
                **given,
                "aliases": tuple(given.get("aliases", ())),
                "choices": tuple(given.get("choices", ())),
            }
        )

    def _as_kind(self, given: object) -> ParameterValue | None:
        if self.kind == "choice":
            return self._as_choice(given)
        if isinstance(given, bool) or not isinstance(given, Real):
            return None
        value = float(given) if _fits_float(given) else math.inf
        if not math.isfinite(value) or not self._is_within(value):
            return None
        if self.kind == "float":
            return value
        return int(value) if value.is_integer() else None

    def _as_choice(self, given: object) -> str | None:
        wanted = given.casefold() if isinstance(given, str) else None
        return next((word for word in self.choices if word == wanted), None)

    def _is_within(self, value: float) -> bool:
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        return low <= value <= high


def parse_params(
    parameters: Iterable[Parameter], given: Mapping[str, Any], indicator: str
) -> dict[str, ParameterValue]:
    """Return every parameter by its exact name, defaults for those not given.

    Names compare without case; aliases are understood.

    Raises
    ------
    UnknownNameError
        A name is none of the parameters; near ones are suggested.
    AmountError
        A value is of another kind, or outside its range.
    InputError
        A parameter is given twice, by its name and by an alias.
    """
    known = tuple(parameters)
    if not given:
        return {parameter.name: parameter.default for parameter in known}
    values: dict[str, ParameterValue] = {}
    for key, value in given.items():
        parameter = find_parameter(known, key)
        if parameter is None:
            raise UnknownNameError(
                kind=f"parameter of {indicator}",
                given=key,
                allowed=tuple(parameter.name for parameter in known),
            )
        if parameter.name in values:
            raise InputError(
                message=f"{parameter.name} of {indicator} is given twice, the second "
                f"time as {key!r}. Keep one."
            )
        values[parameter.name] = _parse_value(parameter, value, indicator)
    return {
        parameter.name: values.get(parameter.name, parameter.default)
        for parameter in known
    }


def find_parameter(parameters: Iterable[Parameter], name: object) -> Parameter | None:
    """Return the parameter of a name or alias, compared without case."""
    if not isinstance(name, str):
        return None
    wanted = name.casefold()
    return next(
        (
            parameter
            for parameter in parameters
            if wanted == parameter.name or wanted in parameter.aliases
        ),
        None,
    )


def _parse_value(parameter: Parameter, given: object, indicator: str) -> ParameterValue:
    try:
        return parameter.parse(given)
    except AmountError as error:
        raise AmountError(
            parameter=f"{parameter.name} of {indicator}",
            given=given,
            allowed=error.facts["allowed"],
        ) from None


def _fits_float(given: Real) -> bool:
    return not isinstance(given, Integral) or abs(int(given)) < 1 << 53


def _range_text(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f" from {low:,g} to {high:,g}" if high < 1e6 else f" from {low:,g} on"
    if low is not None:
        return f" from {low:,g} on"
    return f" up to {high:,g}" if high is not None else ""
