"""The parameters of the built-in strategies as controls: kind, limits, default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from foresto_lab.errors import AmountError
from foresto_lab.strategies import BUILT_IN_STRATEGIES

_FAR: Final = {"integer": 500.0, "number": 100.0}
"""Where a slider ends that has no limit."""


@dataclass(frozen=True, slots=True)
class Control:
    """One parameter: what its control may be set to.

    ``kind`` says which control; ``optional`` that it may be left empty.
    """

    name: str
    kind: Literal["integer", "number", "boolean", "choice"]
    default: Any
    low: float = 0.0
    high: float = 0.0
    step: float = 1.0
    choices: tuple[str, ...] = ()
    optional: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the control as plain values."""
        return {**asdict(self), "choices": list(self.choices)}

    def parse(self, given: Any) -> Any:
        """Return a value of the page as the strategy takes it.

        Raises
        ------
        AmountError
            It is no number.
        """
        if self.kind in ("boolean", "choice"):
            return given
        if self.optional and given in (None, ""):
            return None
        try:
            number = float(str(given).replace(",", ""))
        except ValueError:
            raise AmountError(
                parameter=self.name, given=given, allowed="a number"
            ) from None
        return int(number) if self.kind == "integer" and number.is_integer() else number


def strategy_names() -> tuple[str, ...]:
    """Return the built-in strategies that trade one symbol."""
    return tuple(
        name for name, kind in BUILT_IN_STRATEGIES.items() if hasattr(kind, "to_json")
    )


def controls_of(strategy: str) -> tuple[Control, ...]:
    """Return the controls of a built-in strategy's parameters, in its order."""
    config = BUILT_IN_STRATEGIES[strategy].Config
    properties: Mapping[str, Any] = config.model_json_schema().get("properties", {})
    return tuple(_control(name, given) for name, given in properties.items())


def _control(name: str, given: Mapping[str, Any]) -> Control:
    kinds = given.get("anyOf", [given])
    described = next(kind for kind in kinds if kind.get("type") != "null")
    optional = len(kinds) > 1
    default = given.get("default")
    if "enum" in described:
        return Control(name, "choice", default, choices=tuple(described["enum"]))
    kind = described["type"]
    if kind == "boolean":
        return Control(name, "boolean", default)
    low = described.get("minimum", described.get("exclusiveMinimum", 0.0))
    high = described.get("maximum", described.get("exclusiveMaximum", _FAR[kind]))
    step = 1.0 if kind == "integer" else _step(float(high) - float(low))
    return Control(
        name, kind, default, float(low), float(high), step, optional=optional
    )


def _step(span: float) -> float:
    return 0.5 if span >= 20 else 0.1
