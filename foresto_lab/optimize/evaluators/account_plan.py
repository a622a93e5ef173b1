"""The rules of many accounts: one row of numbers for each distinct set of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from foresto_lab.backtest.execution import Execution
from foresto_lab.backtest.walk import BASIS_POINT
from foresto_lab.engine.backtest import Rules
from foresto_lab.errors import InputError
from foresto_lab.optimize.combinations import ParameterColumn
from foresto_lab.optimize.evaluators.distinct import Groups, joint_groups
from foresto_lab.optimize.evaluators.execution_terms import PREFIX, execution_with
from foresto_lab.optimize.evaluators.open_numbers import Open, is_number_column, usable
from foresto_lab.optimize.evaluators.strategy_template import REPRESENTATIVES
from foresto_lab.strategies.risk import Risk
from foresto_lab.strategies.sizing import Sizing, parse_sizing, sizing_to_dict
from foresto_lab.types import BoolArray1D, Float64Array2D

_DIRECT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "fee_rate": "fee_rate",
        "maker_fee_rate": "maker_fee_rate",
        "slippage_bps": "slippage",
        "maintenance_margin_rate": "maintenance",
        "lot_size": "lot_size",
        "minimum_order": "minimum_order",
        "max_entries": "max_entries",
        "leverage": "leverage",
        "stop_loss": "stop_loss",
        "take_profit": "take_profit",
        "trailing_stop": "trailing_stop",
        "time_stop": "time_stop",
        "sizing.fraction": "size",
        "sizing.amount": "size",
        "sizing.annual": "size",
        "sizing.lookback": "lookback",
    }
)
"""Number of an execution or a risk block -> the rule that it becomes."""

_STANDING: Final[Mapping[str, float]] = MappingProxyType(
    {
        **REPRESENTATIVES,
        "fee_rate": 0.0,
        "maker_fee_rate": 0.0,
        "slippage_bps": 0.0,
        "maintenance_margin_rate": 0.0,
        "lot_size": 0.0,
        "minimum_order": 0.0,
        "max_entries": 1,
    }
)


class AccountPlan(NamedTuple):
    """The rules of combinations.

    Parameters
    ----------
    rules : (n_rules, 20)
        Each distinct set of rules once, as ``Rules`` orders them.
    rules_of : (n,)
        The row of each combination; -1 where they contradict each other.
    """

    rules: Float64Array2D
    rules_of: npt.NDArray[np.int32]


def is_open_term(name: str, column: ParameterColumn) -> bool:
    """Return whether a parameter of an execution is a number among the rules."""
    return name.removeprefix(PREFIX) in _DIRECT and is_number_column(column)


def usable_terms(
    base: Execution, name: str, column: ParameterColumn, groups: Groups
) -> BoolArray1D:
    """Return where a parameter of an execution has a value that it may have."""
    bare = replace(base, funding=None, finer=None)
    return usable(column, lambda value: execution_with(bare, {name: value}), groups)


def plan_accounts(
    execution: Execution,
    risk: Risk,
    opens: Mapping[str, Open],
    columns: Mapping[str, ParameterColumn],
    groups: Mapping[str, Groups],
    make: Callable[[Execution, Risk], Rules],
    n_rows: int,
) -> AccountPlan:
    """Return the rules of each combination.

    Parameters
    ----------
    execution : Execution
        With what is fixed; the values of its open numbers do not matter.
    risk : Risk
        The strategy's, likewise.
    opens : mapping of name to Open
        The open numbers: ``stop_loss`` and such of the strategy,
        ``execution.stop_loss`` and such of the execution, which go before those.
    columns, groups : mapping of parameter to its values and their groups
    make : callable
        The rules of one execution and risk block.
    n_rows : int
        Combinations.

    Raises
    ------
    InputError
        Execution and risk block contradict each other in every combination.
    """
    standing = {name: _standing(name) for name in opens if name.startswith(PREFIX)}
    fixed = execution_with(execution, standing)
    row = make(fixed, risk)
    effective = _effective(fixed, risk, opens)
    if fixed.maker_fee_rate is None and "fee_rate" in effective:
        effective["maker_fee_rate"] = effective["fee_rate"]
    needed = dict.fromkeys(number.parameter for number in effective.values())
    joint = joint_groups([groups[name] for name in needed], n_rows)
    examples = {name: columns[name][joint.examples] for name in needed}
    rules = np.tile(np.array(row, dtype=np.float64), (joint.count, 1))
    usable_rules = np.ones(joint.count, dtype=np.bool_)
    for name, number in effective.items():
        values = number.values(examples)
        if name.startswith("sizing."):
            usable_rules &= _usable_sizes(fixed, risk, name, values, examples, number)
        scale = BASIS_POINT if name == "slippage_bps" else 1.0
        rules[:, Rules._fields.index(_DIRECT[name])] = values * scale
    leverage = rules[:, Rules._fields.index("leverage")]
    maintenance = rules[:, Rules._fields.index("maintenance")]
    with np.errstate(divide="ignore"):
        usable_rules &= ~(maintenance >= 1.0 / leverage)
    number_of = np.where(usable_rules, np.arange(joint.count), -1).astype(np.int32)
    return AccountPlan(rules, number_of[joint.of_row])


def _standing(name: str) -> float:
    return _STANDING[name.removeprefix(PREFIX)]


def _effective(
    execution: Execution, risk: Risk, opens: Mapping[str, Open]
) -> dict[str, Open]:
    """Return the open numbers that count: an execution's go before a strategy's."""
    own = {name: number for name, number in opens.items() if PREFIX not in name}
    for name in list(own):
        is_set = getattr(execution, name.partition(".")[0], None) is not None
        if is_set:
            del own[name]
    terms = {
        name.removeprefix(PREFIX): number
        for name, number in opens.items()
        if name.startswith(PREFIX)
    }
    return {**own, **terms}


def _usable_sizes(
    execution: Execution,
    risk: Risk,
    name: str,
    values: npt.NDArray[np.float64],
    examples: Mapping[str, ParameterColumn],
    number: Open,
) -> BoolArray1D:
    """Return which values a sizing may have in place of its own number."""
    sizing = execution.sizing or risk.sizing
    key = name.removeprefix("sizing.")
    if sizing is None or key not in sizing_to_dict(sizing):
        raise InputError(
            message=f"{number.parameter} is a parameter, but the sizing "
            f"{getattr(sizing, 'type', 'all_in')} has no such number. Give another "
            "sizing, or take the parameter out."
        )
    given = examples[number.parameter] if number.divisor == 1.0 else values
    return usable(given, lambda value: _resized(sizing, key, value))


def _resized(sizing: Sizing, key: str, value: Any) -> Sizing:
    return parse_sizing({**sizing_to_dict(sizing), key: value})
