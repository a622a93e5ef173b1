"""The optimizer's page as plain values: its state, and its wording."""

from __future__ import annotations

import json
import math
from html import escape
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.errors import ForestoError
from foresto_lab.labels import MEASURES, label, measure_text
from foresto_lab.optimize.searching.progress import duration_text
from foresto_lab.widgets.optimizer_setting import METHOD_NAMES, OBJECTIVES
from foresto_lab.widgets.page import parse_percent, percent_text
from foresto_lab.widgets.strategy_chart import strategy_chart
from foresto_lab.widgets.strategy_page import SHOWN_METRICS
from foresto_lab.widgets.strategy_parameters import strategy_names

if TYPE_CHECKING:
    from foresto_lab.optimize.result import OptimizationResult
    from foresto_lab.widgets.optimizer import Optimizer

_WORDS: Final = {
    "title": "optimizer_title",
    "strategy": "strategy",
    "series": "candle_series",
    "ranges": "optimizer_ranges",
    "range_hint": "optimizer_range_hint",
    "search": "optimizer_search",
    "method": "optimizer_method",
    "trials": "optimizer_trials",
    "objective": "optimizer_objective",
    "constraints": "optimizer_constraints",
    "constraints_hint": "optimizer_constraints_hint",
    "money_and_costs": "money_and_costs",
    "initial_capital": "initial_capital",
    "fee_rate": "fee_percent",
    "start": "optimizer_start",
    "cancel": "optimizer_cancel",
    "partial": "optimizer_partial",
    "partial_hint": "optimizer_partial_hint",
    "map": "optimizer_map",
    "map_hint": "optimizer_map_hint",
    "x": "optimizer_x",
    "y": "optimizer_y",
    "axis_chosen": "optimizer_axis_chosen",
    "top": "optimizer_top",
    "open": "optimizer_open",
    "chart": "strategy_chart",
    "other_language": "other_language",
}
_COLUMNS: Final = ("total_return", "sharpe", "max_drawdown", "total_trades")
_ROWS: Final = 8


def wording(optimizer: Optimizer) -> dict[str, Any]:
    """Return what the page says in the optimizer's language, and what can be chosen."""
    language = optimizer.language
    return {
        "labels": {
            **{name: label(key, language) for name, key in _WORDS.items()},
            "language": language,
        },
        "strategies": list(strategy_names()),
        "series": [str(one) for one in optimizer.series],
        "methods": [[name, label(f"search_{name}", language)] for name in METHOD_NAMES],
        "objectives": [[name, label(name, language)] for name in OBJECTIVES],
    }


def state_of(optimizer: Optimizer) -> dict[str, Any]:
    """Return what is set and how far the search is, as plain values."""
    setting = optimizer.setting
    return {
        "form": {
            "strategy": setting.strategy,
            "series": str(setting.series),
            "method": setting.method,
            "trials": f"{setting.trials}",
            "objective": setting.objective,
            "constraints": "\n".join(setting.constraint_list),
            "initial_capital": f"{setting.initial_capital:,.10g}",
            "fee_rate": percent_text(setting.fee_rate),
        },
        "ranges": [
            {
                "name": name,
                "text": one.text,
                "varied": one.varied,
                "default": f"{one.control.default}",
            }
            for name, one in setting.ranges.items()
        ],
        "planned": _planned(optimizer),
        "message": optimizer.message,
        "running": optimizer.is_running,
        "progress": _progress(optimizer) if optimizer.is_running else None,
    }


def found_of(optimizer: Optimizer) -> dict[str, Any]:
    """Return what the page shows of a search that has ended, and of an opened trial.

    Plain values, and binary columns of the opened trial's chart.
    """
    result, language = optimizer.result, optimizer.language
    if result is None:
        return {"result": None, "map": None, "opened": None}
    return {
        "result": {
            "partial": result.is_partial,
            "verdict": _verdict(result, language),
            "how": _how(result, language),
            "findings": [f"{f.message} {f.fix}".strip() for f in result.findings],
            "axes": _axes(optimizer, result),
            **_table(result, language),
        },
        "map": _map(optimizer, result),
        "opened": _opened(optimizer),
    }


def from_page(changes: dict[str, Any]) -> dict[str, Any]:
    """Return the page's changes as :meth:`Optimizer.set` takes them."""
    given = dict(changes)
    if "fee_rate" in given:
        given["fee_rate"] = parse_percent("fee_rate", given["fee_rate"])
    return given


def _planned(optimizer: Optimizer) -> dict[str, Any]:
    """Return how many combinations there are to try, or why the search cannot be."""
    try:
        count = optimizer.setting.planned()
    except ForestoError as error:
        return {"text": str(error), "fault": True}
    text = label("optimizer_planned", optimizer.language, count=f"{count:,}")
    return {"text": text, "fault": False}


