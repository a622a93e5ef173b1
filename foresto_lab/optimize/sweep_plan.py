"""From combinations of a strategy's parameters to the batches and rules of a sweep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from foresto_lab.backtest.execution import Execution
from foresto_lab.backtest.walk import rules_of
from foresto_lab.engine.backtest import Rules
from foresto_lab.errors import InputError, StrategyError
from foresto_lab.market.candle_table import CandleTable
from foresto_lab.optimize.account_plan import (
    AccountPlan,
    is_open_term,
    plan_accounts,
    usable_terms,
)
from foresto_lab.optimize.column_store import ROOM, ColumnStore
from foresto_lab.optimize.combinations import ParameterColumn
from foresto_lab.optimize.distinct import Groups, groups_of
from foresto_lab.optimize.execution_terms import PREFIX, execution_with
from foresto_lab.optimize.open_numbers import Open, is_number_column, plain, usable
from foresto_lab.optimize.shared_signals import observed
from foresto_lab.optimize.signal_plan import TooManyClausesError, block_clauses
from foresto_lab.optimize.strategy_family import (
    JsonFamily,
    PythonFamily,
    StrategyFamily,
)
from foresto_lab.optimize.strategy_template import (
    StrategyTemplate,
    json_checks,
    json_template,
    says_json,
    traced_template,
)
from foresto_lab.optimize.sweep_batches import (
    Batch,
    Rows,
    between_bounds,
    given_signals,
    planned_batches,
)
from foresto_lab.strategies.library.sides import TwoSidedStrategy
from foresto_lab.strategies.risk import Risk
from foresto_lab.strategies.trading_strategy import TradingStrategy, parse_config
from foresto_lab.types import BoolArray1D, Int64Array1D, UInt8Array1D

_CHECKED_BY_CONFIG = (TradingStrategy.__init__, TwoSidedStrategy.__init__)
"""Ways to make a strategy that refuse nothing but single values, and ``ordered``."""


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
        sound = self._usable(rows)
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
        rate = plain(rows.columns[_SELL_TAX][0])
        return execution_with(self.execution, {_SELL_TAX: rate})

    # --- signals ----------------------------------------------------------------------

    def _signalled(self, rows: Rows, first: int) -> Iterator[tuple[Batch, AccountPlan]]:
        if isinstance(self.family, JsonFamily) or says_json(self.family):
            yield from self._by_template(rows, first)
        elif isinstance(self.family, PythonFamily):
            yield from self._by_code(rows, first)
        else:
            yield from self._by_strategy(rows, first)

    def _by_template(
        self, rows: Rows, first: int
    ) -> Iterator[tuple[Batch, AccountPlan]]:
        opened = [name for name in self._own(rows) if self._is_open(name, rows)]
        fixed = [name for name in self._own(rows) if name not in opened]
        for part in parted([rows.groups[name] for name in fixed], rows.count):
            inner = rows.take(part)
            try:
                template = self._template(inner, opened, fixed)
                clauses = block_clauses(template.definition, template.opens)
            except TooManyClausesError:
                yield from _moved(self._by_strategy(inner, first), part)
                continue
            except InputError:
                continue
            sound = between_bounds(template, inner)
            if not sound.all():
                part, inner = part[sound], inner.take(np.flatnonzero(sound))
            if not inner.count:
                continue
            accounts = self._accounts(inner, template.risk, template.risk_opens)
            own = np.arange(inner.count)
            for batch in planned_batches(
                template, clauses, inner, own, self.store, first
            ):
                yield (
                    Batch(part[batch.places], batch.signals, batch.runs),
                    _accounts_of(accounts, batch),
                )

    def _template(
        self, rows: Rows, opened: list[str], fixed: list[str]
    ) -> StrategyTemplate:
        examples = {name: plain(rows.columns[name][0]) for name in opened}
        constant = {name: plain(rows.columns[name][0]) for name in fixed}
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

    def _by_code(self, rows: Rows, first: int) -> Iterator[tuple[Batch, AccountPlan]]:
        """Yield batches of a user's strategy, each distinct row of signals once."""
        own = self._own(rows)
        look_at_risk = partial(self._observed, rows, own, lambda s: s.risk)
        risk_of, risks = _looked_at(rows, look_at_risk)
        accounts = _joined(
            (
                part,
                self._accounts(rows.take(part), risks[int(risk_of[part[0]])], {}),
            )
            for part in parted([groups_of(risk_of)], rows.count)
        )
        capacity = max(16, ROOM // max(len(self.table), 1))
        remaining = np.arange(rows.count)
        reads: frozenset[str] = frozenset()
        known: dict[int, UInt8Array1D | None] = {}
        while len(remaining):
            inner = rows.take(remaining)
            groups = inner.joint(reads & set(own))
            chosen = groups.examples[:capacity]
            fresh = [row for row in remaining[chosen].tolist() if row not in known]
            look = partial(self._observed, rows, own, self._bits_of)
            looked = dict(zip(fresh, self._in_threads(look, fresh), strict=True))
            known |= {row: bits for row, (bits, _) in looked.items()}
            more = frozenset().union(*(seen for _, seen in looked.values()))
            if not more & set(own) <= reads:
                reads |= more
                continue
            inside = groups.of_row < len(chosen)
            bits = [known[row] for row in remaining[chosen].tolist()]
            place_in_bits = groups.of_row[inside]
            batch = _given_batch(remaining[inside], bits, place_in_bits, first)
            if batch is not None:
                yield batch, _accounts_of(accounts, batch)
            remaining, known = remaining[~inside], {}

    def _observed(
        self, rows: Rows, own: list[str], look: Any, row: int
    ) -> tuple[Any, frozenset[str]]:
        given = {name: plain(rows.columns[name][row]) for name in own}
        return observed(partial(self.family.strategy, given), look)  # type: ignore[arg-type]

    def _by_strategy(
        self, rows: Rows, first: int
    ) -> Iterator[tuple[Batch, AccountPlan]]:
        """Yield batches of strategies that are asked one by one for their signals."""
        own = self._own(rows)
        groups = rows.joint(own)
        capacity = max(16, ROOM // max(len(self.table), 1))
        for begin in range(0, groups.count, capacity):
            examples = groups.examples[begin : begin + capacity]
            chosen = [
                self.family.strategy(
                    {name: plain(rows.columns[name][row]) for name in own}
                )
                for row in examples
            ]
            bits = self._in_threads(self._bits_of, chosen)
            of_row = groups.of_row - begin
            inside = np.flatnonzero((of_row >= 0) & (of_row < len(examples)))
            accounts = _joined(
                (
                    part,
                    self._accounts(
                        rows.take(inside[part]),
                        chosen[of_row[inside[part[0]]]].risk,
                        {},
                    ),
                )
                for part in parted([groups_of(of_row[inside])], len(inside))
            )
            batch = _given_batch(np.arange(len(inside)), bits, of_row[inside], first)
            if batch is not None:
                accounts = _accounts_of(accounts, batch)
                yield Batch(inside[batch.places], batch.signals, batch.runs), accounts

    def _bits_of(self, strategy: Any) -> UInt8Array1D | None:
        try:
            bits: UInt8Array1D = strategy.signals(self.table).bits
        except StrategyError:
            raise
        except InputError:  # an indicator refuses what only it knows to be wrong
            return None
        if len(bits) != len(self.table):
            raise InputError(
                message=f"The strategy gave {len(bits)} signals for {len(self.table)} "
                "candles. It must give one for each bar, in their order."
            )
        return bits

    def _in_threads(self, compute: Any, items: list[Any]) -> list[Any]:
        if self.threads == 1 or len(items) < 2:
            return [compute(item) for item in items]
        with ThreadPoolExecutor(self.threads) as pool:
            return list(pool.map(compute, items))

    @cached_property
    def store(self) -> ColumnStore:
        """The columns that combinations share."""
        from foresto_lab.indicators import built_in_indicators

        catalog = getattr(self.family, "catalog", None) or built_in_indicators()
        return ColumnStore(self.table, catalog, self.threads)

    # --- what can be run --------------------------------------------------------------

    def _own(self, rows: Rows) -> list[str]:
        return [name for name in rows.columns if not name.startswith(PREFIX)]

    def _usable(self, rows: Rows) -> BoolArray1D:
        """Return which combinations have values that each may be, and go together."""
        sound = np.ones(rows.count, dtype=np.bool_)
        for name, column in rows.columns.items():
            groups = rows.groups[name]
            if name.startswith(PREFIX):
                if is_open_term(name, column) and PREFIX + "sizing." not in name:
                    sound &= usable_terms(self.execution, name, column, groups)
            elif isinstance(self.family, JsonFamily):
                check = json_checks(self.family, name)
                if check is not None and is_number_column(column):
                    sound &= usable(column, check, groups)
            elif isinstance(self.family, PythonFamily):
                sound &= usable(column, partial(self._check_field, name), groups)
        if isinstance(self.family, PythonFamily) and sound.any():
            places = np.flatnonzero(sound)
            sound[places] = self._agree(self.family, rows.take(places))
        return sound

    def _check_field(self, name: str, value: Any) -> None:
        assert isinstance(self.family, PythonFamily)
        if self._checks_fields_alone(self.family):
            parse_config(self.family.kind, {**self.family.base, name: value})

    def _agree(self, family: PythonFamily, rows: Rows) -> BoolArray1D:
        """Return which combinations of a class have values that go together."""
        if self._checks_fields_alone(family):
            ordered = getattr(family.kind, "ordered", ())
            sound = np.ones(rows.count, dtype=np.bool_)
            for lower, higher in ordered:
                sound &= _values(family, rows, lower) < _values(family, rows, higher)
            return sound
        groups = rows.joint(self._own(rows))
        tried = []
        for row in groups.examples:
            given = {n: plain(rows.columns[n][row]) for n in self._own(rows)}
            try:
                family.strategy(given)
            except InputError:
                tried.append(False)
            else:
                tried.append(True)
        agreed: BoolArray1D = np.array(tried, dtype=np.bool_)[groups.of_row]
        return agreed

    def _checks_fields_alone(self, family: PythonFamily) -> bool:
        decorators = family.kind.Config.__pydantic_decorators__
        return (
            family.kind.__init__ in _CHECKED_BY_CONFIG
            and not decorators.model_validators
            and not decorators.root_validators
            and not decorators.field_validators
            and not decorators.validators
        )

    # --- accounts ---------------------------------------------------------------------

    def _accounts(
        self, rows: Rows, risk: Risk, risk_opens: Mapping[str, Open]
    ) -> AccountPlan:
        """Return the rules of each combination."""
        terms = [name for name in rows.columns if name.startswith(PREFIX)]
        opened = [name for name in terms if is_open_term(name, rows.columns[name])]
        fixed = [name for name in terms if name not in opened]
        opens = {**risk_opens, **{name: Open(name) for name in opened}}
        plans = []
        for part in parted([rows.groups[name] for name in fixed], rows.count):
            inner = rows.take(part)
            given = {name: plain(inner.columns[name][0]) for name in fixed}
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
        return _joined(iter(plans))

    def _rules(self, execution: Execution, risk: Risk) -> Rules:
        joined = execution.risk_with(risk)
        return rules_of(execution, joined, self.initial_capital, self.periods_per_year)


_SELL_TAX = f"{PREFIX}sell_tax_rate"


def parted(groups: list[Groups], count: int) -> Iterator[Int64Array1D]:
    """Yield the rows that agree in every one of some groupings."""
    if not groups:
        yield np.arange(count)
        return
    from foresto_lab.optimize.distinct import joint_groups

    joint = joint_groups(groups, count)
    if joint.count == 1:
        yield np.arange(count)
        return
    order = np.argsort(joint.of_row, kind="stable")
    ends = np.cumsum(np.bincount(joint.of_row, minlength=joint.count))
    yield from np.split(order, ends[:-1])


def numbers(column: ParameterColumn) -> ParameterColumn:
    """Return a column of objects that are all whole, or all fractions, as numbers."""
    if column.dtype != object:
        return column
    kinds = {type(plain(value)) for value in column}
    if kinds == {int}:
        return np.array(column.tolist(), dtype=np.int64)
    return column.astype(np.float64) if kinds == {float} else column


def _values(family: PythonFamily, rows: Rows, name: str) -> Any:
    return rows.columns[name] if name in rows.columns else family.base[name]


def _looked_at(rows: Rows, look: Any) -> tuple[npt.NDArray[np.int64], list[Any]]:
    """Return which distinct answer each combination gives, and the answers."""
    reads: frozenset[str] = frozenset()
    known: dict[int, tuple[Any, frozenset[str]]] = {}
    while True:
        groups = rows.joint(reads & set(rows.columns))
        for row in groups.examples.tolist():
            if row not in known:
                known[row] = look(row)
        more = frozenset().union(*(seen for _, seen in known.values()))
        if more & set(rows.columns) <= reads:
            answers = [known[row][0] for row in groups.examples.tolist()]
            return groups.of_row, answers
        reads |= more


def _joined(plans: Iterator[tuple[Int64Array1D, AccountPlan]]) -> AccountPlan:
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


def _accounts_of(accounts: AccountPlan, batch: Batch) -> AccountPlan:
    """Return the rules of a batch; none where its signals cannot be computed."""
    of_row = np.where(batch.runs, accounts.rules_of[batch.places], -1)
    return AccountPlan(accounts.rules, of_row.astype(np.int32))


def _given_batch(
    places: Int64Array1D,
    bits: list[UInt8Array1D | None],
    of_row: Int64Array1D,
    first: int,
) -> Batch | None:
    sound = np.array([row is not None for row in bits], dtype=np.bool_)
    if not sound.any():
        return None
    matrix = np.stack([row for row in bits if row is not None])
    row_of = np.maximum(np.cumsum(sound) - 1, 0)[of_row]
    return Batch(places, given_signals(matrix, row_of, first), sound[of_row])


def _moved(
    batches: Iterator[tuple[Batch, AccountPlan]], part: Int64Array1D
) -> Iterator[tuple[Batch, AccountPlan]]:
    for batch, accounts in batches:
        yield Batch(part[batch.places], batch.signals, batch.runs), accounts
