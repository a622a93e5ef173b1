"""The engine: compiled kernels over arrays and scalars; no labels, no dates, no I/O.

A kernel is loaded when it is first asked for: reading its compiled code takes time that
a command which does not need it should not pay.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from foresto_lab.engine.account import account_kernel as account_kernel
    from foresto_lab.engine.account import busy_sessions as busy_sessions
    from foresto_lab.engine.account_terms import N_COST_PARTS as N_COST_PARTS
    from foresto_lab.engine.account_terms import N_LEDGER as N_LEDGER
    from foresto_lab.engine.account_terms import SCHEDULE_FIRED as SCHEDULE_FIRED
    from foresto_lab.engine.account_terms import AccountCharges as AccountCharges
    from foresto_lab.engine.account_terms import AccountFlowArrays as AccountFlowArrays
    from foresto_lab.engine.account_terms import AccountRule as AccountRule
    from foresto_lab.engine.decisions import DATE_FIRED as DATE_FIRED
    from foresto_lab.engine.decisions import DRIFT_FIRED as DRIFT_FIRED
    from foresto_lab.engine.decisions import NEVER as NEVER
    from foresto_lab.engine.decisions import ON_BOTH as ON_BOTH
    from foresto_lab.engine.decisions import ON_DATE as ON_DATE
    from foresto_lab.engine.decisions import ON_DRIFT as ON_DRIFT
    from foresto_lab.engine.decisions import ON_EITHER as ON_EITHER
    from foresto_lab.engine.forward import N_OUTCOMES as N_OUTCOMES
    from foresto_lab.engine.forward import drawn_path_kernel as drawn_path_kernel
    from foresto_lab.engine.forward import forward_kernel as forward_kernel
    from foresto_lab.engine.forward_account import ACCOUNT_OUTCOMES as ACCOUNT_OUTCOMES
    from foresto_lab.engine.forward_account import (
        N_ACCOUNT_OUTCOMES as N_ACCOUNT_OUTCOMES,
    )
    from foresto_lab.engine.forward_account import (
        forward_account_kernel as forward_account_kernel,
    )
    from foresto_lab.engine.summary import summary_kernel as summary_kernel
    from foresto_lab.engine.summary_figures import FIGURES as FIGURES
    from foresto_lab.engine.summary_figures import N_FIGURES as N_FIGURES
    from foresto_lab.engine.sweep import N_COLUMNS as N_COLUMNS
    from foresto_lab.engine.sweep import sweep_kernel as sweep_kernel
    from foresto_lab.engine.walk import walk_kernel as walk_kernel

_HOMES: Final = {
    "AccountCharges": "account_terms",
    "AccountFlowArrays": "account_terms",
    "AccountRule": "account_terms",
    "ACCOUNT_OUTCOMES": "forward_account",
    "DATE_FIRED": "decisions",
    "DRIFT_FIRED": "decisions",
    "FIGURES": "summary_figures",
    "NEVER": "decisions",
    "N_ACCOUNT_OUTCOMES": "forward_account",
    "N_COLUMNS": "sweep",
    "N_COST_PARTS": "account_terms",
    "N_FIGURES": "summary_figures",
    "N_LEDGER": "account_terms",
    "N_OUTCOMES": "forward",
    "ON_BOTH": "decisions",
    "ON_DATE": "decisions",
    "ON_DRIFT": "decisions",
    "ON_EITHER": "decisions",
    "SCHEDULE_FIRED": "account_terms",
    "account_kernel": "account",
    "busy_sessions": "account",
    "drawn_path_kernel": "forward",
    "forward_account_kernel": "forward_account",
    "forward_kernel": "forward",
    "summary_kernel": "summary",
    "sweep_kernel": "sweep",
    "walk_kernel": "walk",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a name from the module it lives in, the first time it is used."""
    if name not in _HOMES:
        raise AttributeError(f"foresto_lab.engine has no name {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
