"""Signals that strategies compute themselves, each distinct row of them once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from foresto_lab.errors import InputError, StrategyError
from foresto_lab.market.candle_table import CandleTable
from foresto_lab.optimize.evaluators.account_plan import AccountPlan
from foresto_lab.optimize.evaluators.column_store import ROOM
from foresto_lab.optimize.evaluators.combination_rows import Rows, parted
from foresto_lab.optimize.evaluators.distinct import groups_of
from foresto_lab.optimize.evaluators.row_accounts import (
    RowAccounts,
    accounts_of_batch,
    joined_accounts,
)
from foresto_lab.optimize.evaluators.shared_signals import observed
from foresto_lab.optimize.evaluators.strategy_family import StrategyFamily
from foresto_lab.optimize.evaluators.sweep_batches import Batch, given_signals
from foresto_lab.optimize.evaluators.usable_rows import own_names
from foresto_lab.types import Int64Array1D, UInt8Array1D

_LEAST_ROWS: Final = 16


@dataclass(frozen=True, slots=True, eq=False)
class OwnSignals:
    """What asks strategies for their signals on one table of candles.

    Parameters
    ----------
    table : CandleTable
    family : StrategyFamily
    accounts : RowAccounts
    threads : int
    """

    table: CandleTable
    family: StrategyFamily
    accounts: RowAccounts
    threads: int

    def by_code(self, rows: Rows, first: int) -> Iterator[tuple[Batch, AccountPlan]]:
        """Yield batches of a user's strategy, each distinct row of signals once."""
        own = own_names(rows)
        look_at_risk = partial(self._observed, rows, own, lambda s: s.risk)
        risk_of, risks = _looked_at(rows, look_at_risk)
        accounts = joined_accounts(
            (
                part,
                self.accounts.of(rows.take(part), risks[int(risk_of[part[0]])], {}),
            )
            for part in parted([groups_of(risk_of)], rows.count)
        )
        capacity = max(_LEAST_ROWS, ROOM // len(self.table))
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
                yield batch, accounts_of_batch(accounts, batch)
            remaining, known = remaining[~inside], {}

    def _observed(
        self, rows: Rows, own: list[str], look: Any, row: int
    ) -> tuple[Any, frozenset[str]]:
        given = rows.row(row, own)
        return observed(partial(self.family.strategy, given), look)  # type: ignore[arg-type]

    def by_strategy(
        self, rows: Rows, first: int
    ) -> Iterator[tuple[Batch, AccountPlan]]:
        """Yield batches of strategies that are asked one by one for their signals."""
        own = own_names(rows)
        groups = rows.joint(own)
        capacity = max(_LEAST_ROWS, ROOM // len(self.table))
        for begin in range(0, groups.count, capacity):
            examples = groups.examples[begin : begin + capacity]
            chosen = [self.family.strategy(rows.row(row, own)) for row in examples]
            bits = self._in_threads(self._bits_of, chosen)
            of_row = groups.of_row - begin
            inside = np.flatnonzero((of_row >= 0) & (of_row < len(examples)))
            accounts = joined_accounts(
                (
                    part,
                    self.accounts.of(
                        rows.take(inside[part]),
                        chosen[of_row[inside[part[0]]]].risk,
                        {},
                    ),
                )
                for part in parted([groups_of(of_row[inside])], len(inside))
            )
            batch = _given_batch(np.arange(len(inside)), bits, of_row[inside], first)
            if batch is not None:
                accounts = accounts_of_batch(accounts, batch)
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
