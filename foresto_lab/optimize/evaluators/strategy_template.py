"""A strategy read once for all the numbers that a search puts into it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.errors import AmountError, InputError
from foresto_lab.optimize.evaluators.json_family import JsonFamily
from foresto_lab.optimize.evaluators.open_numbers import LARGEST, Open
from foresto_lab.optimize.evaluators.strategy_family import PythonFamily
from foresto_lab.optimize.spaces.json_paths import path_of, replaced, steps_of
from foresto_lab.strategies.condition_parser import MAX_RUN_BARS
from foresto_lab.strategies.finding_list import FindingList
from foresto_lab.strategies.json_strategy import JsonStrategy
from foresto_lab.strategies.library import BUILT_IN_STRATEGIES
from foresto_lab.strategies.risk import Risk
from foresto_lab.strategies.risk_block import parse_risk_block
from foresto_lab.strategies.trading_strategy import parse_config

if TYPE_CHECKING:
    from foresto_lab.indicators import IndicatorCatalog
    from foresto_lab.strategies.json_definition import JsonDefinition

_BLOCK: Final = r"(?:buy|sell|short|cover)Conditions\b.*\."
_OPERAND: Final = re.compile(_BLOCK + r"(?:left|right|right\[[01]\])")
_BARS: Final = re.compile(_BLOCK + r"bars")
_INDICATOR: Final = re.compile(r"indicators\[(\d+)\]\.params\.(\w+)")
_RISK: Final = re.compile(r"risk\.(\w+|sizing\.\w+)")

REPRESENTATIVES: Final[Mapping[str, float]] = MappingProxyType(
    {
        "stop_loss": 0.01,
        "take_profit": 0.01,
        "trailing_stop": 0.01,
        "time_stop": 1,
        "leverage": 1.0,
        "sizing.fraction": 0.5,
        "sizing.amount": 1.0,
        "sizing.annual": 0.5,
        "sizing.lookback": 2,
    }
)
"""A value that is always allowed of each number of a risk block."""


@dataclass(frozen=True, eq=False)
class StrategyTemplate:
    """A strategy with some of its numbers open.

    Parameters
    ----------
    definition : JsonDefinition
        Its rules, with some number or other where one is open.
    opens : mapping of path to Open
        The open numbers of its conditions and indicators, by their place.
    risk : Risk
        Its risk block, with some number or other where one is open.
    risk_opens : mapping of name to Open
        The open numbers of the risk block, ``stop_loss`` or ``sizing.fraction``.
    """

    definition: JsonDefinition
    opens: Mapping[str, Open]
    risk: Risk
    risk_opens: Mapping[str, Open]

    @property
    def catalog(self) -> IndicatorCatalog:
        """The indicators to choose from."""
        return self.definition.columns.catalog


# --- JSON strategies ----------------------------------------------------------------


def json_checks(family: JsonFamily, name: str) -> Callable[[Any], object] | None:
    """Return what says whether a number may stand in a place of a JSON strategy.

    None where no number is, so that its values make strategies of their own. The check
    raises InputError for a number that may not.
    """
    path, divisor = family.place_of(name)
    if _OPERAND.fullmatch(path):
        return _require_operand
    if _BARS.fullmatch(path):
        return _require_bars
    match = _RISK.fullmatch(path)
    if match is not None:
        limit = match[1]
        return lambda value: _require_limit(
            limit, value if divisor == 1.0 else value / divisor
        )
    match = _INDICATOR.fullmatch(path)
    if match is None:
        return None
    use = family.written["indicators"][int(match[1])]
    parameter = family.known_indicators.get(use["name"]).find_parameter(match[2])
    return None if parameter is None or parameter.choices else parameter.parse


def json_template(
    family: JsonFamily, fixed: Mapping[str, Any], examples: Mapping[str, Any]
) -> StrategyTemplate:
    """Return a JSON strategy with the numbers of ``examples`` left open.

    Parameters
    ----------
    family : JsonFamily
    fixed : mapping of parameter to value
    examples : mapping of parameter to a value that may stand there

    Raises
    ------
    InputError
        With the fixed values there is no such strategy.
    """
    opens, risk_opens, standing = {}, {}, dict(fixed)
    for name, example in examples.items():
        path, divisor = family.place_of(name)
        match = _RISK.fullmatch(path)
        if match:
            risk_opens[match[1]] = Open(name, divisor)
            standing[path] = REPRESENTATIVES[match[1]]
        else:
            opens[path] = Open(name)
            standing[path] = _standing_number(path, example)
    strategy = family.strategy(standing)
    return StrategyTemplate(strategy.definition, opens, strategy.risk, risk_opens)


def _standing_number(path: str, example: Any) -> Any:
    """Return a number that is right in a place, whatever stands in the others."""
    if path.endswith(".right[0]"):
        return -LARGEST / 10
    if path.endswith(".right[1]"):
        return LARGEST / 10
    if _BARS.fullmatch(path):
        return 1
    return 0.0 if _OPERAND.fullmatch(path) else example


def _require_operand(value: Any) -> None:
    if not abs(value) < LARGEST:
        raise AmountError(
            parameter="operand", given=value, allowed="a finite number below 1e300"
        )


def _require_bars(value: Any) -> None:
    if not isinstance(value, int) or not 1 <= value <= MAX_RUN_BARS:
        raise AmountError(
            parameter="bars", given=value, allowed=f"1 to {MAX_RUN_BARS:,} bars"
        )


def _require_limit(name: str, value: Any) -> None:
    if name.startswith("sizing."):
        return  # what it may be depends on the sizing: see account_plan
    findings = FindingList()
    parse_risk_block({name: value}, "risk", findings)
    if findings.has_errors:
        raise InputError(message=findings.all[0].message)


# --- Python strategies --------------------------------------------------------------


def says_json(family: object) -> bool:
    """Return whether a family's strategies are ones that say their rules as JSON."""
    return (
        isinstance(family, PythonFamily)
        and BUILT_IN_STRATEGIES.get(family.kind.name) is family.kind
        and family.catalog is None
    )


