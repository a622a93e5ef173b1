"""The strategy explorer's page as plain values: its state, and its wording."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from foresto_lab.figures.backtest_path import is_simulated
from foresto_lab.labels import label, measure_text
from foresto_lab.widgets.page import parse_percent, percent_text
from foresto_lab.widgets.strategy_chart import strategy_chart
from foresto_lab.widgets.strategy_parameters import strategy_names

if TYPE_CHECKING:
    from foresto_lab.widgets.strategy_explorer import StrategyExplorer

SHOWN_METRICS: Final = (
    "total_return",
    "cagr",
    "sharpe",
    "sortino",
    "max_drawdown",
    "exposure",
    "total_trades",
    "win_rate",
    "profit_factor",
    "average_trade",
    "total_fees",
    "final_equity",
)
_WORDS: Final = {
    "title": "strategy_explorer_title",
    "strategy": "strategy",
    "series": "candle_series",
    "own_json": "own_json",
    "json": "strategy_json",
    "initial_capital": "initial_capital",
    "fee_rate": "fee_percent",
    "slippage_bps": "slippage_bps",
    "money_and_costs": "money_and_costs",
    "parameters": "parameters",
    "preflight": "preflight",
    "metrics": "metrics",
    "whole_span": "whole_span",
    "chart": "strategy_chart",
    "save_run": "save_run",
    "simulated": "simulated",
    "simulated_hint": "simulated_note_chart",
    "other_language": "other_language",
}


def wording(explorer: StrategyExplorer) -> dict[str, Any]:
    """Return what the page says in the explorer's language, and what can be chosen."""
    language = explorer.language
    labels = {name: label(key, language) for name, key in _WORDS.items()}
    return {
        "labels": {**labels, "language": language},
        "strategies": list(strategy_names()),
        "series": [str(one) for one in explorer.series],
    }


def state_of(explorer: StrategyExplorer) -> dict[str, Any]:
    """Return everything the page shows, as plain values and binary columns."""
    setting, outcome, language = explorer.setting, explorer.outcome, explorer.language
    report, result = outcome.preflight, outcome.result
    table = explorer.candles
    return {
        "form": {
            "strategy": setting.strategy,
            "series": str(setting.series),
            "initial_capital": f"{setting.initial_capital:,.10g}",
            "fee_rate": percent_text(setting.fee_rate),
            "slippage_bps": f"{setting.slippage_bps:g}",
        },
        "controls": [
            control.to_dict()
            | {"value": setting.parameters.get(control.name, control.default)}
            for control in explorer.controls()
        ],
        "json": explorer.json_text(),
        "message": outcome.message,
        "preflight": "" if report is None else report.to_html(language),
        "passed": report is not None and report.passed,
        "metrics": _metrics(explorer),
        "status": _status(explorer),
        "simulated": result is not None and is_simulated(result),
        "chart": strategy_chart(table, result, explorer.window, language),
        "zoomed": explorer.window is not None,
        "timing": label(
            "explorer_timing",
            language,
            compute=f"{explorer.compute_seconds * 1000:.1f}",
            redraw="{redraw}",
        ),
    }


def _metrics(explorer: StrategyExplorer) -> list[list[str]]:
    result, language = explorer.result, explorer.language
    if result is None:
        return []
    return [
        [label(name, language), measure_text(name, result.metrics[name], language)]
        for name in SHOWN_METRICS
    ]


def _status(explorer: StrategyExplorer) -> str:
    saved = explorer.saved
    if saved is None:
        return ""
    key = "run_saved" if saved.run_id else "run_not_stored"
    facts = {"run_id": saved.run_id, "hash": saved.request_hash[:12]}
    return f"{saved.label}: {label(key, explorer.language, **facts)}"


def from_page(changes: dict[str, Any]) -> dict[str, Any]:
    """Return the page's changes as :meth:`StrategyExplorer.set` takes them."""
    given = dict(changes)
    if "fee_rate" in given:
        given["fee_rate"] = parse_percent("fee_rate", given["fee_rate"])
    return given
