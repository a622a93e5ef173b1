"""Where the returns of made-up futures come from: history resampled, or stated."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from numbers import Real
from typing import Any, ClassVar, Final, TypeAlias

from foresto_lab.errors import AmountError, InputError, UnknownNameError

_ALLOWED_LENGTH: Final = "1 or more days, or None for the length that suits the history"


class Dependence(StrEnum):
    """What a block of suitable length keeps together."""

    LONGEST = "longest"
    RETURNS = "returns"
    VOLATILITY = "volatility"


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Resample the joint daily returns of history, in blocks of random length.

    The stationary bootstrap of Politis and Romano (1994): a block begins on any day of
    history with equal chance and ends after each day with probability
    1 / ``block_length``; history is a circle. All assets of a day stay together.

    Parameters
    ----------
    block_length : float, optional
        Mean length of a block in days, 1 or more. Left out, it is the optimal length
        of Politis and White (2004, corrected 2009) for the daily returns of the
        portfolio at its target weights, as ``arch.bootstrap.optimal_block_length``
        gives it.
    dependence : {"longest", "returns", "volatility"}
        What an optimal block keeps together: the dependence of ``returns`` from day to
        day, that of their squares (``volatility``: calm and stormy months), or both
        (the longer block, the default). Blocks for returns alone are a few days long;
        they break up stormy months, and drawdowns come out too shallow.
    """

    block_length: float | None = None
    dependence: Dependence = Dependence.LONGEST

    name: ClassVar[str] = "BOOTSTRAP"

    def __post_init__(self) -> None:
        if self.block_length is not None:
            length = _number(self.block_length, "block_length", _ALLOWED_LENGTH)
            if length < 1.0:
                raise AmountError(
                    parameter="block_length",
                    given=self.block_length,
                    allowed=_ALLOWED_LENGTH,
                )
            object.__setattr__(self, "block_length", length)
        try:
            object.__setattr__(self, "dependence", Dependence(self.dependence))
        except ValueError:
            raise UnknownNameError(
                kind="dependence",
                given=self.dependence,
                allowed=tuple(map(str, Dependence)),
            ) from None

    def to_dict(self) -> dict[str, Any]:
        """Return the method as plain JSON-ready values."""
        return {
            "type": self.name,
            "block_length": self.block_length,
            "dependence": str(self.dependence),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Parametric:
    """Draw daily returns from a stated joint distribution, independent over days.

    What is not stated is matched to history's moments.

    Parameters
    ----------
    mean : mapping of asset to float, or float, optional
        Expected return of a year: a price grows to ``1 + mean`` times itself on
        average. The mean daily return is ``(1 + mean) ** (1 / 252) - 1``.
    volatility : mapping of asset to float, or float, optional
        Standard deviation of daily simple returns times the root of 252.
    correlation : mapping of asset to mapping of asset to float, or DataFrame, optional
        Of daily returns; symmetric, 1 on the diagonal, no negative eigenvalue.
    degrees_of_freedom : float, optional
        Of Student's t, above 2; its scale is chosen so that the volatility is the one
        stated. Left out, returns are normal. A day below -99 % is drawn as -99 %.
    """

    mean: Mapping[str, float] | float | None = None
    volatility: Mapping[str, float] | float | None = None
    correlation: Mapping[str, Mapping[str, float]] | None = None
    degrees_of_freedom: float | None = None

    name: ClassVar[str] = "PARAMETRIC"

    def __post_init__(self) -> None:
        object.__setattr__(self, "mean", _by_asset(self.mean, "mean", _MEAN))
        object.__setattr__(
            self, "volatility", _by_asset(self.volatility, "volatility", _VOLATILITY)
        )
        object.__setattr__(self, "correlation", _matrix(self.correlation))
        if self.degrees_of_freedom is not None:
            allowed = "a number above 2, or None for normal returns"
            freedom = _number(self.degrees_of_freedom, "degrees_of_freedom", allowed)
            if freedom <= 2.0:
                raise AmountError(
                    parameter="degrees_of_freedom", given=freedom, allowed=allowed
                )
            object.__setattr__(self, "degrees_of_freedom", freedom)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Parametric) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((self.name, self.degrees_of_freedom))

    def to_dict(self) -> dict[str, Any]:
        """Return the method as plain JSON-ready values."""
        matrix = self.correlation
        return {
            "type": self.name,
            "mean": dict(self.mean) if isinstance(self.mean, Mapping) else self.mean,
            "volatility": dict(self.volatility)
            if isinstance(self.volatility, Mapping)
            else self.volatility,
            "correlation": None
            if matrix is None
            else {name: dict(row) for name, row in matrix.items()},
            "degrees_of_freedom": self.degrees_of_freedom,
        }


