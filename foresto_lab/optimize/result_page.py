"""A search as a small page in a notebook: the verdict and the best trials."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

from foresto_lab.labels import MEASURES, Language, label, measure_text

if TYPE_CHECKING:
    from foresto_lab.optimize.result import OptimizationResult

_SHOWN: Final[tuple[str, ...]] = (
    "total_return",
    "sharpe",
    "max_drawdown",
    "total_trades",
    "win_rate",
    "profit_factor",
)
_ROWS: Final = 5
_CELL: Final = "text-align:{side};padding:2px 12px;border:none;white-space:nowrap"


def result_html(result: OptimizationResult, language: Language) -> str:
    """Return the result as HTML."""
    return (
        f"<div><div><b>{escape(result.title)}</b></div>"
        f"<div>{escape(_how(result, language))}</div>"
        f"{_verdict(result, language)}{_table(result, language)}"
        f"{_notes(result)}</div>"
    )


def _how(result: OptimizationResult, language: Language) -> str:
    return label(
        "search_how",
        language,
        method=label(f"search_{result.method.name}", language),
        count=f"{result.evaluated:,}",
        status=label(f"search_{result.status.replace(' ', '_')}", language),
        seconds=f"{result.elapsed:,.1f}",
    )


def _verdict(result: OptimizationResult, language: Language) -> str:
    if result.verdict is None:
        return ""
    words = result.verdict.text(language)
    return f"<div>{escape(words)}</div>"


def _table(result: OptimizationResult, language: Language) -> str:
    """Return the best trials: parameters, the objective, and a few figures."""
    figures = [name for name in _SHOWN if name in result.metric_names]
    first = result.objective
    figures = [first] * (first not in figures) + figures
    heads = [*result.space.names, *(_word(name, language) for name in figures)]
    rows = [
        [str(row[name]) for name in result.space.names]
        + [_figure(result, name, row, language) for name in figures]
        for row in result.top(_ROWS).to_dict("records")
    ]
    body = "".join(f"<tr style='background:none'>{_cells(row)}</tr>" for row in rows)
    return (
        "<table style='border-collapse:collapse;font-variant-numeric:tabular-nums'>"
        f"<tr style='background:none'>{_cells(heads)}</tr>{body}</table>"
    )


def _figure(
    result: OptimizationResult, name: str, row: dict[Any, Any], language: Language
) -> str:
    value = row["objective"] if name == result.objective else row[name]
    return measure_text(name if name in MEASURES else "objective", value, language)


def _word(name: str, language: Language) -> str:
    return label(name, language) if name in MEASURES else name


def _cells(texts: list[str]) -> str:
    style = _CELL.format(side="right")
    return "".join(f"<td style='{style}'>{escape(text)}</td>" for text in texts)


def _notes(result: OptimizationResult) -> str:
    return "".join(
        f"<div>⚠ {escape(f'{finding.message} {finding.fix}')}</div>"
        for finding in result.findings
    )
