"""Walk-forwards and cross-validations as small tables in a notebook."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.labels import Language, count, label, measure_text, percent
from foresto_lab.types import Severity

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.findings import Finding
    from foresto_lab.optimize.validation.cross_validation_result import (
        CrossValidationResult,
    )
    from foresto_lab.optimize.validation.walk_forward_result import WalkForwardResult

_ROWS: Final = 24
_FIGURES: Final = (
    "total_return",
    "sharpe",
    "sharpe_ratio",
    "max_drawdown",
    "total_trades",
    "win_rate",
    "final_equity",
)
_CELL: Final = "text-align:{side};padding:2px 12px;border:none;white-space:nowrap"


def walk_forward_html(result: WalkForwardResult, language: Language) -> str:
    """Return the figures out of sample and a row for each window, as HTML."""
    summary = label(
        "wf_summary",
        language,
        windows=count(len(result.windows)),
        count=count(result.evaluated),
        efficiency=percent(result.efficiency, 0),
    )
    statistics = result.statistics
    sureness = label(
        "wf_sureness",
        language,
        probability=percent(statistics["probabilistic_sharpe_ratio"], 0),
        winning=percent(statistics["winning_windows"], 0),
    )
    heads = [
        label("wf_window", language),
        label("wf_test_span", language),
        label("wf_chosen", language),
        *(label(name, language) for name in _OF_WINDOW),
    ]
    rows = [
        [
            str(number),
            f"{_day(row['test_start'])} ~ {_day(row['test_end'])}",
            _chosen(chosen, language),
            *(measure_text(name, row[name], language) for name in _OF_WINDOW),
        ]
        for (number, row), chosen in zip(
            result.windows.iterrows(), result.chosen, strict=True
        )
    ]
    return _page(
        f"{label('wf_title', language)} · {result.title}",
        [summary, figures_text(result.metrics, language), sureness],
        heads,
        rows,
        result.findings,
        language,
        text_columns=3,
    )


def cross_validation_html(result: CrossValidationResult, language: Language) -> str:
    """Return how the figures are spread over the paths, a row each, as HTML."""
    plan = result.plan
    summary = label(
        "cv_summary",
        language,
        groups=count(plan.groups),
        tested=count(plan.test_groups),
        splits=count(plan.n_splits),
        paths=count(plan.n_paths),
        purge=count(plan.purge),
        embargo=count(plan.embargo),
    )
    spreads = {
        name: result.distribution(name) for name in _OF_PATHS if name in result.paths
    }
    columns = ("minimum", "5%", "median", "95%", "maximum")
    heads = [
        "",
        *(label(f"cv_{name}", language) for name in columns),
        label("cv_share_negative", language),
    ]
    rows = [
        [
            label("cv_figure", language, metric=label(name, language)),
            *(measure_text(name, spread.get(at), language) for at in columns),
            percent(float(spread.get("below_zero", math.nan)), 0)
            if name in _AROUND_ZERO
            else "",
        ]
        for name, spread in spreads.items()
    ]
    title = f"{label('cv_title', language)} · {result.title}"
    return _page(
        title, [summary], heads, rows, result.findings, language, text_columns=1
    )


_OF_PATHS: Final = ("sharpe", "total_return", "max_drawdown", "total_trades")
_AROUND_ZERO: Final = ("sharpe", "total_return")
_OF_WINDOW: Final = ("train_objective", "test_objective", "end_equity")


def figures_text(
    metrics: Mapping[str, Any] | pd.Series[Any], language: Language
) -> str:
    """Return the main figures in one line."""
    shown = [name for name in _FIGURES if name in metrics]
    return " · ".join(
        f"{label(name, language)} {measure_text(name, metrics[name], language)}"
        for name in shown
    )


def _chosen(parameters: Mapping[str, Any] | None, language: Language) -> str:
    if parameters is None:
        return label("wf_in_cash", language)
    return ", ".join(f"{name}={value}" for name, value in parameters.items())


def _day(moment: Any) -> str:
    return f"{moment:%Y-%m-%d}" if hasattr(moment, "year") else str(moment)


def _page(
    title: str,
    lines: Sequence[str],
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    findings: Iterable[Finding],
    language: Language,
    *,
    text_columns: int,
) -> str:
    """Return a heading, a few lines, a table and what was noted."""
    body = "".join(_row(row, "td", text_columns) for row in rows[:_ROWS])
    more = len(rows) - _ROWS
    said = "".join(f"<div>{escape(line)}</div>" for line in lines)
    rest = f"<div>{label('wf_more', language, count=more)}</div>" if more > 0 else ""
    notes = "".join(
        f"<div>{'·' if finding.severity is Severity.INFO else '⚠'} "
        f"{escape(f'{finding.message} {finding.fix}'.strip())}</div>"
        for finding in findings
    )
    return (
        f"<div><div><b>{escape(title)}</b></div>{said}"
        "<table style='border-collapse:collapse;font-variant-numeric:tabular-nums'>"
        f"{_row(heads, 'th', text_columns)}{body}</table>{rest}{notes}</div>"
    )


def _row(cells: Sequence[str], tag: str, text_columns: int) -> str:
    sides = ["left" if place < text_columns else "right" for place in range(len(cells))]
    shown = "".join(
        f"<{tag} style='{_CELL.format(side=side)}'>{escape(cell)}</{tag}>"
        for cell, side in zip(cells, sides, strict=True)
    )
    return f"<tr style='background:none'>{shown}</tr>"
