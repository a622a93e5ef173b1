"""Flows on given sessions, as the engine takes them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from foresto_lab.findings import Finding
from foresto_lab.types import BoolArray1D, Float64Array1D


class Invest(StrEnum):
    """Where the money of a flow goes to, or comes from."""

    TARGET = "target"
    TOWARD = "toward"


@dataclass(frozen=True, slots=True, eq=False)
class AccountFlows:
    """The flows of an account, session by session; day 0 has none.

    The flow of a session is ``amounts + nav_rates * NAV`` of the NAV before it.

    Parameters
    ----------
    amounts : (n_sessions,)
        Base currency; above 0 comes in, below 0 goes out. Flows of one session are
        netted.
    nav_rates : (n_sessions,)
        Fraction of NAV, signed likewise.
    toward : (n_sessions,)
        False ("target"): a contribution buys by the target weights, a withdrawal sells
        pro rata to the holdings. True ("toward"): a contribution buys only what is
        below its target, a withdrawal sells first what is above it.
    findings : tuple of Finding
        Dates that moved, and flows that never come due.
    """

    amounts: Float64Array1D
    nav_rates: Float64Array1D
    toward: BoolArray1D
    findings: tuple[Finding, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether no session has a flow other than 0."""
        return not (self.amounts.any() or self.nav_rates.any())


def no_flows(n_sessions: int) -> AccountFlows:
    """Return the flows of an account that nobody pays into or draws from."""
    return AccountFlows(
        np.zeros(n_sessions), np.zeros(n_sessions), np.zeros(n_sessions, dtype=np.bool_)
    )
