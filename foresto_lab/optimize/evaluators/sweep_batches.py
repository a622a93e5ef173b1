"""Combinations as batches that a sweep takes: equal clauses, columns that have room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from foresto_lab.engine.sweep_terms import (
    GIVEN,
    N_LEAF_FIELDS,
    SweepSignals,
)
from foresto_lab.errors import InputError
from foresto_lab.optimize.evaluators.column_sources import (
    Source,
    parameters_of,
    resolved,
)
from foresto_lab.optimize.evaluators.column_store import ColumnStore
from foresto_lab.optimize.evaluators.combination_rows import Rows
from foresto_lab.optimize.evaluators.distinct import Groups, groups_of, joint_groups
from foresto_lab.optimize.evaluators.open_numbers import Number, Open, number_values
from foresto_lab.optimize.evaluators.signal_plan import Clauses, LeafPlan
from foresto_lab.optimize.evaluators.strategy_template import StrategyTemplate
from foresto_lab.strategies.conditions import Between, leaves_in
from foresto_lab.strategies.operands import Number as FixedNumber
from foresto_lab.types import BoolArray1D, Int64Array1D, UInt8Array2D


class Batch(NamedTuple):
    """Combinations whose signals a sweep computes together.

    Parameters
    ----------
    places : (n,)
        Which of the combinations asked for they are.
    signals : SweepSignals
    runs : (n,)
        False where an indicator refuses the combination's numbers.
    """

    places: Int64Array1D
    signals: SweepSignals
    runs: BoolArray1D


class _Operand(NamedTuple):
    """A column left open: which concrete one each combination has."""

    groups: Groups
    sources: list[Source | None]


def between_bounds(template: StrategyTemplate, rows: Rows) -> BoolArray1D:
    """Return where every ``between`` two numbers has the lower one first."""
    sound = np.ones(rows.count, dtype=np.bool_)
    for condition in template.definition.blocks.values():
        for leaf in leaves_in(condition):
            if not isinstance(leaf, Between):
                continue
            low = _number_at(template, leaf.low, f"{leaf.path}.right[0]")
            high = _number_at(template, leaf.high, f"{leaf.path}.right[1]")
            if low is not None and high is not None:
                sound &= number_values(low, rows.columns, rows.count) <= number_values(
                    high, rows.columns, rows.count
                )
    return sound


def _number_at(template: StrategyTemplate, operand: Any, path: str) -> Number | None:
    if path in template.opens:
        return template.opens[path]
    return operand.value if isinstance(operand, FixedNumber) else None


def planned_batches(
    template: StrategyTemplate,
    clauses: tuple[Clauses, ...],
    rows: Rows,
    places: Int64Array1D,
    store: ColumnStore,
    first: int,
) -> Iterator[Batch]:
    """Yield combinations of one template with the leaves and columns that they need.

    Parameters
    ----------
    template : StrategyTemplate
    clauses : tuple of Clauses
        Of each block; see ``signal_plan.block_clauses``.
    rows : Rows
        The values of these combinations.
    places : (n,)
        Which of the combinations asked for they are.
    store : ColumnStore
    first : int
        The bar on which the span begins.
    """
    slots = [leaf for block in clauses for clause in block for leaf in clause]
    plans = tuple(dict.fromkeys(slots))
    operands = {
        source: _operand(source, template, rows)
        for plan in plans
        for source in (plan.left, plan.right)
        if source is not None
    }
    store.reserve(len(operands))
    layout = _layout(clauses)
    for tile in _tiles(list(operands.values()), store.capacity, rows.count):
        whole = len(tile) == rows.count
        inside = (
            operands
            if whole
            else {source: _of_tile(one, tile) for source, one in operands.items()}
        )
        inner = rows if whole else rows.take(tile)
        signals, runs = _signals(plans, slots, inner, inside, layout, store, first)
        yield Batch(places if whole else places[tile], signals, runs)


def _operand(source: Source, template: StrategyTemplate, rows: Rows) -> _Operand:
    groups = rows.joint(parameters_of(source))
    concrete: list[Source | None] = []
    for row in groups.examples.tolist():
        try:
            concrete.append(resolved(source, rows.columns, row, template.catalog))
        except InputError:
            concrete.append(None)
    return _Operand(groups, concrete)


def _tiles(
    operands: Sequence[_Operand], capacity: int, count: int
) -> Iterator[Int64Array1D]:
    """Yield combinations that together need no more columns than there is room for."""
    needed = {source for operand in operands for source in operand.sources}
    if len(needed) <= capacity:
        yield np.arange(count)
        return
    room, left = capacity, len(operands)
    parts = []
    for operand in sorted(operands, key=lambda operand: operand.groups.count):
        share = max(room // left, 1)
        groups = operand.groups
        if groups.count > share:
            parts.append(groups_of(groups.of_row // share))
        room -= min(groups.count, share)
        left -= 1
    tiles = joint_groups(parts, count)
    order = np.argsort(tiles.of_row, kind="stable")
    ends = np.cumsum(np.bincount(tiles.of_row))
    yield from np.split(order, ends[:-1])


def _of_tile(operand: _Operand, tile: Int64Array1D) -> _Operand:
    """Return an operand of some combinations alone."""
    inside = groups_of(operand.groups.of_row[tile])
    of_each = operand.groups.of_row[tile[inside.examples]]
    return _Operand(inside, [operand.sources[number] for number in of_each])


def _layout(
    clauses: tuple[Clauses, ...],
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    lengths = [len(clause) for block in clauses for clause in block]
    counts = [len(block) for block in clauses]
    return (
        np.cumsum([0, *lengths], dtype=np.int32),
        np.cumsum([0, *counts], dtype=np.int32),
    )


def _signals(
    plans: Sequence[LeafPlan],
    slots: Sequence[LeafPlan],
    rows: Rows,
    operands: Mapping[Source, _Operand],
    layout: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]],
    store: ColumnStore,
    first: int,
) -> tuple[SweepSignals, BoolArray1D]:
    """Return the leaves of combinations, and which of them can be run."""
    in_store = _store_rows(operands, store)
    runs = np.ones(rows.count, dtype=np.bool_)
    for source, operand in operands.items():
        refused = in_store[source] < 0
        if refused.any():
            runs &= ~refused[operand.groups.of_row]
    tables: list[npt.NDArray[np.int32]] = []
    constants: list[npt.NDArray[np.float64]] = []
    leaf_of: dict[LeafPlan, npt.NDArray[np.int32]] = {}
    offset = 0
    for plan in plans:
        joint, table, numbers = _leaves(plan, rows, operands, in_store)
        tables.append(table)
        constants.append(numbers)
        leaf_of[plan] = (joint.of_row + offset).astype(np.int32)
        offset += joint.count
    leaf_of_slot = np.empty((rows.count, len(slots)), dtype=np.int32)
    for slot, plan in enumerate(slots):
        leaf_of_slot[:, slot] = leaf_of[plan]
    signals = SweepSignals(
        leaves=np.concatenate([_NO_LEAVES, *tables]),
        constants=np.concatenate([_NO_NUMBERS, *constants]),
        clause_starts=layout[0],
        block_starts=layout[1],
        leaf_of_slot=leaf_of_slot,
        columns=store.matrix,
        first=first,
    )
    return signals, runs


_NO_LEAVES: Final = np.zeros((0, N_LEAF_FIELDS), dtype=np.int32)
_NO_NUMBERS: Final = np.zeros(0)


def _store_rows(
    operands: Mapping[Source, _Operand], store: ColumnStore
) -> dict[Source, Int64Array1D]:
    """Return where in the store each concrete column of each operand stands."""
    wanted = [source for operand in operands.values() for source in operand.sources]
    found = store.rows_of([source for source in wanted if source is not None])
    rows = np.full(len(wanted), -1, dtype=np.int64)
    rows[[source is not None for source in wanted]] = found
    ends = np.cumsum([len(operand.sources) for operand in operands.values()])
    return dict(zip(operands, np.split(rows, ends[:-1]), strict=True))


def _leaves(
    plan: LeafPlan,
    rows: Rows,
    operands: Mapping[Source, _Operand],
    in_store: Mapping[Source, Int64Array1D],
) -> tuple[Groups, npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    """Return the distinct leaves of a plan: which each combination has, their rows."""
    parts = [
        operands[source].groups
        for source in (plan.left, plan.right)
        if source is not None
    ]
    opens = [n for n in (plan.constant, plan.number) if isinstance(n, Open)]
    parts += [rows.groups[number.parameter] for number in opens]
    joint = joint_groups(parts, rows.count)
    examples = joint.examples
    columns = {n.parameter: rows.columns[n.parameter][examples] for n in opens}
    table = np.empty((joint.count, N_LEAF_FIELDS), dtype=np.int32)
    table[:, 0] = plan.kind
    table[:, 1] = in_store[plan.left][operands[plan.left].groups.of_row[examples]]
    table[:, 2] = plan.left_shift
    table[:, 3] = -1
    if plan.right is not None:
        of_row = operands[plan.right].groups.of_row
        table[:, 3] = in_store[plan.right][of_row[examples]]
    table[:, 4] = plan.right_shift
    table[:, 5] = number_values(plan.number, columns, joint.count)
    # an indicator that refuses is read nowhere, as its combinations are not run
    table[:, 1] = np.maximum(table[:, 1], 0)
    if plan.right is not None:
        table[:, 3] = np.maximum(table[:, 3], 0)
    return joint, table, number_values(plan.constant, columns, joint.count) + 0.0


_MASKS: Final = (1, 2, 4, 8)


def given_signals(
    bits: UInt8Array2D, row_of: npt.NDArray[np.int64], first: int
) -> SweepSignals:
    """Return signals that a strategy computed itself.

    Parameters
    ----------
    bits : (n_given, n_bars)
    row_of : (n,)
        The row of each combination.
    first : int
        The bar on which the span begins.
    """
    leaves = np.zeros((len(bits) * len(_MASKS), N_LEAF_FIELDS), dtype=np.int32)
    leaves[:, 0] = GIVEN
    leaves[:, 1] = np.repeat(np.arange(len(bits)), len(_MASKS))
    leaves[:, 5] = np.tile(_MASKS, len(bits))
    slots = np.arange(len(_MASKS))
    return SweepSignals(
        leaves=leaves,
        constants=np.zeros(len(leaves)),
        clause_starts=np.arange(len(_MASKS) + 1, dtype=np.int32),
        block_starts=np.arange(len(_MASKS) + 1, dtype=np.int32),
        leaf_of_slot=(row_of[:, None] * len(_MASKS) + slots).astype(np.int32),
        given=bits,
        first=first,
    )