def traced_template(
    family: PythonFamily, fixed: Mapping[str, Any], examples: Mapping[str, Any]
) -> StrategyTemplate:
    """Return a built-in strategy with the numbers of ``examples`` left open.

    Its ``to_json`` is read with numbers that know which parameter they come from.

    Raises
    ------
    InputError
        With the fixed values there is no such strategy, or it cannot say its rules so.
    """
    kind = family.kind
    sound = parse_config(kind, {**family.base, **fixed, **examples})
    values = {name: getattr(sound, name) for name in kind.Config.model_fields}
    for name in examples:
        values[name] = Traced(values[name], Open(name))
    strategy: Any = copy(family.strategy({}))
    strategy.config = kind.Config.model_construct(**values)
    written = strategy.to_json()
    found = dict(_traced_leaves(written, ()))
    plain = replaced(
        written, {steps_of(path) or (): float(n) for path, n in found.items()}
    )
    risk_opens, opens = {}, {}
    for path, number in found.items():
        match = _RISK.fullmatch(path)
        if match:
            risk_opens[match[1]] = number.origin
        else:
            opens[path] = number.origin
    read = JsonStrategy.from_dict(plain)
    return StrategyTemplate(read.definition, opens, read.risk, risk_opens)


class Traced(float):
    """A number that knows which parameter it comes from.

    It can be divided by a constant, compared, and passed on; other arithmetic would
    make a number that no longer knows, and is refused.
    """

    origin: Open

    def __new__(cls, value: float, origin: Open) -> Traced:
        """Return a number and where it comes from."""
        traced = super().__new__(cls, value)
        traced.origin = origin
        return traced

    def __truediv__(self, divisor: float) -> Traced:
        if isinstance(divisor, Traced) or self.origin.divisor != 1.0:
            raise _untraceable()
        return Traced(float(self) / divisor, Open(self.origin.parameter, divisor))


def _untraceable() -> InputError:
    return InputError(
        message="A parameter is used in arithmetic that a search cannot follow."
    )


def _refused(*_: object) -> Any:
    raise _untraceable()


for _name in (
    *("add", "radd", "sub", "rsub", "mul", "rmul", "rtruediv", "floordiv"),
    *("rfloordiv", "mod", "rmod", "pow", "rpow", "neg", "int", "round"),
):
    setattr(Traced, f"__{_name}__", _refused)


def _traced_leaves(
    written: Any, steps: tuple[str | int, ...]
) -> Iterator[tuple[str, Traced]]:
    if isinstance(written, Mapping):
        for key, value in written.items():
            yield from _traced_leaves(value, (*steps, key))
    elif isinstance(written, list | tuple):
        for place, value in enumerate(written):
            yield from _traced_leaves(value, (*steps, place))
    elif isinstance(written, Traced):
        yield path_of(steps), written
