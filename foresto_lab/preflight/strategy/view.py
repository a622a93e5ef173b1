"""A preflight of a strategy as HTML: findings, conditions with bars, what to change.

Colours are those of the page around it, a report's or JupyterLab's, so that the view
is as legible on a dark ground as on a light one. No script, nothing loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from foresto_lab.findings import Finding
from foresto_lab.labels import count, label, percent
from foresto_lab.preflight.strategy.explanation import (
    ConditionShare,
    ZeroTradeExplanation,
)
from foresto_lab.preflight.strategy.wording import near_miss_text

_BAD: Final = "var(--bad, var(--jp-error-color1, #c4472b))"
_WARN: Final = "var(--notice-ink, var(--jp-warn-color1, #a86800))"
_GOOD: Final = "var(--good, var(--jp-success-color1, #0b8a62))"
_SOFT: Final = "var(--soft, var(--jp-ui-font-color2, #7a8494))"
_ACCENT: Final = "var(--accent, var(--jp-brand-color1, #2f7fc1))"
_LINE: Final = "rgba(127,127,127,.28)"
_COLOURS: Final = {"error": _BAD, "warning": _WARN, "info": _SOFT}
_MARKS: Final = {"error": "✗", "warning": "!", "info": "i"}
_CELL: Final = (
    f"style='text-align:left;vertical-align:top;padding:5px 10px 5px 0;"
    f"border-bottom:1px solid {_LINE}'"
)


def verdict_html(*, passed: bool, trades: int | None, language: str) -> str:
    """Return whether it can run, and how many trades are expected."""
    words = label("preflight_ready" if passed else "preflight_stopped", language)
    colour = _GOOD if passed else _BAD
    html = f"<b style='color:{colour}'>{escape(words)}</b>"
    if trades is not None:
        expected = label("preflight_predicted", language, trades=count(trades))
        html += f" <span style='color:{_SOFT}'>· {escape(expected)}</span>"
    return html


def findings_html(findings: Sequence[Finding], language: str) -> str:
    """Return the findings as a table, the gravest first."""
    rows = [
        [
            f"<span style='color:{_COLOURS[f.severity]};white-space:nowrap'>"
            f"{_MARKS[f.severity]} {escape(label(str(f.severity), language))}</span>",
            f"<code>{escape(f.code)}</code>",
            f"<code>{escape(f.where)}</code>" if f.where else "",
            _lines(f.message),
            _lines(f.fix),
        ]
        for f in findings
    ]
    keys = ("severity", "code", "where", "message", "fix")
    return table_html([label(key, language) for key in keys], rows)


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def table_html(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells that are HTML already; nothing without rows."""
    body = "".join(
        f"<tr>{''.join(f'<td {_CELL}>{cell}</td>' for cell in row)}</tr>"
        for row in rows
    )
    if not body:
        return ""
    headings = "".join(f"<th {_CELL}>{escape(words)}</th>" for words in head)
    return (
        "<div style='overflow-x:auto'><table style='border-collapse:collapse;"
        "margin:6px 0 10px'>"
        f"<thead><tr>{headings}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def share_bar(share: float) -> str:
    """Return a share as a small bar; the figure stands beside it."""
    width = max(share * 100.0, 1.5 if share > 0 else 0.0)
    return (
        f"<span role='img' aria-label='{escape(percent(share))}' "
        "style='display:inline-block;width:80px;height:8px;margin-right:8px;"
        "border-radius:4px;background:rgba(127,127,127,.25);overflow:hidden'>"
        f"<span style='display:block;height:8px;width:{width:.1f}%;"
        f"background:{_ACCENT}'></span></span>"
    )


def conditions_html(conditions: Sequence[ConditionShare], language: str) -> str:
    """Return each condition with how often it held and its nearest miss."""
    rows = []
    for condition in conditions:
        share = percent(condition.share)
        colour = "inherit" if condition.held_bars else _BAD
        indent = f"padding-left:{condition.depth * 16}px"
        rows.append(
            [
                f"<code style='{indent}'>{escape(condition.text)}</code>",
                escape(label(f"preflight_{condition.side}", language)),
                f"<span style='white-space:nowrap'>{share_bar(condition.share)}"
                f"<span style='color:{colour}'>{escape(share)}</span></span>",
                f"{count(condition.held_bars)} / {count(condition.known_bars)}",
                escape(near_miss_text(condition, language)),
            ]
        )
    keys = ("condition", "side", "held", "held_bars", "nearest_miss")
    return table_html([label(f"preflight_{key}", language) for key in keys], rows)


def explanation_html(explanation: ZeroTradeExplanation, language: str = "en") -> str:
    """Return why it would not trade: a sentence, the conditions, what to change."""
    parts = [f"<p><b>{escape(explanation.headline(language))}</b></p>"]
    parts.append(conditions_html(explanation.conditions, language))
    pairs = [
        escape(
            label("preflight_pair", language, first=p.first_text, second=p.second_text)
        )
        for p in explanation.never_together
    ]
    if pairs:
        parts.append(f"<ul>{''.join(f'<li>{pair}</li>' for pair in pairs)}</ul>")
    proposed = explanation.suggestion(language)
    if proposed:
        heading = escape(label("preflight_suggestion", language))
        parts.append(
            f"<p style='border-left:3px solid {_ACCENT};padding:2px 0 2px 10px'>"
            f"<b>{heading}</b> {escape(proposed)}</p>"
        )
    return "".join(parts)