Method: TypeAlias = Bootstrap | Parametric
METHODS: Final = {kind.name: kind for kind in (Bootstrap, Parametric)}


def parse_method(given: object) -> Method:
    """Return the method that is meant: itself, its name, or as ``to_dict`` gives it.

    Raises
    ------
    UnknownNameError
        No method is called so, or it has no such field.
    InputError
        It is no method at all.
    """
    if isinstance(given, (Bootstrap, Parametric)):
        return given
    if given is None:
        return Bootstrap()
    if isinstance(given, str):
        return _kind(given)()
    if isinstance(given, Mapping):
        kind = _kind(given.get("type", ""))
        fields = {name: value for name, value in given.items() if name != "type"}
        known = tuple(kind.__dataclass_fields__)
        for name in fields:
            if name not in known:
                raise UnknownNameError(
                    kind=f"field of {kind.name}", given=name, allowed=known
                )
        return kind(**fields)
    raise InputError(
        message=f"method is {given!r}; it must be fl.Bootstrap(...), "
        'fl.Parametric(...), or a name: "BOOTSTRAP", "PARAMETRIC".'
    )


def _kind(name: object) -> type[Bootstrap] | type[Parametric]:
    kind = METHODS.get(str(name).upper())
    if kind is None:
        raise UnknownNameError(
            kind="forward method", given=name, allowed=tuple(METHODS)
        )
    return kind


_MEAN: Final = (-1.0, math.inf, "a yearly return above -1, such as 0.05 for 5 %")
_VOLATILITY: Final = (
    -math.ulp(0.0),
    math.inf,
    "a yearly volatility of 0 or more, such as 0.15 for 15 %",
)


def _number(given: object, parameter: str, allowed: str) -> float:
    if isinstance(given, Real) and not isinstance(given, bool):
        number = float(given)
        if math.isfinite(number):
            return number
    raise AmountError(parameter=parameter, given=given, allowed=allowed)


def _by_asset(
    given: object, parameter: str, bounds: tuple[float, float, str]
) -> dict[str, float] | float | None:
    if given is None:
        return None
    if isinstance(given, Real) or not hasattr(given, "items"):
        return _bounded(given, parameter, bounds)
    return {
        str(asset): _bounded(value, f"{parameter}[{asset!r}]", bounds)
        for asset, value in given.items()
    }


def _bounded(given: object, parameter: str, bounds: tuple[float, float, str]) -> float:
    above, below, allowed = bounds
    number = _number(given, parameter, allowed)
    if not above < number < below:
        raise AmountError(parameter=parameter, given=given, allowed=allowed)
    return number + 0.0


def _matrix(given: Any) -> dict[str, dict[str, float]] | None:
    """Return a correlation matrix by rows, checked entry by entry."""
    if given is None:
        return None
    if hasattr(given, "to_dict") and hasattr(given, "columns"):
        given = given.to_dict("index")
    if not isinstance(given, Mapping) or not all(
        isinstance(row, Mapping) for row in given.values()
    ):
        raise InputError(
            message="correlation must name its assets on both sides: a DataFrame, or a "
            "mapping of asset to a mapping of asset to number."
        )
    matrix = {
        str(asset): {
            str(other): _number(
                value, f"correlation[{asset!r}][{other!r}]", "a number from -1 to 1"
            )
            for other, value in row.items()
        }
        for asset, row in given.items()
    }
    _require_correlation(matrix, tuple(matrix))
    return matrix


def _require_correlation(
    matrix: Mapping[str, Mapping[str, float]], assets: Sequence[str]
) -> None:
    for asset in assets:
        missing = [other for other in assets if other not in matrix[asset]]
        if missing or len(matrix[asset]) != len(assets):
            raise InputError(
                message=f"The row {asset!r} of correlation must have a number for each "
                f"of {', '.join(assets)}, and no other."
            )
        for other in assets:
            value = matrix[asset][other]
            if not -1.0 <= value <= 1.0:
                raise AmountError(
                    parameter=f"correlation[{asset!r}][{other!r}]",
                    given=value,
                    allowed="a number from -1 to 1",
                )
            if abs(value - matrix[other].get(asset, math.nan)) > 1e-12:
                raise InputError(
                    message=f"correlation of {asset} and {other} is {value!r} one way "
                    f"and {matrix[other].get(asset)!r} the other; it must be the same."
                )
        if matrix[asset][asset] != 1.0:
            raise AmountError(
                parameter=f"correlation[{asset!r}][{asset!r}]",
                given=matrix[asset][asset],
                allowed="1, as everything moves with itself",
            )
