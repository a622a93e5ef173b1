"""The rules of combinations' accounts, whatever of their execution is searched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from foresto_lab.backtest.execution import Execution
from foresto_lab.backtest.walk import rules_of
from foresto_lab.engine.backtest import Rules
from foresto_lab.errors import InputError
from foresto_lab.optimize.evaluators.account_plan import (
    AccountPlan,
    is_open_term,
    plan_accounts,
)
from foresto_lab.optimize.evaluators.combination_rows import Rows, parted
from foresto_lab.optimize.evaluators.execution_terms import PREFIX, execution_with
from foresto_lab.optimize.evaluators.open_numbers import Open
from foresto_lab.optimize.evaluators.sweep_batches import Batch
from foresto_lab.strategies.risk import Risk
from foresto_lab.types import Int64Array1D


@dataclass(frozen=True, slots=True, eq=False)
class RowAccounts:
    """What makes the rules of combinations.

    Parameters
    ----------
    execution : Execution
        With nothing searched.
    initial_capital : money
    periods_per_year : float
    """

    execution: Execution
    initial_capital: float
    periods_per_year: float

    def of(self, rows: Rows, risk: Risk, risk_opens: Mapping[str, Open]) -> AccountPlan:
        """Return the rules of each combination."""
        terms = [name for name in rows.columns if name.startswith(PREFIX)]
        opened = [name for name in terms if is_open_term(name, rows.columns[name])]
        fixed = [name for name in terms if name not in opened]
        opens = {**risk_opens, **{name: Open(name) for name in opened}}
        plans = []
        for part in parted([rows.groups[name] for name in fixed], rows.count):
            inner = rows.take(part)
            given = inner.row(0, fixed)
            try:
                execution = execution_with(self.execution, given)
                plan = plan_accounts(
                    execution,
                    risk,
                    opens,
                    inner.columns,
                    inner.groups,
                    self._rules,
                    inner.count,
                )
            except InputError:
                nothing = np.full(inner.count, -1, dtype=np.int32)
                plan = AccountPlan(np.zeros((0, len(Rules._fields))), nothing)
            plans.append((part, plan))
        return joined_accounts(iter(plans))

    def _rules(self, execution: Execution, risk: Risk) -> Rules:
        joined = execution.risk_with(risk)
        return rules_of(execution, joined, self.initial_capital, self.periods_per_year)


def joined_accounts(plans: Iterator[tuple[Int64Array1D, AccountPlan]]) -> AccountPlan:
    """Return the rules of parts of the combinations as those of all."""
    parts = list(plans)
    if len(parts) == 1:
        return parts[0][1]
    count = sum(len(part) for part, _ in parts)
    of_row = np.full(count, -1, dtype=np.int32)
    offset = 0
    for part, plan in parts:
        of_row[part] = np.where(plan.rules_of >= 0, plan.rules_of + offset, -1)
        offset += len(plan.rules)
    return AccountPlan(np.concatenate([plan.rules for _, plan in parts]), of_row)


def accounts_of_batch(accounts: AccountPlan, batch: Batch) -> AccountPlan:
    """Return the rules of a batch; none where its signals cannot be computed."""
    of_row = np.where(batch.runs, accounts.rules_of[batch.places], -1)
    return AccountPlan(accounts.rules, of_row.astype(np.int32))
