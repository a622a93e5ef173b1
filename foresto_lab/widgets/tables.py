"""The explorer's tables as text, ready to be shown."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.labels import (
    MISSING,
    best_of,
    day,
    label,
    measure_text,
    money,
    percent,
    rule_label,
)

if TYPE_CHECKING:
    from foresto_lab.widgets.explorer import Outcome

SUMMARY_MEASURES: Final = (
    "total_return",
    "cagr",
    "volatility",
    "sharpe_ratio",
    "sortino_ratio",
    "calmar_ratio",
    "max_drawdown",
    "recovery_days",
    "worst_year",
    "cvar_95",
    "annual_turnover",
    "total_cost",
    "rebalancing_count",
)
MOST_EVENTS: Final = 60


def summary_table(outcomes: Sequence[Outcome], language: str) -> dict[str, Any]:
    """Return the measures, one column a setting, with the best of each row marked."""
    rows = [_summary_row(name, outcomes, language) for name in SUMMARY_MEASURES]
    return {"columns": [outcome.label for outcome in outcomes], "rows": rows}


def _summary_row(
    name: str, outcomes: Sequence[Outcome], language: str
) -> dict[str, Any]:
    results = [outcome.result for outcome in outcomes]
    values = [None if r is None else r.summary[name] for r in results]
    best = best_of(name, values)
    cells = [
        {
            "text": MISSING if r is None else measure_text(name, value, language),
            "best": place in best,
            "title": label("best", language),
        }
        for place, (r, value) in enumerate(zip(results, values, strict=True))
    ]
    return {"label": label(name, language), "cells": cells}


def event_table(outcome: Outcome, language: str) -> dict[str, Any]:
    """Return the latest rebalancings, newest first, and how many there are of all."""
    result = outcome.result
    total = 0 if result is None else len(result.events)
    title = label("events", language)
    names = ("date", "trigger", "turnover", "cost", "nav_after")
    rows: list[list[str]] = []
    if result is not None:
        latest = result.events.tail(MOST_EVENTS).iloc[::-1]
        rows = [
            _event_row(event, language, result.currency)
            for event in latest.to_dict("records")
        ]
    shown = label("recent_of", language, total=total, shown=len(rows))
    return {
        "title": f"{title} · {shown if total > len(rows) else total}",
        "columns": [label(name, language) for name in names],
        "rows": rows,
    }


def _event_row(
    event: Mapping[Hashable, Any], language: str, currency: str
) -> list[str]:
    return [
        day(event["event_date"]),
        rule_label(event["trigger_detail"], language),
        percent(event["turnover"]),
        money(event["cost_amount"], language, currency),
        money(event["nav_after"], language, currency),
    ]
