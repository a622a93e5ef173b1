"""The figures of a path on the sessions of a span."""

from __future__ import annotations

import numpy as np

from foresto_lab import engine
from foresto_lab.metrics import SESSIONS_PER_YEAR
from foresto_lab.metrics.periods import DAYS_PER_YEAR, period_ends
from foresto_lab.scenarios.span import Span
from foresto_lab.types import Float64Array1D


def figures_of(
    span: Span, values: Float64Array1D, returns: Float64Array1D
) -> Float64Array1D:
    """Return the engine's figures of values on the span, or on its first sessions."""
    n_sessions = len(values)
    days, months, years = span.day_numbers, span.month_ends, span.year_ends
    length = span.years
    if n_sessions < len(span.sessions):
        sessions = span.sessions[:n_sessions]
        days = days[:n_sessions]
        months, years = period_ends(sessions, "M"), period_ends(sessions, "Y")
        length = float(days[-1] - days[0]) / DAYS_PER_YEAR
    figures = np.empty(engine.N_FIGURES)
    engine.summary_kernel(
        values,
        returns,
        days,
        months,
        years,
        length,
        SESSIONS_PER_YEAR,
        0.0,
        figures,
    )
    return figures
