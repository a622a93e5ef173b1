"""Which combinations have values that a strategy and an execution take."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from foresto_lab.backtest.execution import Execution
from foresto_lab.errors import InputError
from foresto_lab.optimize.evaluators.account_plan import is_open_term, usable_terms
from foresto_lab.optimize.evaluators.combination_rows import Rows
from foresto_lab.optimize.evaluators.execution_terms import PREFIX
from foresto_lab.optimize.evaluators.json_family import JsonFamily
from foresto_lab.optimize.evaluators.open_numbers import is_number_column, usable
from foresto_lab.optimize.evaluators.strategy_family import PythonFamily, StrategyFamily
from foresto_lab.optimize.evaluators.strategy_template import json_checks
from foresto_lab.strategies.library.sides import TwoSidedStrategy
from foresto_lab.strategies.trading_strategy import TradingStrategy, parse_config
from foresto_lab.types import BoolArray1D

_CHECKED_BY_CONFIG = (TradingStrategy.__init__, TwoSidedStrategy.__init__)
"""Ways to make a strategy that refuse nothing but single values, and ``ordered``."""


def own_names(rows: Rows) -> list[str]:
    """Return the parameters of the strategy, not those of its execution."""
    return [name for name in rows.columns if not name.startswith(PREFIX)]


def usable_rows(
    family: StrategyFamily, execution: Execution, rows: Rows
) -> BoolArray1D:
    """Return which combinations have values that each may be, and go together.

    Parameters
    ----------
    family : StrategyFamily
    execution : Execution
        Of which ``execution.`` parameters change something.
    rows : Rows
    """
    sound = np.ones(rows.count, dtype=np.bool_)
    for name, column in rows.columns.items():
        groups = rows.groups[name]
        if name.startswith(PREFIX):
            if is_open_term(name, column) and PREFIX + "sizing." not in name:
                sound &= usable_terms(execution, name, column, groups)
        elif isinstance(family, JsonFamily):
            check = json_checks(family, name)
            if check is not None and is_number_column(column):
                sound &= usable(column, check, groups)
        elif isinstance(family, PythonFamily):
            sound &= usable(column, partial(_check_field, family, name), groups)
    if isinstance(family, PythonFamily) and sound.any():
        places = np.flatnonzero(sound)
        sound[places] = _agree(family, rows.take(places))
    return sound


def _check_field(family: PythonFamily, name: str, value: Any) -> None:
    if _checks_fields_alone(family):
        parse_config(family.kind, {**family.base, name: value})


def _agree(family: PythonFamily, rows: Rows) -> BoolArray1D:
    """Return which combinations of a class have values that go together."""
    if _checks_fields_alone(family):
        ordered = getattr(family.kind, "ordered", ())
        sound = np.ones(rows.count, dtype=np.bool_)
        for lower, higher in ordered:
            sound &= _values(family, rows, lower) < _values(family, rows, higher)
        return sound
    own = own_names(rows)
    groups = rows.joint(own)
    tried = []
    for row in groups.examples.tolist():
        try:
            family.strategy(rows.row(row, own))
        except InputError:
            tried.append(False)
        else:
            tried.append(True)
    agreed: BoolArray1D = np.array(tried, dtype=np.bool_)[groups.of_row]
    return agreed


def _checks_fields_alone(family: PythonFamily) -> bool:
    decorators = family.kind.Config.__pydantic_decorators__
    return (
        family.kind.__init__ in _CHECKED_BY_CONFIG
        and not decorators.model_validators
        and not decorators.root_validators
        and not decorators.field_validators
        and not decorators.validators
    )


def _values(family: PythonFamily, rows: Rows, name: str) -> Any:
    return rows.columns[name] if name in rows.columns else family.base[name]
