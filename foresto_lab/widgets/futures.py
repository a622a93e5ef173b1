"""The explorer's part about the future: a fan and the chances, of few paths."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.errors import ForestoError, UnknownNameError
from foresto_lab.labels import MISSING, best_of, label, measure_text
from foresto_lab.scenarios.forward import ForwardResult, forward

if TYPE_CHECKING:
    from foresto_lab.labels import Language
    from foresto_lab.widgets.comparison import Comparison, Setting
    from foresto_lab.widgets.prices import PriceShelf

VIEWS: Final = ("history", "forward")
"""The parts of the explorer: what was, and what may come."""
LIVE_PATHS: Final = 1_000
LIVE_YEARS: Final = 20
MEASURES: Final = (
    "final_p05",
    "final_p50",
    "final_p95",
    "cagr_p05",
    "cagr_p50",
    "cagr_p95",
    "probability_of_loss",
    "probability_of_ruin",
    "max_drawdown_p50",
    "max_drawdown_p05",
)


def require_view(view: str) -> str:
    """Return the part's name, or raise UnknownNameError."""
    if view not in VIEWS:
        raise UnknownNameError(kind="part of the explorer", given=view, allowed=VIEWS)
    return view


def futures_of(
    comparison: Comparison, setting: Setting, shelf: PriceShelf
) -> tuple[ForwardResult | None, str]:
    """Return the futures of a setting, or why there are none."""
    try:
        rule = setting.rule()
        holdings = shelf.holdings(setting.scenario, rule, setting.costs)
        result = forward(
            holdings.inputs.quoted,
            holdings.weights,
            rule,
            setting.costs or None,
            comparison.cash_flow or None,
            years=LIVE_YEARS,
            paths=LIVE_PATHS,
            initial_amount=comparison.initial_amount,
            calendar=holdings.calendar,
            start=comparison.start,
            end=comparison.end,
            market=holdings.inputs.market,
        )
    except ForestoError as error:
        return None, str(error)
    named = replace(result, name=setting.scenario, currency=holdings.currency)
    return named, ""


def futures_chart(result: ForwardResult, language: Language) -> dict[str, Any]:
    """Return the fan for Plotly: ``data``, ``layout`` and no ``columns``."""
    from foresto_lab.figures import forward_fan

    spec = json.loads(str(forward_fan(result, language=language).to_json()))
    layout = {**spec["layout"], "height": 520}
    return {"data": spec["data"], "layout": layout, "columns": {}}


def futures_table(
    results: Mapping[str, ForwardResult | None], language: Language
) -> dict[str, Any]:
    """Return the measures of futures, one column a setting, the best marked."""
    listed = list(results.values())
    rows = [_row(name, listed, language) for name in MEASURES]
    return {"columns": list(results), "rows": rows}


def _row(
    name: str, results: Sequence[ForwardResult | None], language: Language
) -> dict[str, Any]:
    values = [None if result is None else result.summary[name] for result in results]
    best = best_of(name, values)
    cells = [
        {
            "text": MISSING
            if result is None
            else measure_text(name, value, language, result.currency),
            "best": place in best,
            "title": label("best", language),
        }
        for place, (result, value) in enumerate(zip(results, values, strict=True))
    ]
    return {"label": label(name, language), "cells": cells}
