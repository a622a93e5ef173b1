"""The account walk's arguments, as the engine takes them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from foresto_lab import engine
from foresto_lab.rebalancing import Schedule
from foresto_lab.rebalancing.cashflows import AccountFlows
from foresto_lab.rebalancing.costs import AccountCosts
from foresto_lab.types import BoolArray1D, Float64Array2D, Int64Array1D

if TYPE_CHECKING:
    from foresto_lab.engine import AccountCharges, AccountFlowArrays, AccountRule


@dataclass(frozen=True, eq=False)
class AccountArguments:
    """What an account is walked by, beside its prices and its amount.

    Parameters
    ----------
    target_rows : (n_rows, n_assets + 1)
        Cash last; each row sums to 1.
    row_of_session : (n_sessions,)
    rule, charges, flows
        The engine's named tuples.
    busy : (n_sessions,)
    whole_shares : bool
    """

    target_rows: Float64Array2D
    row_of_session: Int64Array1D
    rule: AccountRule
    charges: AccountCharges
    flows: AccountFlowArrays
    busy: BoolArray1D
    whole_shares: bool

    def in_order(self, initial_amount: float) -> tuple[Any, ...]:
        """Return the kernel's arguments from ``target_rows`` to ``whole_shares``."""
        return (
            self.target_rows,
            self.row_of_session,
            initial_amount,
            self.rule,
            self.charges,
            self.flows,
            self.busy,
            self.whole_shares,
        )


def account_arguments(
    schedule: Schedule,
    costs: AccountCosts,
    flows: AccountFlows,
    target_rows: Float64Array2D,
    row_of_session: Int64Array1D,
    *,
    at_next_close: bool,
    whole_shares: bool,
) -> AccountArguments:
    """Return the arguments; arrays are copied, as the engine wants them writable."""
    rule = engine.AccountRule(
        np.array(schedule.due),
        int(schedule.decision),
        schedule.threshold,
        schedule.relative,
        schedule.to_band_edge,
        at_next_close,
    )
    charges = engine_charges(costs)
    moved = engine.AccountFlowArrays(
        np.array(flows.amounts), np.array(flows.nav_rates), np.array(flows.toward)
    )
    rows = np.array(row_of_session, dtype=np.int64)
    return AccountArguments(
        np.array(target_rows, order="C"),
        rows,
        rule,
        charges,
        moved,
        engine.busy_sessions(rule, rows, charges, moved),
        whole_shares,
    )


def engine_charges(costs: AccountCosts) -> AccountCharges:
    """Return the costs of an account as the engine's named tuple."""
    values = {name: getattr(costs, name) for name in engine.AccountCharges._fields}
    copied: dict[str, Any] = {
        name: np.array(value, order="C") if isinstance(value, np.ndarray) else value
        for name, value in values.items()
    }
    if not costs.impact_scale.any():  # a table of zeros would have trades solved for
        copied["impact_scale"] = np.empty((costs.n_assets, 0))
    copied["gains_method"] = int(costs.gains_method)
    return engine.AccountCharges(**copied)


def costs_checksum(costs: AccountCosts) -> str:
    """Return the SHA-256 of every number the engine reads of the costs."""
    digest = hashlib.sha256()
    for item in fields(costs):
        value = getattr(costs, item.name)
        if item.name == "findings":
            continue
        digest.update(item.name.encode())
        array = np.asarray(value)
        digest.update(str(array.shape).encode())
        digest.update(array.astype("<f8").tobytes())
    return digest.hexdigest()
