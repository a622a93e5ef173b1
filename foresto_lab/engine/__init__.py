"""The engine: compiled kernels over arrays and scalars; no labels, no dates, no I/O."""

from foresto_lab.engine.summary import FIGURES, N_FIGURES, summary_kernel
from foresto_lab.engine.sweep import N_COLUMNS, sweep_kernel
from foresto_lab.engine.walk import (
    DATE_FIRED,
    DRIFT_FIRED,
    NEVER,
    ON_BOTH,
    ON_DATE,
    ON_DRIFT,
    ON_EITHER,
    walk_kernel,
)

__all__ = [
    "DATE_FIRED",
    "DRIFT_FIRED",
    "FIGURES",
    "NEVER",
    "N_COLUMNS",
    "N_FIGURES",
    "ON_BOTH",
    "ON_DATE",
    "ON_DRIFT",
    "ON_EITHER",
    "summary_kernel",
    "sweep_kernel",
    "walk_kernel",
]
