"""An execution with some of its numbers left open, ``execution.stop_loss`` say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Final

from foresto_lab.backtest.execution import Execution
from foresto_lab.errors import InputError, UnknownNameError
from foresto_lab.strategies.sizing import SIZINGS, parse_sizing, sizing_to_dict

PREFIX: Final = "execution."
_NOT_SEARCHED: Final = ("funding", "finer")
_SIZING: Final = "sizing."

EXECUTION_PARAMETERS: Final = (
    *(
        f"{PREFIX}{item.name}"
        for item in fields(Execution)
        if item.name not in _NOT_SEARCHED
    ),
    *(
        f"{PREFIX}{_SIZING}{name}"
        for name in dict.fromkeys(
            item.name for kind in SIZINGS.values() for item in fields(kind)
        )
    ),
)
"""What of an execution can be a parameter."""


def is_of_execution(name: str) -> bool:
    """Return whether a parameter's name begins like one of an execution."""
    return name.startswith(PREFIX)


def require_execution_parameter(name: str) -> None:
    """Raise UnknownNameError unless an execution has such a number."""
    if name not in EXECUTION_PARAMETERS:
        raise UnknownNameError(
            kind="parameter of an execution", given=name, allowed=EXECUTION_PARAMETERS
        )


def execution_with(base: Execution, parameters: Mapping[str, Any]) -> Execution:
    """Return an execution with other values for some of its fields.

    Parameters
    ----------
    base : Execution
    parameters : mapping
        By names of ``EXECUTION_PARAMETERS``. ``execution.sizing.fraction`` changes a
        number of the sizing that the base, or ``execution.sizing``, names.

    Raises
    ------
    InputError
        A value is outside its range, or there is no sizing to change.
    """
    if not parameters:
        return base
    values = {name.removeprefix(PREFIX): value for name, value in parameters.items()}
    inner = {name: values.pop(name) for name in list(values) if _SIZING in name}
    changed = replace(base, **values)
    if not inner:
        return changed
    if changed.sizing is None:
        raise InputError(
            message=f"{PREFIX}{next(iter(inner))} is a parameter, but the execution "
            "names no sizing. Give one: Execution(sizing=FractionOfEquity(0.5))."
        )
    numbers = {name.removeprefix(_SIZING): value for name, value in inner.items()}
    sizing = parse_sizing({**sizing_to_dict(changed.sizing), **numbers})
    return replace(changed, sizing=sizing)
