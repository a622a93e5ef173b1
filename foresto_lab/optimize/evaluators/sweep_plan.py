"""From combinations of a strategy's parameters to the batches and rules of a sweep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from foresto_lab.backtest.execution import Execution
from foresto_lab.errors import InputError
from foresto_lab.market.candle_table import CandleTable
from foresto_lab.optimize.combinations import ParameterColumn
from foresto_lab.optimize.evaluators.account_plan import AccountPlan
from foresto_lab.optimize.evaluators.column_store import ColumnStore
from foresto_lab.optimize.evaluators.combination_rows import Rows, numbers, parted
from foresto_lab.optimize.evaluators.distinct import groups_of
from foresto_lab.optimize.evaluators.execution_terms import PREFIX, execution_with
from foresto_lab.optimize.evaluators.json_family import JsonFamily
from foresto_lab.optimize.evaluators.open_numbers import is_number_column
from foresto_lab.optimize.evaluators.own_signals import OwnSignals
from foresto_lab.optimize.evaluators.row_accounts import RowAccounts, accounts_of_batch
from foresto_lab.optimize.evaluators.signal_plan import (
    TooManyClausesError,
    block_clauses,
)
from foresto_lab.optimize.evaluators.strategy_family import PythonFamily, StrategyFamily
from foresto_lab.optimize.evaluators.strategy_template import (
    StrategyTemplate,
    json_checks,
    json_template,
    says_json,
    traced_template,
)
from foresto_lab.optimize.evaluators.sweep_batches import (
    Batch,
    between_bounds,
    planned_batches,
)
from foresto_lab.optimize.evaluators.usable_rows import own_names, usable_rows
from foresto_lab.types import Int64Array1D


@dataclass(frozen=True, slots=True)
class Planned:
    """A batch of combinations with the rules of their accounts."""

    batch: Batch
    accounts: AccountPlan
    execution: Execution


@dataclass(frozen=True, eq=False)
class SweepPlanner:
    """What turns combinations of one strategy on one table into batches.

    Parameters
    ----------
    table : CandleTable
    family : StrategyFamily
    execution : Execution
    initial_capital : money
    periods_per_year : float
    threads : int
        Threads that compute indicators and signals.
    """

    table: CandleTable
    family: StrategyFamily
    execution: Execution
    initial_capital: float
    periods_per_year: float
    threads: int

    def batches(
        self, columns: Mapping[str, ParameterColumn], count: int, first: int
    ) -> Iterator[Planned]:
        """Yield batches that together hold every combination that can be run.

        Parameters
        ----------
        columns : mapping of exact parameter name to (n,)
        count : int
            Combinations.
        first : int
            The bar on which the span begins.
        """
        rows = Rows.of(
            {name: numbers(column) for name, column in columns.items()}, count
        )
        for places in self._by_kind(rows):
            inner = rows.take(places)
            unmixed = {name: numbers(column) for name, column in inner.columns.items()}
            if any(unmixed[name] is not inner.columns[name] for name in unmixed):
                inner = Rows.of(unmixed, inner.count)
            yield from self._batches(inner, places, first)

    def _by_kind(self, rows: Rows) -> Iterator[Int64Array1D]:
        """Yield combinations whose values are all of one kind in each column."""
        mixed = [
            groups_of(
                np.array([type(value).__name__ for value in column], dtype=object)
            )
            for column in rows.columns.values()
            if column.dtype == object
        ]
        yield from parted(mixed, rows.count)

    def _batches(
        self, rows: Rows, places: Int64Array1D, first: int
    ) -> Iterator[Planned]:
        sound = usable_rows(self.family, self.execution, rows)
        if not sound.all():
            places = places[sound]
            rows = rows.take(np.flatnonzero(sound))
        if not rows.count:
            return
        taxes = [rows.groups[name] for name in rows.columns if name == _SELL_TAX]
        for part in parted(taxes, rows.count):
            inner = rows.take(part)
            execution = self._with_tax(inner)
            for batch, accounts in self._signalled(inner, first):
                own = Batch(places[part][batch.places], batch.signals, batch.runs)
                yield Planned(own, accounts, execution)

    def _with_tax(self, rows: Rows) -> Execution:
        if _SELL_TAX not in rows.columns:
            return self.execution
        return execution_with(self.execution, rows.row(0, [_SELL_TAX]))

    # --- signals ----------------------------------------------------------------------

    def _signalled(self, rows: Rows, first: int) -> Iterator[tuple[Batch, AccountPlan]]:
        if isinstance(self.family, JsonFamily) or says_json(self.family):
            yield from self._by_template(rows, first)
        elif isinstance(self.family, PythonFamily):
            yield from self._asked.by_code(rows, first)
        else:
            yield from self._asked.by_strategy(rows, first)

    def _by_template(
        self, rows: Rows, first: int
    ) -> Iterator[tuple[Batch, AccountPlan]]:
        opened = [name for name in own_names(rows) if self._is_open(name, rows)]
        fixed = [name for name in own_names(rows) if name not in opened]
        for part in parted([rows.groups[name] for name in fixed], rows.count):
            inner = rows.take(part)
            try:
                template = self._template(inner, opened, fixed)
                clauses = block_clauses(template.definition, template.opens)
            except TooManyClausesError:
                yield from _moved(self._asked.by_strategy(inner, first), part)
                continue
            except InputError:
                continue
            sound = between_bounds(template, inner)
            if not sound.all():
                part, inner = part[sound], inner.take(np.flatnonzero(sound))
            if not inner.count:
                continue
            accounts = self._row_accounts.of(inner, template.risk, template.risk_opens)
            own = np.arange(inner.count)
            for batch in planned_batches(
                template, clauses, inner, own, self.store, first
            ):
                yield (
                    Batch(part[batch.places], batch.signals, batch.runs),
                    accounts_of_batch(accounts, batch),
                )

    def _template(
        self, rows: Rows, opened: list[str], fixed: list[str]
    ) -> StrategyTemplate:
        examples, constant = rows.row(0, opened), rows.row(0, fixed)
        if isinstance(self.family, JsonFamily):
            return json_template(self.family, constant, examples)
        assert isinstance(self.family, PythonFamily)
        return traced_template(self.family, constant, examples)

    def _is_open(self, name: str, rows: Rows) -> bool:
        if not is_number_column(rows.columns[name]):
            return False
        if isinstance(self.family, JsonFamily):
            return json_checks(self.family, name) is not None
        return True

    @cached_property
    def _row_accounts(self) -> RowAccounts:
        return RowAccounts(self.execution, self.initial_capital, self.periods_per_year)

    @cached_property
    def _asked(self) -> OwnSignals:
        return OwnSignals(self.table, self.family, self._row_accounts, self.threads)

    @cached_property
    def store(self) -> ColumnStore:
        """The columns that combinations share."""
        from foresto_lab.indicators import built_in_indicators

        catalog = getattr(self.family, "catalog", None) or built_in_indicators()
        return ColumnStore(self.table, catalog, self.threads)


_SELL_TAX = f"{PREFIX}sell_tax_rate"


def _moved(
    batches: Iterator[tuple[Batch, AccountPlan]], part: Int64Array1D
) -> Iterator[tuple[Batch, AccountPlan]]:
    for batch, accounts in batches:
        yield Batch(part[batch.places], batch.signals, batch.runs), accounts