def _progress(optimizer: Optimizer) -> dict[str, Any]:
    told, language = optimizer.progress, optimizer.language
    if optimizer.is_cancelling:
        return {"fraction": None, "text": label("optimizer_cancelling", language)}
    if told is None:
        return {"fraction": None, "text": label("optimizer_preparing", language)}
    total = "–" if told.total is None else f"{told.total:,}"
    parts = [
        label("optimizer_done_of", language, done=f"{told.done:,}", total=total),
        label("optimizer_elapsed", language, time=duration_text(told.elapsed)),
    ]
    if told.remaining is not None:
        left = duration_text(told.remaining)
        parts.append(label("optimizer_remaining", language, time=left))
    if not math.isnan(told.best):
        parts.append(_best(optimizer, told.best))
    return {"fraction": told.fraction, "text": " · ".join(parts)}


def _best(optimizer: Optimizer, value: float) -> str:
    name, language = optimizer.setting.objective, optimizer.language
    return label(
        "optimizer_best_so_far",
        language,
        metric=label(name, language),
        value=measure_text(name, value, language),
    )


def _verdict(result: OptimizationResult, language: Any) -> dict[str, Any]:
    verdict = result.verdict
    if verdict is None:
        word = label("optimizer_verdict_unknown", language)
        return {"level": "unknown", "word": word, "reasons": []}
    return {
        "level": verdict.level,
        "word": verdict.word(language),
        "reasons": [reason.text(language) for reason in verdict.reasons],
    }


def _how(result: OptimizationResult, language: Any) -> str:
    how = label(
        "search_how",
        language,
        method=label(f"search_{result.method.name}", language),
        count=f"{result.evaluated:,}",
        status=label(f"search_{result.status.replace(' ', '_')}", language),
        seconds=f"{result.elapsed:,.1f}",
    )
    if result.run_id is None:
        return how
    facts = {"run_id": result.run_id, "hash": result.request_hash[:12]}
    return f"{how} · {label('optimizer_registered', language, **facts)}"


def _axes(optimizer: Optimizer, result: OptimizationResult) -> dict[str, Any]:
    """Return the parameters that an axis can be, and which each is."""
    names = [
        name
        for name, domain in result.space.parameters.items()
        if domain.count is None or domain.count > 1
    ]
    chosen = [axis or "" for axis in optimizer.axes]
    return {"names": names, "x": chosen[0], "y": chosen[1]}


def _table(result: OptimizationResult, language: Any) -> dict[str, Any]:
    """Return the best trials: their parameters, the objective and a few figures."""
    parameters = list(result.space.names)
    known: list[str] = [name for name in _COLUMNS if name in result.metric_names]
    objective = result.objective
    figures = [objective, *(name for name in known if name != objective)]
    rows = [
        {
            "trial": int(row["trial"]),
            "cells": [
                *(str(row[name]) for name in parameters),
                *(measure_text(name, row[name], language) for name in figures),
            ],
        }
        for row in result.top(_ROWS).to_dict("records")
    ]
    heads = [
        *parameters,
        *(label(n, language) if n in MEASURES else n for n in figures),
    ]
    return {"heads": heads, "rows": rows}


def _map(optimizer: Optimizer, result: OptimizationResult) -> dict[str, Any] | None:
    """Return the heat map as the page draws it; its cells know their best trial."""
    if not len(result.trials):
        return None
    x, y = optimizer.axes
    language = optimizer.language
    if x is None and y is None:
        figure = result.plot(language=language)
    else:
        figure = result.heat_map(x, y, language=language)
    spec: dict[str, Any] = json.loads(figure.to_json())
    layout = spec["layout"]
    layout.pop("height", None)
    layout.pop("meta", None)
    for trace in spec["data"]:
        if trace["type"] == "heatmap":
            trace["textfont"] = {**trace.get("textfont", {}), "color": "@cell-text"}
    return {"data": spec["data"], "layout": layout, "columns": {}}


def _opened(optimizer: Optimizer) -> dict[str, Any] | None:
    backtest, trial = optimizer.opened, optimizer.opened_trial
    if backtest is None or trial is None:
        return None
    language = optimizer.language
    chosen = ", ".join(
        f"{name} {escape(str(value))}"
        for name, value in optimizer.parameters_of(trial).items()
    )
    return {
        "trial": trial,
        "title": label("optimizer_opened", language, trial=trial, parameters=chosen),
        "metrics": [
            [
                label(name, language),
                measure_text(name, backtest.metrics[name], language),
            ]
            for name in SHOWN_METRICS
        ],
        "chart": strategy_chart(optimizer.candles, backtest, None, language),
    }
